// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.fio.ReadWrite;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each block must read as. */
final class VerifyMapTest {
    private static final int BLOCKS = 16;
    private static final long OFFSET = 8192;

    @TempDir
    private Path directory;

    private static JobSpec spec(long offset) {
        return Jobs.region(ReadWrite.RANDRW, Jobs.BLOCK_BYTES, offset,
                (long) BLOCKS * Jobs.BLOCK_BYTES);
    }

    private static OpenImage open(String target) throws IOException {
        return Images.open(new ImageSpec(target, null, true, false, IoEngineKind.SYNC));
    }

    private byte[] image(Path path) throws IOException {
        byte[] data = new byte[(int) OFFSET + BLOCKS * Jobs.BLOCK_BYTES];
        new Random(1).nextBytes(data);
        Files.write(path, data);
        return data;
    }

    private static int crc(byte[] data, int offset, int lengthBytes) {
        CRC32C crc = new CRC32C();
        crc.update(data, offset, lengthBytes);
        return (int) crc.getValue();
    }

    @Test
    void unwrittenBlocksAreThoseOfTheFile() throws IOException {
        Path path = directory.resolve("disk.raw");
        byte[] data = image(path);
        try (OpenImage image = open(path.toString());
                VerifyMap map = VerifyMap.of(spec(OFFSET), image)) {
            for (int block = BLOCKS - 1; block >= 0; block--) {
                int at = (int) OFFSET + block * Jobs.BLOCK_BYTES;
                assertTrue(map.tryLock(block));
                assertEquals(crc(data, at, Jobs.BLOCK_BYTES), map.expected(block));
                map.unlock(block);
                assertFalse(map.isWritten(block));
            }
        }
    }

    @Test
    void unwrittenBlocksOfMemoryAreZeroes() throws IOException {
        int zeroes = crc(new byte[Jobs.BLOCK_BYTES], 0, Jobs.BLOCK_BYTES);
        try (OpenImage image = open("memory:1M");
                VerifyMap map = VerifyMap.of(spec(0), image)) {
            assertEquals(zeroes, map.expected(0));
            assertEquals(zeroes, map.expected(BLOCKS - 1));
        }
    }

    @Test
    void writtenBlocksAreWhatWasWrittenLast() throws IOException {
        Path path = directory.resolve("disk.raw");
        image(path);
        try (OpenImage image = open(path.toString());
                VerifyMap map = VerifyMap.of(spec(OFFSET), image)) {
            int before = map.expected(3);
            map.wrote(3, before + 1);
            assertTrue(map.isWritten(3));
            assertEquals(before + 1, map.expected(3));
            map.wrote(3, 7);
            assertEquals(7, map.expected(3));
            map.wrote(4, 9);
            assertEquals(9, map.expected(4));
            assertFalse(map.isWritten(5));
        }
    }

    @Test
    void blocksChangedBehindTheReferenceDiffer() throws IOException {
        Path path = directory.resolve("disk.raw");
        byte[] data = image(path);
        try (OpenImage image = open(path.toString());
                VerifyMap map = VerifyMap.of(spec(OFFSET), image)) {
            int before = map.expected(2);
            data[(int) OFFSET + 2 * Jobs.BLOCK_BYTES + 100] ^= 1;
            data[(int) OFFSET + 3 * Jobs.BLOCK_BYTES + 100] ^= 1;
            Files.write(path, data);

            int at = (int) OFFSET + 2 * Jobs.BLOCK_BYTES;
            assertNotEquals(crc(data, at, Jobs.BLOCK_BYTES), map.expected(2));
            assertEquals(before, map.expected(2));
            assertEquals(crc(data, at + Jobs.BLOCK_BYTES, Jobs.BLOCK_BYTES), map.expected(3));
        }
    }

    @Test
    void filesThatShrinkAreNoted() throws IOException {
        Path path = directory.resolve("disk.raw");
        byte[] data = image(path);
        try (OpenImage image = open(path.toString());
                VerifyMap map = VerifyMap.of(spec(OFFSET), image)) {
            Files.write(path, Arrays.copyOf(data, (int) OFFSET + Jobs.BLOCK_BYTES + 512));

            assertEquals(crc(data, (int) OFFSET, Jobs.BLOCK_BYTES), map.expected(0));
            assertThrows(IOException.class, () -> map.expected(1));
        }
    }

