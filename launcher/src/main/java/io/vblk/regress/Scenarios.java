// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The scenarios that come with the program, and those in files of others. Thread: any. */
public final class Scenarios {
    private static final String DIRECTORY = "/regress/";
    private static final String END = ".scenario";

    /** Those that come with the program, in the order in which they run. */
    public static final List<String> NAMES = List.of("qd1-polled", "qd1-sleeping", "qd32", "mixed",
            "multi-queue", "cold-start", "poll-ramp", "slow-backend", "open-loop");

    private Scenarios() {}

    /**
     * Scenarios by name, or by the path of a file whose name ends in {@code .scenario}.
     *
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if there is no such, or it makes no sense
     */
    static List<Scenario> named(List<String> names) throws IOException {
        List<Scenario> scenarios = new ArrayList<>();
        for (String name : names) {
            scenarios.add(name.endsWith(END) ? ofFile(Path.of(name)) : ofProgram(name));
        }
        return scenarios;
    }

    private static Scenario ofFile(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(file + ": no such file");
        }
        String name = file.getFileName().toString();
        try (InputStream in = Files.newInputStream(file)) {
            return Scenario.parse(name.substring(0, name.length() - END.length()), in);
        }
    }

    private static Scenario ofProgram(String name) throws IOException {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException("scenario " + name + " is none of "
                    + String.join(", ", NAMES) + ", and no file that ends in " + END);
        }
        try (InputStream in = Scenarios.class.getResourceAsStream(DIRECTORY + name + END)) {
            if (in == null) {
                throw new IOException("scenario " + name + " is not in this build");
            }
            return Scenario.parse(name, in);
        }
    }
}
