// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.ReadWrite;
import io.vblk.fio.WaitMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A job alone and on a disk. */
final class JobSpecTest {
    private static void refused(String part, Executable work) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, work);
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }

    private static JobSpec region(int blockBytes, long offset, long sizeBytes) {
        return Jobs.region(ReadWrite.READ, blockBytes, offset, sizeBytes);
    }

    @ParameterizedTest
    @CsvSource({
        // block, offset, size, capacity -> region, blocks
        "4096, 0, 0, 1048576, 1048576, 256",
        "4096, 4096, 0, 1048576, 1044480, 255",
        "4096, 0, 8192, 1048576, 8192, 2",
        "4096, 0, 10000, 1048576, 8192, 2",
        "4096, 0, 0, 448512, 446464, 109",
        "4096, 512, 4096, 4608, 4096, 1",
        "512, 0, 0, 512, 512, 1",
        "1048576, 0, 0, 1048576, 1048576, 1"})
    void regionIsWholeBlocks(int block, long offset, long size, long capacity, long region,
            long blocks) {
        JobSpec fitted = region(block, offset, size).onDisk(capacity, 512);

        assertEquals(region, fitted.sizeBytes());
        assertEquals(blocks, fitted.blocks());
        assertEquals(offset, fitted.offset());
        assertTrue(fitted.offset() + fitted.sizeBytes() <= capacity);
        assertEquals(fitted, fitted.onDisk(capacity, 512));
    }

    @Test
    void whatDoesNotFitTheDiskIsRefused() {
        refused("bs=1000", () -> region(1000, 0, 0).onDisk(1 << 20, 512));
        refused("bs=512", () -> region(512, 0, 0).onDisk(1 << 20, 4096));
        refused("offset=1000", () -> region(512, 1000, 0).onDisk(1 << 20, 512));
        refused("past the end", () -> region(512, 1 << 20, 0).onDisk(1 << 20, 512));
        refused("past the end", () -> region(512, 512, 1 << 20).onDisk(1 << 20, 512));
        refused("past the end", () -> region(512, 512, Long.MAX_VALUE).onDisk(1 << 20, 512));
        refused("larger than the region", () -> region(8192, 0, 4096).onDisk(1 << 20, 512));
        refused("larger than the region", () -> region(8192, 0, 0).onDisk(4096, 512));
    }

    @Test
    void restStaysAsItWas() {
        JobSpec job = new JobSpec(ReadWrite.RANDRW, 30, 4096, 8, 3, 5, true, 7, 4096, 0, 11, true,
                WaitMode.EVENT);

        assertEquals(new JobSpec(ReadWrite.RANDRW, 30, 4096, 8, 3, 5, true, 7, 4096, 1 << 20, 11,
                true, WaitMode.EVENT), job.onDisk((1 << 20) + 4096, 512));
    }

    @Test
    void untilStoppedKeepsARuntime() {
        JobSpec job = region(4096, 0, 0);

        assertTrue(job.untilStopped().timeBased());
        assertEquals(JobSpec.FOR_EVER_NS, job.untilStopped().runtimeNs());
        assertEquals(job.untilStopped(), job.untilStopped().untilStopped());
    }

    @Test
    void nonsenseIsRefusedAtOnce() {
        refused("rwmixread", () -> Jobs.mix(ReadWrite.RW, 101, 1));
        refused("rwmixread", () -> Jobs.mix(ReadWrite.RW, -1, 1));
        refused("bs", () -> region(0, 0, 0));
        refused("bs", () -> region(-4096, 0, 0));
        refused("bs", () -> region(JobSpec.BLOCK_BYTES_MAX + 512, 0, 0));
        refused("offset", () -> region(4096, -1, 0));
        refused("size", () -> region(4096, 0, -1));
    }
}
