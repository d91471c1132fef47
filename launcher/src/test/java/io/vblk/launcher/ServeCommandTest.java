// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** serve in a process of its own: it ends in order, by itself or when told to. */
final class ServeCommandTest {
    private static final int SIGHUP = 1;
    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;
    private static final long ENOUGH_BYTES = 4 << 20;
    private static final Pattern ISSUED = Pattern.compile("issued rwts: total=(\\d+),(\\d+),0,0 ");
    private static final Pattern REQUESTS =
            Pattern.compile("requests     : (\\d+) in \\d+ batches .*, errors=(\\d+), ");

    @TempDir
    private Path directory;

    /** The summary is there, and every request that the device took has been completed. */
    private static long assertSummary(VblkRun run) {
        assertTrue(run.out().contains("serving "), run.out());
        assertTrue(run.out().contains("Run status group 0 (all jobs):"), run.out());
        Matcher issued = ISSUED.matcher(run.out());
        Matcher requests = REQUESTS.matcher(run.out());
        assertTrue(issued.find() && requests.find(), run.out());
        long completed = Long.parseLong(issued.group(1)) + Long.parseLong(issued.group(2));
        assertEquals(Long.parseLong(requests.group(1)), completed, run.out());
        assertEquals("0", requests.group(2), run.out());
        return completed;
    }

    /** Bit of a signal that this process ignores, and its children with it. */
    private static boolean isIgnoredHere(int signal) throws Exception {
        String mask = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow()
                .substring("SigIgn:".length()).trim();
        return (Long.parseUnsignedLong(mask, 16) >>> signal - 1 & 1) != 0;
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "HUP"})
    void endsInOrderOnSignals(String signal) throws Exception {
        // Started in the background of a script, SIGINT is ignored, under nohup SIGHUP: then only
        // TERM can be tried.
        boolean ignored = isIgnoredHere(switch (signal) {
            case "INT" -> SIGINT;
            case "HUP" -> SIGHUP;
            default -> SIGTERM;
        });
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String before = TestImages.sha256(image);
        try (VblkProcess serve = VblkProcess.start(directory, "serve", image.toString(),
                "--guests=2", "--rw=randread", "--iodepth=16")) {
            serve.awaitOutput("serving ");
            long atStart = serve.bytesRead();
            serve.await("requests", () -> serve.bytesRead() > atStart + ENOUGH_BYTES);
            serve.signal(ignored ? "TERM" : signal);
            VblkRun run = serve.end().succeeded();

            assertTrue(assertSummary(run) > 0, run.out());
        }
        assertEquals(before, TestImages.sha256(image));
    }

    @Test
    void endsInOrderBeforeTheFirstRequest() throws Exception {
        try (VblkProcess serve = VblkProcess.start(directory, "serve", "memory:1M")) {
            serve.awaitOutput("serving ");
            serve.signal("TERM");

            assertSummary(serve.end().succeeded());
        }
    }

    @Test
    void endsByItselfAfterItsRuntimeWithWhatWasWritten() throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String before = TestImages.sha256(image);
        try (VblkProcess serve = VblkProcess.start(directory, "serve", image.toString(),
                "--rw=randrw", "--runtime=1", "--iodepth=8", "--allow-write", "--verify=crc32c")) {
            VblkRun run = serve.end().succeeded();

            assertSummary(run);
            assertTrue(run.out().contains(", 0 wrong"), run.out());
        }
        assertNotEquals(before, TestImages.sha256(image));
        assertEquals(1 << 20, Files.size(image));
    }

    @Test
    void benchEndedByASignalSaysSoInItsExitCode() throws Exception {
        try (VblkProcess bench = VblkProcess.start(directory, "bench", "null:1M", "--time_based",
                "--runtime=1h", "--iodepth=4")) {
            bench.awaitOutput("Starting 1 guest");
            bench.signal("TERM");
            VblkRun run = bench.end();

            assertEquals(128 + SIGTERM, run.code(), run.err());
            assertEquals("", run.err());
            assertTrue(run.out().contains("Run status group 0"), run.out());
        }
    }
}
