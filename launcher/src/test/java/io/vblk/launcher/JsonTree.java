// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The leaves and nodes of a JSON text by their path, such as jobs[0].read.iops. */
final class JsonTree {
    /**
     * A node.
     *
     * @param type object, array, string, int, float, or another token's name
     * @param text the value of a leaf
     */
    record Node(String type, String text) {}

    private final SortedMap<String, Node> nodes = new TreeMap<>();

    private JsonTree() {}

    static JsonTree parse(String text) throws IOException {
        JsonTree tree = new JsonTree();
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            parser.nextToken();
            tree.read(parser, "");
            if (parser.nextToken() != null) {
                throw new IOException("more than one document");
            }
        }
        return tree;
    }

    private void read(JsonParser parser, String path) throws IOException {
        JsonToken token = parser.currentToken();
        switch (token) {
            case START_OBJECT -> {
                put(path, "object", "");
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    read(parser, path.isEmpty() ? name : path + "." + name);
                }
            }
            case START_ARRAY -> {
                put(path, "array", "");
                for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
                    read(parser, path + "[" + i + "]");
                }
            }
            case VALUE_STRING -> put(path, "string", parser.getText());
            case VALUE_NUMBER_INT -> put(path, "int", parser.getText());
            case VALUE_NUMBER_FLOAT -> put(path, "float", parser.getText());
            default -> put(path, token.name(), parser.getText());
        }
    }

    private void put(String path, String type, String text) throws IOException {
        if (nodes.put(path, new Node(type, text)) != null) {
            throw new IOException("twice: " + path);
        }
    }

    Map<String, Node> nodes() {
        return nodes;
    }

    boolean has(String path) {
        return nodes.containsKey(path);
    }

    String text(String path) {
        Node node = nodes.get(path);
        if (node == null) {
            throw new AssertionError("no " + path + " in " + nodes.keySet());
        }
        return node.text;
    }

    long integer(String path) {
        return Long.parseLong(text(path));
    }

    double number(String path) {
        return Double.parseDouble(text(path));
    }
}
