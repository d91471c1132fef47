// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.List;

/** What went wrong in a run, on stderr. */
final class Failures {
    private Failures() {}

    /** Prints the failures of a run; returns the exit code. */
    static int print(List<String> failures) {
        failures.forEach(line -> System.err.println("vblk: " + line));
        return failures.isEmpty() ? 0 : Main.EXIT_FAILURE;
    }
}
