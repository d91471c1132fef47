// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

/** Whether an image is locked, by the names that {@code --locking=} takes; QEMU's meaning. */
public enum ImageLocking {
    /** An image that cannot be locked is not opened. */
    ON("on"),
    /** Nothing is locked, and others' locks do not matter. */
    OFF("off"),
    /** Locked where the host can; where it cannot, there is a warning. */
    AUTO("auto");

    private final String label;

    ImageLocking(String label) {
        this.label = label;
    }

    /** The one of that name; IllegalArgumentException with one line if there is none. */
    public static ImageLocking of(String name) {
        for (ImageLocking locking : values()) {
            if (locking.label.equals(name)) {
                return locking;
            }
        }
        throw new IllegalArgumentException("locking=" + name + " is none of on, off, auto");
    }

    /** The name. */
    @Override
    public String toString() {
        return label;
    }
}
