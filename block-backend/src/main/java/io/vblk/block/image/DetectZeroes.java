// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

/**
 * What becomes of a write whose data are all zeroes, by the names that {@code --detect-zeroes=}
 * takes; QEMU's meaning.
 */
public enum DetectZeroes {
    /** It is written as any other. */
    OFF("off"),
    /** It becomes WRITE_ZEROES. */
    ON("on"),
    /** It becomes WRITE_ZEROES that may give the storage back. */
    UNMAP("unmap");

    private final String label;

    DetectZeroes(String label) {
        this.label = label;
    }

    /** The one of that name; IllegalArgumentException with one line if there is none. */
    public static DetectZeroes of(String name) {
        for (DetectZeroes each : values()) {
            if (each.label.equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException("detect-zeroes=" + name + " is none of off, on, unmap");
    }

    /** The name. */
    @Override
    public String toString() {
        return label;
    }
}