    @Test
    void blocksAreLockedByOneAtATime() throws IOException {
        try (OpenImage image = open("memory:1M");
                VerifyMap map = VerifyMap.of(spec(0), image)) {
            assertTrue(map.tryLock(1));
            assertFalse(map.tryLock(1));
            assertTrue(map.tryLock(2));
            map.wrote(1, 5);
            assertFalse(map.tryLock(1));
            map.unlock(1);
            assertTrue(map.isWritten(1));
            assertEquals(5, map.expected(1));
            assertTrue(map.tryLock(1));
        }
    }

    @Test
    void locksHoldBetweenThreads() throws Exception {
        int threads = 4;
        int rounds = 2_000;
        try (OpenImage image = open("memory:1M");
                VerifyMap map = VerifyMap.of(spec(0), image)) {
            AtomicInteger owners = new AtomicInteger();
            CyclicBarrier start = new CyclicBarrier(threads);
            Runnable work = () -> {
                try {
                    start.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                for (int i = 0; i < rounds; i++) {
                    while (!map.tryLock(0)) {
                        Thread.yield();
                    }
                    // Both count together only if nobody else is inside.
                    map.wrote(0, expected(map) + 1);
                    owners.incrementAndGet();
                    map.unlock(0);
                }
            };
            map.wrote(0, 0);
            Thread[] running = new Thread[threads];
            for (int i = 0; i < threads; i++) {
                running[i] = new Thread(work, "locker-" + i);
                running[i].start();
            }
            for (Thread thread : running) {
                thread.join();
            }

            assertEquals(threads * rounds, owners.get());
            assertEquals(threads * rounds, map.expected(0));
        }
    }

    private static int expected(VerifyMap map) {
        try {
            return map.expected(0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void crcOfNativeBytesIsCrc32c() throws IOException {
        byte[] data = "123456789".getBytes(StandardCharsets.US_ASCII);
        try (MappedMemory memory = MappedMemory.anonymous(4096)) {
            NativeMemory.copyFromArray(data, 0, memory.address(), data.length);

            assertEquals(0xE3069283,
                    VerifyMap.crcOf(memory.address(), data.length, new byte[data.length],
                            new CRC32C()));
            assertEquals(crc(data, 0, data.length),
                    VerifyMap.crcOf(memory.address(), data.length, new byte[7], new CRC32C()),
                    "in pieces, the last one short");
        }
    }

    @Test
    void disksThatKeepNothingAreRefused() throws IOException {
        try (OpenImage image = open("null:1M")) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> VerifyMap.of(spec(0), image));
            assertTrue(e.getMessage().contains("null"), e.getMessage());
        }
    }

    @Test
    void regionsTooLargeToFollowAreRefused() throws IOException {
        try (OpenImage image = open("memory:1M")) {
            JobSpec large = Jobs.blocks(ReadWrite.READ, 1L << 40, 1);
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> VerifyMap.of(large, image));
            assertTrue(e.getMessage().contains("size"), e.getMessage());
        }
    }

    @Test
    void blocksLargerThanAPieceAreSummedWhole() throws IOException {
        int blockBytes = 2 * VerifyMap.PIECE_BYTES + Jobs.BLOCK_BYTES;
        byte[] data = new byte[2 * blockBytes];
        new Random(2).nextBytes(data);
        Path path = Files.write(directory.resolve("large.raw"), data);
        JobSpec spec = Jobs.region(ReadWrite.READ, blockBytes, 0, data.length);
        try (OpenImage image = open(path.toString());
                VerifyMap map = VerifyMap.of(spec, image)) {
            assertTrue(map.tryLock(1));
            assertEquals(crc(data, blockBytes, blockBytes), map.expected(1));
        }
    }

    @Test
    void theFirstReadDecidesWhereNobodyCanLookPastTheDevice() throws IOException {
        try (VerifyMap map = VerifyMap.ofUnseen(spec(0))) {
            assertTrue(map.tryLock(1));
            assertTrue(map.learns(1, 5));
            assertFalse(map.isWritten(1));
            assertFalse(map.learns(1, 6));
            assertEquals(5, map.expected(1));
            map.wrote(1, 7);
            assertFalse(map.learns(1, 6));
            assertEquals(7, map.expected(1));
            map.forget(1);
            assertTrue(map.learns(1, 8), "after a write that failed");
        }
    }

    @Test
    void imagesThatCanBeLookedAtAreNotLearned() throws IOException {
        try (OpenImage image = open("memory:1M");
                VerifyMap map = VerifyMap.of(spec(0), image)) {
            assertTrue(map.tryLock(1));
            assertFalse(map.learns(1, 5));
        }
    }
}
