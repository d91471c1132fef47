// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rings allocate nothing once they run. */
class DataPathAllocationTest {
    private static final int SIZE = 64;
    private static final int WARM_UP_ROUNDS = 2_000;
    private static final int ROUNDS = 2_000;
    /** The compiler may still be at work in the first ones. */
    private static final int ATTEMPTS = 20;

    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @CsvSource({
        "false, false, false, false", "false, true, false, false", "true, false, false, false",
        "true, true, false, false", "true, true, false, true", "true, true, true, false",
        "false, false, true, false", "true, true, true, true",
    })
    void neitherSideAllocates(boolean eventIdx, boolean indirect, boolean packed, boolean inOrder)
            throws ErrnoException, VirtioException {
        long features = (eventIdx ? VirtioFeatures.EVENT_IDX : 0)
                | (indirect ? VirtioFeatures.INDIRECT_DESC : 0)
                | (packed ? VirtioFeatures.RING_PACKED : 0)
                | (inOrder ? VirtioFeatures.IN_ORDER : 0);
        try (GuestRam ram = GuestRam.ofBytes(1 << 20);
                MappedMemory iovecs = MappedMemory.anonymous(GuestRam.PAGE)) {
            DriverQueue driver = DriverQueue.create(ram.memory(), 0, SIZE, 3, features);
            Virtqueue device = driver.config().activate(ram.memory(), features);
            DescriptorChain chain =
                    new DescriptorChain(new IovecArray(iovecs.address(), 3));
            DriverBuffers buffers = new DriverBuffers(3);
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                round(driver, device, buffers, chain);
            }
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < ATTEMPTS && least > 0; attempt++) {
                long before = THREADS.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < ROUNDS; i++) {
                    round(driver, device, buffers, chain);
                }
                least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, least, "bytes in " + ROUNDS + " rounds");
        }
    }

    private static void round(DriverQueue driver, Virtqueue device, DriverBuffers buffers,
            DescriptorChain chain) throws VirtioException {
        driver.disableCalls();
        int count = 0;
        while (count < SIZE) {
            buffers.clear();
            buffers.addReadable(0x80000, 16);
            buffers.addReadable(0x90000, 4096);
            buffers.addWritable(0xA0000, 1);
            if (!driver.add(buffers, count)) {
                break;
            }
            count++;
        }
        driver.publish();
        device.disableKicks();
        assertTrue(!device.isEmpty());
        while (device.pop(chain)) {
            device.addUsed(chain, chain.writableBytes());
        }
        device.publishUsed();
        device.needsCall();
        device.enableKicks();
        while (driver.pollUsed() != DriverQueue.NOTHING_USED) {
            count -= driver.lastUsedBytes();
        }
        driver.enableCalls();
        if (count != 0) {
            throw new AssertionError("chains left: " + count);
        }
    }
}
