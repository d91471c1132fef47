// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

/** A request that cannot be done; the connection goes on. */
public final class ControlException extends Exception {
    private static final long serialVersionUID = 1;
    /** Class of errors without a class of their own. */
    static final String GENERIC = "GenericError";

    private final String errorClass;

    /** With one line for the operator. */
    public ControlException(String message) {
        this(GENERIC, message);
    }

    ControlException(String errorClass, String message) {
        super(message);
        this.errorClass = errorClass;
    }

    /** QMP's name of what kind of error this is. */
    String errorClass() {
        return errorClass;
    }
}
