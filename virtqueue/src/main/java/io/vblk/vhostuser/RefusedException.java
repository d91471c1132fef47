// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

/** A well-formed request cannot be granted; nothing has changed. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }
}
