// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that does not give back what it should is found, and the run fails. */
final class BenchVerifyTest {
    private static final int BLOCK_BYTES = 4096;
    private static final int TRIES_MAX = 20;

    @TempDir
    private Path directory;

    /** Changes a block of a file all the time while a load reads it. */
    private static final class Corruptor implements AutoCloseable {
        private final Thread thread;
        private volatile boolean stopped;

        Corruptor(Path image, long offset) {
            thread = new Thread(() -> corrupt(image, offset), "corruptor");
            thread.start();
        }

        private void corrupt(Path image, long offset) {
            byte[] data = new byte[BLOCK_BYTES];
            try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
                for (byte value = 0; !stopped; value++) {
                    Arrays.fill(data, value);
                    file.write(ByteBuffer.wrap(data), offset);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            stopped = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The change has to come between two requests for the block: if it did not, once more. */
    private static VblkRun benchWhileItChanges(Path image, long offset, String... options)
            throws IOException {
        String[] words = Stream.concat(
                Stream.of("bench", image.toString(), "--verify=crc32c", "--wait=event",
                        "--output-format=json"),
                Stream.of(options)).toArray(String[]::new);
        try (Corruptor corruptor = new Corruptor(image, offset)) {
            assertTrue(corruptor.thread.isAlive());
            VblkRun run;
            int tries = 0;
            do {
                run = VblkRun.of(words);
            } while (run.code() == 0 && ++tries < TRIES_MAX);
            return run;
        }
    }

    @Test
    void corruptedReadsAreReportedWithTheirOffset() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", 64 << 10);
        VblkRun run = benchWhileItChanges(image, 32 << 10, "--rw=read", "--offset=28k",
                "--size=8k", "--time_based", "--runtime=250ms");
        JsonTree json = JsonTree.parse(run.out());

        assertEquals(1, run.code(), run.err());
        assertTrue(run.err().lines().allMatch(line -> line.startsWith("vblk: ")), run.err());
        assertTrue(run.err().contains("offset 32768, length 4096: "), run.err());
        assertEquals(-1, run.err().indexOf("offset 28672"), run.err());
        assertTrue(run.err().matches(
                "(?s).*\nvblk: \\d+ blocks did not read back as written\n"), run.err());
        assertTrue(json.integer("jobs[0].error") > 0);
        assertTrue(json.integer("jobs[0].vblk.verify_errors") > 0);
        assertTrue(json.integer("jobs[0].vblk.verified_blocks")
                >= json.integer("jobs[0].vblk.verify_errors"));
    }

    @Test
    void writesThatAreLostAreFoundWhenReadBack() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", 64 << 10);
        VblkRun run = benchWhileItChanges(image, 20 << 10, "--rw=write", "--allow-write");

        assertEquals(1, run.code(), run.err());
        assertTrue(run.err().startsWith("vblk: verify: offset 20480, length 4096: "), run.err());
        assertTrue(run.err().endsWith("vblk: 1 block did not read back as written\n"), run.err());
    }
}
