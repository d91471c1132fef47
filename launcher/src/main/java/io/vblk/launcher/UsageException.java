// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

/** The command line makes no sense: one line for the user, exit code 2. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
