// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The fio that is installed. */
final class RealFio {
    /** How it ended, and what it said on both channels. */
    record Result(int exitCode, String output) {}

    private RealFio() {}

    /** Skips the test, and says so, when there is none. */
    static void require() {
        boolean found = false;
        for (String directory : System.getenv("PATH").split(File.pathSeparator)) {
            found |= Files.isExecutable(Path.of(directory, "fio"));
        }
        if (!found) {
            System.out.println("SKIPPED: fio is not installed (Debian package fio)");
        }
        assumeTrue(found, "fio is not installed: install fio");
    }

    /** Runs it in a directory, where it may leave logs. */
    static Result run(Path directory, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of("fio"));
        words.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(JobFiles.ENVIRONMENT);
        Process process = builder.start();
        try {
            process.getOutputStream().close();
            String output = output(process);
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "fio does not end");
            return new Result(process.exitValue(), output);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
