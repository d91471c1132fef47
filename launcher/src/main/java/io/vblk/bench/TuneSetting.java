// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Options of a device that are tried, beside those that all settings share. Thread: any.
 *
 * @param options names and values as operators write them; none for what holds without
 */
public record TuneSetting(Map<String, String> options) {
    /** What holds when nothing is said: all others are compared with it. */
    public static final TuneSetting REFERENCE = new TuneSetting(Map.of());

    /** Keeps the order of the options. */
    public TuneSetting {
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }

    /** Whether it is what all others are compared with. */
    public boolean isReference() {
        return options.isEmpty();
    }

    /** The same with another value of one option. */
    TuneSetting with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(options);
        more.put(name, value);
        return new TuneSetting(more);
    }

    /** A name for people, such as {@code poll-max-ns=0 aio=threads}. */
    String label(String reference) {
        return isReference() ? reference : options.entrySet().stream()
                .map(option -> option.getKey() + "=" + option.getValue())
                .collect(Collectors.joining(" "));
    }

    /** What to put on a command line, such as {@code --poll-max-ns=0 --aio=threads}. */
    public String commandLine() {
        return options.entrySet().stream()
                .map(option -> "--" + option.getKey() + "=" + option.getValue())
                .collect(Collectors.joining(" "));
    }
}
