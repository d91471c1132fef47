// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A JSON object on one line, as flat keys: {@code {"a":{"b":1}}} is {@code a.b=1}. What the
 * protocol, recordings and histories are made of. Thread: the holder's.
 */
final class JsonLine {
    private static final int NESTING_MAX = 4;
    private static final JsonFactory FACTORY = new JsonFactory();

    /** As JSON has them, and as long as anything that is measured. */
    private static final Pattern NUMBER =
            Pattern.compile("-?(0|[1-9]\\d{0,17})(\\.\\d+)?([eE][-+]?\\d{1,3})?");
    private static final double NUMBER_MAX = 1e18;

    private final Map<String, String> values = new LinkedHashMap<>();

    /** Reads a line as {@link #parse} does; null if it ends in the middle. */
    static JsonLine parseWhole(String text) throws IOException {
        try {
            return parse(text);
        } catch (IOException e) {
            if (e.getCause() instanceof JsonEOFException) {
                return null;
            }
            throw e;
        }
    }

    /**
     * Reads a line.
     *
     * @throws IOException if it is no plain object, in words that follow "is "
     */
    static JsonLine parse(String text) throws IOException {
        JsonLine line = new JsonLine();
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no JSON object");
            }
            line.object(parser, "", 1);
            if (parser.nextToken() != null) {
                throw new IOException("more than one JSON object");
            }
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IOException("no JSON: " + e.getOriginalMessage(), e);
        }
        return line;
    }

    private void object(JsonParser parser, String prefix, int depth) throws IOException {
        if (depth > NESTING_MAX) {
            throw new IOException("nested too deep");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = prefix + parser.currentName();
            switch (parser.nextToken()) {
                case START_OBJECT -> object(parser, key + ".", depth + 1);
                case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
                        values.put(key, parser.getText());
                case VALUE_NULL -> values.remove(key);
                default -> throw new IOException("no plain JSON object: '" + key + "' is a list");
            }
        }
    }

    /** Sets a value; null is left out. Numbers that are none (NaN) are left out, too. */
    JsonLine with(String key, Object value) {
        boolean isNone = value instanceof Double number && !Double.isFinite(number);
        if (value != null && !isNone) {
            values.put(key, value.toString());
        }
        return this;
    }

    /** Sets all of these below a key. */
    JsonLine withAll(String key, Map<String, String> all) {
        all.forEach((name, value) -> values.put(key + "." + name, value));
        return this;
    }

    /** A value, or null. */
    String text(String key) {
        return values.get(key);
    }

    String text(String key, String fallback) {
        return values.getOrDefault(key, fallback);
    }

    /** All below a key, without that key. */
    Map<String, String> below(String key) {
        Map<String, String> all = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(key + ".")) {
                all.put(name.substring(key.length() + 1), value);
            }
        });
        return all;
    }

    /**
     * A number that must be there.
     *
     * @throws IOException if it is not, in words that follow "is "
     */
    double number(String key) throws IOException {
        double value = numberOr(key, Double.NaN);
        if (Double.isNaN(value)) {
            throw new IOException("without a number '" + key + "'");
        }
        return value;
    }

    /**
     * A number; the fallback if there is none.
     *
     * @throws IOException if something else is there, in words that follow "is "
     */
    double numberOr(String key, double fallback) throws IOException {
        String text = text(key);
        if (text == null) {
            return fallback;
        }
        if (!NUMBER.matcher(text).matches()
                || Math.abs(Double.parseDouble(text)) > NUMBER_MAX) {
            throw new IOException("with a '" + key + "' that is no number");
        }
        return Double.parseDouble(text);
    }

    /**
     * A whole number that must be there.
     *
     * @throws IOException if it is not, in words that follow "is "
     */
    long whole(String key) throws IOException {
        try {
            return Long.parseLong(text(key, ""));
        } catch (NumberFormatException e) {
            throw new IOException("without a whole number '" + key + "'", e);
        }
    }

    boolean isTrue(String key) {
        return text(key, "").equals("true");
    }

    /** As text: objects nested again, numbers and true and false without quotes. */
    @Override
    public String toString() {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            String open = "";
            for (Map.Entry<String, String> entry : values.entrySet()) {
                int dot = entry.getKey().indexOf('.');
                String group = dot < 0 ? "" : entry.getKey().substring(0, dot);
                if (!group.equals(open)) {
                    if (!open.isEmpty()) {
                        json.writeEndObject();
                    }
                    if (!group.isEmpty()) {
                        json.writeObjectFieldStart(group);
                    }
                    open = group;
                }
                json.writeFieldName(entry.getKey().substring(dot + 1));
                value(json, entry.getValue());
            }
            if (!open.isEmpty()) {
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a string cannot fail", e);
        }
        return out.toString();
    }

    private static void value(JsonGenerator json, String value) throws IOException {
        if (value.equals("true") || value.equals("false") || NUMBER.matcher(value).matches()) {
            json.writeRawValue(value);
        } else {
            json.writeString(value);
        }
    }
}
