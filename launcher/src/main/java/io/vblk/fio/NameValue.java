// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * An option as it was written. Thread: any.
 *
 * @param name its name, without dashes
 * @param value its value, null where none was written ({@code time_based})
 * @param where where it stands, such as {@code job.fio:3}; null for the command line
 */
public record NameValue(String name, String value, String where) {
    /** An option of the command line. */
    public static NameValue of(String name, String value) {
        return new NameValue(name, value, null);
    }

    NameValue withValue(String other) {
        return new NameValue(name, other, where);
    }

    /** As it stands on a command line. */
    @Override
    public String toString() {
        return value == null ? name : name + "=" + value;
    }
}
