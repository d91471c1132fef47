// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The job files among the resources of the tests. */
final class JobFiles {
    /** Variables that they use. */
    static final Map<String, String> ENVIRONMENT =
            Map.of("FIO_TEST_DISK", "/dev/vdb", "FIO_TEST_RUNTIME", "3");

    private static final String OURS_ONLY = "; vblk only";

    private JobFiles() {}

    static Path directory() {
        try {
            return Path.of(JobFiles.class.getResource("/fio").toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(directory())) {
            return files.filter(file -> file.toString().endsWith(".fio")).sorted().toList();
        }
    }

    /** Whether fio can read it as well. */
    static boolean isFios(Path file) {
        try {
            return !Files.readString(file).startsWith(OURS_ONLY);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JobPlan plan(Path file) {
        return JobPlan.ofFile(file, List.of(), List.of(), new JobContext(
                Set.of("poll-max-ns", "cache"), WaitMode.POLL, ENVIRONMENT));
    }
}
