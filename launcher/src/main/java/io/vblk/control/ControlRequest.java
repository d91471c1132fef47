// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A request of an operator, who may send anything: this is the border. Immutable.
 *
 * @param command what to do
 * @param arguments String, Long or Boolean by name
 * @param id JSON text that the reply repeats, null for none
 */
record ControlRequest(String command, Map<String, Object> arguments, String id) {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final String EXECUTE = "execute";

    /** A line that was read, whatever is wrong with it. */
    private static final class Draft {
        private String command;
        private Map<String, Object> arguments = Map.of();
        private String id;
        private String problem;

        void wrong(String what) {
            problem = problem == null ? what : problem;
        }
    }

    /** A request that makes no sense, with its id so that the answer finds its way. */
    static final class BadRequestException extends Exception {
        private static final long serialVersionUID = 1;
        private final String id;

        BadRequestException(String message, String id) {
            super(message);
            this.id = id;
        }

        /** JSON text, null for none. */
        String id() {
            return id;
        }
    }

    /** Reads a line without its end. */
    static ControlRequest parse(String line) throws BadRequestException {
        Draft draft = new Draft();
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BadRequestException("a request is a JSON object on one line", null);
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                member(parser, name, draft);
            }
            if (parser.nextToken() != null) {
                draft.wrong("one request a line, with nothing behind it");
            }
        } catch (IOException e) {
            throw new BadRequestException("not JSON: " + firstLine(e.getMessage()), null);
        }
        if (draft.command == null) {
            draft.wrong("a request needs '" + EXECUTE + "', the name of a command");
        }
        if (draft.problem != null) {
            throw new BadRequestException(draft.problem, draft.id);
        }
        return new ControlRequest(draft.command, draft.arguments, draft.id);
    }

    private static void member(JsonParser parser, String name, Draft draft) throws IOException {
        switch (name) {
            case EXECUTE -> {
                if (parser.currentToken() == JsonToken.VALUE_STRING) {
                    draft.command = parser.getText();
                } else {
                    draft.command = "";
                    draft.wrong("'" + EXECUTE + "' must be a string");
                    parser.skipChildren();
                }
            }
            case "arguments" -> {
                if (parser.currentToken() == JsonToken.START_OBJECT) {
                    draft.arguments = arguments(parser, draft);
                } else {
                    draft.wrong("'arguments' must be an object");
                    parser.skipChildren();
                }
            }
            case "id" -> draft.id = copy(parser);
            default -> {
                draft.wrong("'" + name + "' is no part of a request: it has execute, arguments,"
                        + " id");
                parser.skipChildren();
            }
        }
    }

    private static Map<String, Object> arguments(JsonParser parser, Draft draft)
            throws IOException {
        Map<String, Object> arguments = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            Object value = switch (parser.nextToken()) {
                case VALUE_STRING -> parser.getText();
                case VALUE_TRUE -> Boolean.TRUE;
                case VALUE_FALSE -> Boolean.FALSE;
                case VALUE_NUMBER_INT -> whole(parser);
                default -> null;
            };
            if (value == null) {
                draft.wrong("argument '" + name
                        + "' must be a string, a whole number up to 2^63, or true or false");
                parser.skipChildren();
            } else {
                arguments.put(name, value);
            }
        }
        return arguments;
    }

    private static Long whole(JsonParser parser) throws IOException {
        return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? null : (Long) parser.getLongValue();
    }

    private static String copy(JsonParser parser) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.copyCurrentStructure(parser);
        }
        return text.toString();
    }

    /** Jackson's messages name the source in further lines. */
    private static String firstLine(String message) {
        return message == null ? "" : message.lines().findFirst().orElse("");
    }
}
