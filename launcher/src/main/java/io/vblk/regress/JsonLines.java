// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads a file to which whole lines of JSON are added. A line that ends in the middle, since who
 * wrote it was killed, is left out. Thread: any.
 */
final class JsonLines {
    /** Far longer than a slice with its histogram. */
    private static final int LETTERS_MAX = 1 << 20;

    /** Takes a line; IOException in words that follow "is " if it cannot be used. */
    interface Taker {
        void take(JsonLine line) throws IOException;
    }

    private JsonLines() {}

    /**
     * Hands over all lines.
     *
     * @throws IOException in words for an operator
     */
    static void read(Path file, Taker taker) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + ": is a directory");
        }
        int number = 0;
        // Not a reader that refuses: a line may end inside a letter, too.
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Files.newInputStream(file), StandardCharsets.UTF_8))) {
            StringBuilder text = new StringBuilder();
            while (next(in, text)) {
                number++;
                take(text.toString(), taker);
            }
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": no such file", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(file + ": line " + number + " is " + e.getMessage(), e);
        }
    }

    private static void take(String text, Taker taker) throws IOException {
        if (text.length() > LETTERS_MAX) {
            throw new IOException("longer than " + LETTERS_MAX + " characters");
        }
        JsonLine line = JsonLine.parseWhole(text);
        if (line != null) {
            taker.take(line);
        }
    }

    /** Reads a line, or of one that is too long a little more than it may have. */
    private static boolean next(BufferedReader in, StringBuilder text) throws IOException {
        text.setLength(0);
        int c = in.read();
        if (c < 0) {
            return false;
        }
        while (c >= 0 && c != '\n' && text.length() <= LETTERS_MAX) {
            text.append((char) c);
            c = in.read();
        }
        return true;
    }
}
