// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process: exit codes, and not a word too much on stderr. */
final class MainTest {
    @TempDir
    private Path directory;

    private VblkRun run(String... arguments) throws Exception {
        try (VblkProcess process = VblkProcess.start(directory, arguments)) {
            return process.end();
        }
    }

    @Test
    void goodRunsAreQuiet() throws Exception {
        VblkRun run = run("bench", "memory:1M", "--rw=randrw", "--verify=crc32c",
                "--output-format=json").succeeded();

        assertEquals(256, JsonTree.parse(run.out()).integer("jobs[0].read.total_ios")
                + JsonTree.parse(run.out()).integer("jobs[0].write.total_ios"));
    }

    @Test
    void runThatIsNotWhatWasAskedForSaysSo() throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 64 << 10);
        VblkRun run = run("bench", image.toString(), "--aio=threads", "--fixed-buffers",
                "--output-format=json");

        assertEquals(0, run.code());
        assertEquals("WARN " + image + ": fixed-buffers has no effect with aio=threads",
                run.err().strip());
    }

    @Test
    void asManyGuestsAsThereMayBeFitIntoTheHeap() throws Exception {
        VblkRun run = run("bench", "null:1M", "--numjobs=64", "--rw=randrw", "--wait=event",
                "--size=16k", "--output-format=json").succeeded();

        assertTrue(JsonTree.parse(run.out()).has("jobs[63].read.total_ios"));
    }

    @Test
    void regionsThatCannotBeVerifiedAreRefused() throws Exception {
        Path large = directory.resolve("large.raw");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(60L << 30); // a hole: it takes no room
        }
        VblkRun run = run("bench", large.toString(), "--rw=randread", "--verify=crc32c",
                "--wait=event", "--time_based", "--runtime=100ms");

        if (run.code() != 0) {
            run.failed(2, "verify", "size");
        }
    }

    @Test
    void exitCodesReachTheShell() throws Exception {
        run("bench", "memory:1M", "--rw=foo").failed(2, "rw=foo");
    }

    @Test
    void verboseSaysWhereAnErrorCameFrom() {
        String missing = directory.resolve("missing").toString();
        VblkRun run = VblkRun.of("info", missing, "--verbose");

        assertEquals(1, run.code());
        assertTrue(run.err().contains("vblk: ") && run.err().contains("no such file"), run.err());
        assertTrue(run.err().contains("    at io.vblk."), run.err());
    }
}
