// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import io.vblk.block.image.SizeParser;
import java.util.Map;
import java.util.Set;

/** The arguments of a request, checked on the way out. Immutable. */
final class Arguments {
    private final Map<String, Object> values;

    /** ControlException if there is one that the command does not have. */
    Arguments(String command, Map<String, Object> values, Set<String> known)
            throws ControlException {
        for (String name : values.keySet()) {
            if (!known.contains(name)) {
                throw new ControlException(command + " has no argument '" + name + "'"
                        + (known.isEmpty() ? "" : ", but " + String.join(", ", known)));
            }
        }
        this.values = values;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** A string, null if it was not given. */
    String text(String name) throws ControlException {
        Object value = values.get(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw new ControlException("argument '" + name + "' must be a string");
    }

    long number(String name, long fallback) throws ControlException {
        Object value = values.get(name);
        if (value == null) {
            return fallback;
        }
        if (value instanceof Long number) {
            return number;
        }
        throw new ControlException("argument '" + name + "' must be a whole number");
    }

    boolean flag(String name, boolean fallback) throws ControlException {
        Object value = values.get(name);
        if (value == null) {
            return fallback;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw new ControlException("argument '" + name + "' must be true or false");
    }

    /** Bytes: a number, or a string such as "2G". */
    long size(String name, long fallback) throws ControlException {
        if (!(values.get(name) instanceof String text)) {
            return number(name, fallback);
        }
        try {
            return SizeParser.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ControlException("argument '" + name + "': " + e.getMessage());
        }
    }
}
