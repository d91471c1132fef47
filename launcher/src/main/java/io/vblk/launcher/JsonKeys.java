// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;

/** A JSON object as flat keys, for options that QEMU takes in either form. Thread: main. */
final class JsonKeys {
    private static final int NESTING_MAX = 8;

    private JsonKeys() {}

    /** Adds its keys; IllegalArgumentException with one line for what is no plain object. */
    static void readInto(Map<String, String> values, String text) {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            parser.nextToken();
            object(values, parser, "", 1);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("something follows the JSON object");
            }
        } catch (IOException e) {
            String message = e.getMessage().lines().findFirst().orElse("");
            throw new IllegalArgumentException("is not JSON: " + message, e);
        }
    }

    private static void object(Map<String, String> values, JsonParser parser, String prefix,
            int depth) throws IOException {
        if (depth > NESTING_MAX) {
            throw new IllegalArgumentException("JSON is nested too deep");
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = prefix + parser.currentName();
            switch (parser.nextToken()) {
                case START_OBJECT -> object(values, parser, key + ".", depth + 1);
                case VALUE_TRUE -> values.put(key, "on");
                case VALUE_FALSE -> values.put(key, "off");
                case VALUE_STRING, VALUE_NUMBER_INT -> values.put(key, parser.getText());
                default -> throw new IllegalArgumentException(
                        "JSON: '" + key + "' is neither a word, a whole number nor true or false");
            }
        }
    }
}
