// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * A job, a job file or one of its options makes no sense: one line for the operator, with the
 * place where it stands.
 */
public final class JobSyntaxException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;
    private static final int TEXT_MAX = 400;

    JobSyntaxException(String message) {
        super(oneLine(message));
    }

    /** With a place before the message, if there is one. */
    static JobSyntaxException at(String where, String message) {
        return new JobSyntaxException(where == null ? message : where + ": " + message);
    }

    private static String oneLine(String message) {
        StringBuilder line = new StringBuilder();
        message.codePoints().limit(TEXT_MAX).forEach(
                c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
        return line.length() < message.length() ? line + "..." : line.toString();
    }
}
