// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs that read fio's output, on ours. */
@Timeout(120)
final class FioConsumersTest {
    private static final String CONVERTER = "fio_jsonplus_clat2csv";

    @TempDir
    Path directory;

    @BeforeEach
    void needsTheConverter() {
        boolean found = false;
        for (String path : System.getenv("PATH").split(File.pathSeparator)) {
            found |= Files.isExecutable(Path.of(path, CONVERTER));
        }
        if (!found) {
            System.out.println("SKIPPED: " + CONVERTER + " is not installed (Debian package fio)");
        }
        assumeTrue(found, CONVERTER + " is not installed: install fio");
    }

    private String convert(String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of(CONVERTER, "o.json", "o.csv"));
        words.addAll(List.of(options));
        Process process = new ProcessBuilder(words).directory(directory.toFile())
                .redirectErrorStream(true).start();
        try {
            String output = new String(
                    process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it does not end");
            assertEquals(0, process.exitValue(), output);
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void theConverterOfJsonPlusTakesAndConfirmsOurBins() throws Exception {
        VblkRun.of("bench", "memory:1M", "--rw=randrw", "--numjobs=2", "--wait=event",
                "--slat_percentiles=1", "--lat_percentiles=1", "--output-format=json+",
                "--output=" + directory.resolve("o.json")).succeeded();

        assertEquals("o_job0.csv generated\no_job1.csv generated\n", convert());
        assertEquals("o_job0.csv validated\no_job1.csv validated\n", convert("--validate"));
        List<String> lines = Files.readAllLines(directory.resolve("o_job0.csv"));
        assertTrue(lines.size() > 10, "latencies of 256 requests differ");
    }
}
