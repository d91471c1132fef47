// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A build of this program that workers can be started from. Thread: any.
 *
 * @param name what people call it, such as a revision or a path
 * @param commit its commit; null if nobody knows
 * @param program how a JVM is told to run it: {@code -jar FILE}, or a class path and a class
 */
public record Build(String name, String commit, List<String> program) {
    private static final int COMMIT_LETTERS = 10;
    private static final String JAR = "-jar";

    /** Keeps a copy of the list. */
    public Build {
        program = List.copyOf(program);
    }

    /** A build in a jar. */
    public static Build ofJar(String name, String commit, String jar) {
        return new Build(name, commit, List.of(JAR, jar));
    }

    /** Whether both are the same program, byte for byte. */
    boolean isSameAs(Build other) {
        if (program.equals(other.program)) {
            return true;
        }
        try {
            return program.size() == 2 && other.program.size() == 2
                    && program.get(0).equals(JAR) && other.program.get(0).equals(JAR)
                    && Files.mismatch(Path.of(program.get(1)), Path.of(other.program.get(1))) < 0;
        } catch (IOException e) {
            // What cannot be read cannot be run either, and that is said better there.
            return false;
        }
    }

    /** Its name, with the commit if that says more. */
    @Override
    public String toString() {
        String letters = commit == null || commit.length() <= COMMIT_LETTERS
                ? commit : commit.substring(0, COMMIT_LETTERS);
        return letters == null || name.startsWith(letters) ? name : name + " (" + letters + ")";
    }
}
