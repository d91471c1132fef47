// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

/** Formats by the names that {@code --format=} takes. */
public enum ImageFormat {
    /** The bytes of a file or block device as they are. */
    RAW("raw"),
    /** A disk without storage: writes go nowhere, reads leave the buffers alone. */
    NULL("null"),
    /** A disk in the memory of this process, zeroed at the start, gone at the end. */
    MEMORY("memory");

    private final String label;

    ImageFormat(String label) {
        this.label = label;
    }

    /** The format of that name; IllegalArgumentException with one line if there is none. */
    public static ImageFormat of(String name) {
        for (ImageFormat format : values()) {
            if (format.label.equals(name)) {
                return format;
            }
        }
        throw new IllegalArgumentException(
                "unknown format '" + name + "': use raw, null or memory");
    }

    /** The name. */
    @Override
    public String toString() {
        return label;
    }
}
