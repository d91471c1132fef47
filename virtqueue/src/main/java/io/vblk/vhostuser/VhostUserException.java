// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

/** The peer broke the vhost-user protocol, or is gone: this connection ends. */
public final class VhostUserException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Says what was wrong. */
    public VhostUserException(String message) {
        super(message);
    }

    /** Says what was wrong and why. */
    public VhostUserException(String message, Throwable cause) {
        super(message, cause);
    }
}
