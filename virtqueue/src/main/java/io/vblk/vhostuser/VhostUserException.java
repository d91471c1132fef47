// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

/** The peer broke the vhost-user protocol, or is gone: this connection ends. */
public final class VhostUserException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean departure;

    private VhostUserException(String message, Throwable cause, boolean departure) {
        super(message, cause);
        this.departure = departure;
    }

    /** The other side has ended the connection, between two messages. */
    static VhostUserException departure(String message) {
        return new VhostUserException(message, null, true);
    }

    /** Whether nothing was wrong: the other side has left. */
    boolean isDeparture() {
        return departure;
    }

    /** Says what was wrong. */
    public VhostUserException(String message) {
        this(message, null, false);
    }

    /** Says what was wrong and why. */
    public VhostUserException(String message, Throwable cause) {
        this(message, cause, false);
    }
}
