// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** The names of files that a run writes. Thread: main. */
final class OutputPath {
    private static final String FILE = "file:";

    private OutputPath() {}

    /**
     * The path of an option's value.
     *
     * @throws UsageException if it is none
     */
    static Path of(String option, String name) throws UsageException {
        if (name.isEmpty()) {
            throw new UsageException(option + " needs a file");
        }
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UsageException(option + "=" + name + " is no path");
        }
    }

    /**
     * Checks that a file which is going to be written is none that a load works with.
     *
     * @param option the option that names it
     * @param words images, as targets name them, and job files; what is no path is none
     * @throws UsageException if it is one of them
     */
    static void checkOther(String option, String name, List<String> words)
            throws UsageException, IOException {
        Path own = of(option, name);
        for (String word : words) {
            String other = word.startsWith(FILE) ? word.substring(FILE.length()) : word;
            try {
                Path path = Path.of(other);
                if (Files.exists(path) && Files.exists(own) && Files.isSameFile(own, path)) {
                    throw new UsageException(option + "=" + name + " is what the load works with:"
                            + " name another file");
                }
            } catch (InvalidPathException e) {
                continue; // whoever opens it says so
            }
        }
    }
}
