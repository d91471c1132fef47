// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.image.SizeParser;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The value of one of QEMU's options: {@code key=value,key=value}, a comma in a value written
 * twice, the first key left out where there is an obvious one; or a JSON object, whose nested keys
 * become {@code outer.inner}. Each key is taken once; what is left over is refused by name.
 * Thread: main.
 */
final class KeyValues {
    private final String context;
    private final Map<String, String> values;

    private KeyValues(String context, Map<String, String> values) {
        this.context = context;
        this.values = values;
    }

    /**
     * Reads a value.
     *
     * @param option its name, for messages
     * @param firstKey the key that may be left out at the beginning
     */
    static KeyValues parse(String option, String text, String firstKey) throws UsageException {
        return parseIn("--" + option + " " + text.replaceAll("\\s+", " "), text, firstKey);
    }

    /** Reads a value of which messages say that it is from {@code context}. */
    static KeyValues parseIn(String context, String text, String firstKey)
            throws UsageException {
        KeyValues result = new KeyValues(context, new LinkedHashMap<>());
        if (text.stripLeading().startsWith("{")) {
            try {
                JsonKeys.readInto(result.values, text);
            } catch (IllegalArgumentException e) {
                throw result.wrong(e.getMessage());
            }
            return result;
        }
        int at = 0;
        while (at < text.length()) {
            at = result.readPair(text, at, at == 0 ? firstKey : null);
        }
        return result;
    }

    /** Returns where the next pair begins. */
    private int readPair(String text, int start, String firstKey) throws UsageException {
        int at = start;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ',') {
            at++;
        }
        String key = text.substring(start, at);
        if (at == text.length() || text.charAt(at) == ',') {
            if (firstKey == null || key.isEmpty()) {
                throw wrong("'=' is missing after '" + key + "'");
            }
            key = firstKey;
            at = start - 1;
        } else if (key.isEmpty()) {
            throw wrong("a parameter has no name");
        }
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            if (text.charAt(at) == ',') {
                if (at + 1 == text.length() || text.charAt(at + 1) != ',') {
                    break;
                }
                at++;
            }
            value.append(text.charAt(at));
        }
        values.put(key, value.toString());
        return at + 1;
    }

    /** What is wrong, with the option that it is wrong in. */
    UsageException wrong(String message) {
        return new UsageException(context + ": " + message);
    }

    /** The keys that begin with a name and a dot, without both; they are taken. */
    KeyValues takeNested(String name) {
        String prefix = name + ".";
        Map<String, String> nested = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                nested.put(key.substring(prefix.length()), value);
            }
        });
        values.keySet().removeIf(key -> key.startsWith(prefix));
        return new KeyValues(context, nested);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    String take(String key, String fallback) {
        String value = values.remove(key);
        return value == null ? fallback : value;
    }

    String require(String key) throws UsageException {
        String value = values.remove(key);
        if (value == null || value.isEmpty()) {
            throw wrong("parameter '" + key + "' is missing");
        }
        return value;
    }

    /** A switch, in the words that QEMU takes. */
    boolean takeSwitch(String key, boolean fallback) throws UsageException {
        String value = take(key, fallback ? "on" : "off");
        return switch (value) {
            case "on", "yes", "true", "y" -> true;
            case "off", "no", "false", "n" -> false;
            default -> throw wrong(key + "=" + value + " is none of on, off");
        };
    }

    long takeNumber(String key, long fallback) throws UsageException {
        String value = values.remove(key);
        try {
            return value == null ? fallback : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw wrong(key + "=" + value + " is not a number");
        }
    }

    int takeInteger(String key, int fallback) throws UsageException {
        long value = takeNumber(key, fallback);
        if (value != (int) value) {
            throw wrong(key + "=" + value + " is too large");
        }
        return (int) value;
    }

    long takeSize(String key, long fallback) throws UsageException {
        String value = values.remove(key);
        return value == null ? fallback : of(value, SizeParser::parse);
    }

    /** What a function makes of a value; what it says of a bad one gets the option's name. */
    <T> T of(String value, Function<String, T> function) throws UsageException {
        try {
            return function.apply(value);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    /** Refuses all but these keys, and says which there are. */
    void allow(Set<String> known) throws UsageException {
        for (String key : values.keySet()) {
            if (!known.contains(key)) {
                throw wrong("'" + key + "' is none of " + String.join(", ", known));
            }
        }
    }

    /** Refuses what nobody has taken. */
    void finish() throws UsageException {
        if (!values.isEmpty()) {
            throw wrong("parameter '" + values.keySet().iterator().next()
                    + "' is not one that vblk has");
        }
    }
}
