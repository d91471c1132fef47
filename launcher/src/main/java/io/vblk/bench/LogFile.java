// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A log of numbers, written as it grows. After a failure nothing more is written, and the load goes
 * on. Allocates nothing for a line. Thread: one at a time.
 */
final class LogFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;
    /** Digits of the longest number, with its sign and what separates it. */
    private static final int NUMBER_BYTES = 24;
    private static final int RADIX = 10;

    private final String name;
    private final OutputStream out;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final byte[] digits = new byte[NUMBER_BYTES];
    private int length;
    private boolean inLine;
    private IOException failure;

    /** A log that is written to {@code out}. */
    LogFile(String name, OutputStream out) {
        this.name = name;
        this.out = out;
    }

    /**
     * Begins the file of a log; one that is there is replaced.
     *
     * @throws IOException in words for an operator
     */
    static OutputStream stream(String name) throws IOException {
        try {
            return Files.newOutputStream(Path.of(name));
        } catch (NoSuchFileException e) {
            throw new IOException("log " + name + " cannot be written: there is no such directory",
                    e);
        } catch (FileSystemException e) {
            throw new IOException("log " + name + " cannot be written: "
                    + (e.getReason() == null ? "permission denied" : e.getReason()), e);
        }
    }

    /** Adds a number to the line. */
    void number(long value) {
        if (length > BUFFER_BYTES - NUMBER_BYTES) {
            write();
        }
        if (inLine) {
            buffer[length++] = ',';
            buffer[length++] = ' ';
        }
        inLine = true;
        long rest = Math.abs(value);
        int count = 0;
        do {
            digits[count++] = (byte) ('0' + rest % RADIX);
            rest /= RADIX;
        } while (rest > 0);
        if (value < 0) {
            buffer[length++] = '-';
        }
        while (count > 0) {
            buffer[length++] = digits[--count];
        }
    }

    void endLine() {
        if (length == BUFFER_BYTES) {
            write();
        }
        buffer[length++] = '\n';
        inLine = false;
    }

    private void write() {
        try {
            if (failure == null) {
                out.write(buffer, 0, length);
            }
        } catch (IOException e) {
            failure = e;
        }
        length = 0;
    }

    @Override
    public void close() {
        write();
        try {
            out.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
    }

    /** What went wrong, for the operator; null if nothing did. */
    String failure() {
        return failure == null ? null : failed(name, failure);
    }

    static String failed(String name, IOException failure) {
        return "log " + name + " is not whole: " + failure.getMessage();
    }
}
