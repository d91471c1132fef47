// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Programs of other people that tests run if they are installed. */
final class Tool {
    private static final String PATH = System.getenv("PATH") + ":/sbin:/usr/sbin";

    /** How a program ended. */
    record Result(int exitCode, String output) {}

    private Tool() {}

    /** Skips the test, and says so, when a program is missing. */
    static void require(String program, String debianPackage) {
        boolean found = false;
        for (String directory : PATH.split(File.pathSeparator)) {
            found |= Files.isExecutable(Path.of(directory, program));
        }
        if (!found) {
            System.out.println("SKIPPED: " + program + " is not installed (Debian package "
                    + debianPackage + ")");
        }
        assumeTrue(found, program + " is not installed: install " + debianPackage);
    }

    /** Runs a program to its end; standard output and error together. */
    static Result run(String... command) throws IOException, InterruptedException {
        Process process = builder(command).start();
        process.getOutputStream().close();
        String output = new String(
                process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "does not end: " + command[0]);
        return new Result(process.exitValue(), output.strip());
    }

    /** For a program to talk to. */
    static ProcessBuilder builder(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PATH", PATH);
        builder.environment().put("LC_ALL", "C");
        return builder;
    }
}
