// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** The other side broke the protocol of a ring: this queue stops, the process does not. */
public final class VirtioException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Says what was wrong with the ring. */
    public VirtioException(String message) {
        super(message);
    }
}
