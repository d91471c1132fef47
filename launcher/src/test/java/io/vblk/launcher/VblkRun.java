// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * One command line run in this process.
 *
 * @param code the exit code
 * @param out what it wrote to stdout
 * @param err what it wrote to stderr
 */
record VblkRun(int code, String out, String err) {
    private static final String PREFIX = "vblk: ";

    static VblkRun of(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream outBefore = System.out;
        PrintStream errBefore = System.err;
        int code;
        try (PrintStream newOut = new PrintStream(out, true, StandardCharsets.UTF_8);
                PrintStream newErr = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            System.setOut(newOut);
            System.setErr(newErr);
            code = Main.run(arguments);
        } finally {
            System.setOut(outBefore);
            System.setErr(errBefore);
        }
        return new VblkRun(code, out.toString(StandardCharsets.UTF_8),
                err.toString(StandardCharsets.UTF_8));
    }

    /** It went well and said so to nobody. */
    VblkRun succeeded() {
        assertEquals("", err);
        assertEquals(0, code);
        return this;
    }

    /** It failed with one line on stderr that has all these parts, and nothing on stdout. */
    VblkRun failed(int expectedCode, String... parts) {
        assertEquals(expectedCode, code, err);
        assertEquals("", out);
        assertOneLine(err, parts);
        return this;
    }

    static void assertOneLine(String err, String... parts) {
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith(PREFIX) && err.endsWith("\n"), err);
        assertFalse(err.contains("Exception") || err.contains("internal error"), err);
        for (String part : parts) {
            assertTrue(err.contains(part), () -> "no '" + part + "' in: " + err);
        }
    }
}
