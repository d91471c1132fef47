// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.NativeMemory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Both sides of a small ring on a slice of real guest memory, its next slot being the last one of
 * the ring. Thread: made by one, then the driver's methods by one and the device's by another.
 *
 * <p>A stress test makes states by the ten thousand, and a mapping each would be too many: all of
 * them share one memory and take its slices in turns.
 */
final class StressRing {
    static final long PACKED = VirtioFeatures.RING_PACKED;
    static final long EVENT_IDX = VirtioFeatures.EVENT_IDX;
    static final long INDIRECT = VirtioFeatures.INDIRECT_DESC;

    /** Chains of a batch. */
    static final int BATCH = 2;

    private static final int QUEUE_SIZE = 4;
    private static final int BUFFERS_MAX = 2;
    private static final int DATA_BYTES = 8;
    private static final int STATUS_BYTES = 4;

    // A slice: ring and tables, data, iovecs.
    private static final int SLICE_BYTES = 1024;
    private static final int DATA = 512;
    private static final int STATUS = 576;
    private static final int IOVECS = 640;
    private static final int IOVECS_BYTES = BUFFERS_MAX * IovecArray.ELEMENT_BYTES;
    /** Many more than there are states at a time. */
    private static final int SLICES = 1 << 16;

    private static final GuestMemory MEMORY = allocate();
    private static final AtomicInteger NEXT_SLICE = new AtomicInteger();

    private final long slice;
    private final long host;
    private final DescriptorChain[] chains = new DescriptorChain[BATCH];
    private final DriverBuffers buffers = new DriverBuffers(BUFFERS_MAX);
    private final DriverQueue driver;
    private final Virtqueue device;

    private static GuestMemory allocate() {
        try {
            return GuestMemory.allocate((long) SLICES * SLICE_BYTES);
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    StressRing(long features) {
        slice = (long) SLICE_BYTES * (NEXT_SLICE.getAndIncrement() & (SLICES - 1));
        host = MEMORY.hostAddress(slice, SLICE_BYTES);
        NativeMemory.fill(host, SLICE_BYTES, 0);
        for (int i = 0; i < BATCH; i++) {
            chains[i] = new DescriptorChain(
                    new IovecArray(host + IOVECS + (long) i * IOVECS_BYTES, BUFFERS_MAX));
        }
        driver = DriverQueue.create(MEMORY, slice, QUEUE_SIZE, BUFFERS_MAX, features);
        try {
            device = driver.config().activate(MEMORY, features);
            turnToTheLastSlot();
        } catch (VirtioException e) {
            throw new IllegalStateException(e);
        }
    }

    private void turnToTheLastSlot() throws VirtioException {
        buffers.clear();
        buffers.addWritable(slice + STATUS, STATUS_BYTES);
        for (int i = 0; i < QUEUE_SIZE - 1; i++) {
            driver.add(buffers, i);
            driver.publish();
            device.pop(chains[0]);
            device.addUsed(chains[0], 0);
            device.publishUsed();
            device.needsCall();
            driver.pollUsed();
        }
    }

    DriverQueue driver() {
        return driver;
    }

    Virtqueue device() {
        return device;
    }

    // ------------------------------------------------------------------ the driver's thread

    /** Adds a batch, each with something to read and room for a status; tokens 0 and 1. */
    void addBatch() {
        for (int i = 0; i < BATCH; i++) {
            NativeMemory.putLong(host + DATA + (long) i * DATA_BYTES, i + 1);
            buffers.clear();
            // The second is shorter, so that the two together are not longer than the ring.
            if (i == 0) {
                buffers.addReadable(slice + DATA, DATA_BYTES);
            }
            buffers.addWritable(slice + STATUS + (long) i * STATUS_BYTES, STATUS_BYTES);
            driver.add(buffers, i);
        }
    }

    /** Polls all that is used; returns 10 times their number and how many of them are right. */
    int pollBatch() {
        int answer = 0;
        int token = driver.pollUsed();
        while (token != DriverQueue.NOTHING_USED) {
            int status = NativeMemory.getInt(host + STATUS + (long) token * STATUS_BYTES);
            answer += driver.lastUsedBytes() == token + 1 && status == token + 1 ? 11 : 10;
            token = driver.pollUsed();
        }
        return answer;
    }

    // ------------------------------------------------------------------ the device's thread

    /** Pops all that is available; returns 10 times their number and how many are right. */
    int popBatch() {
        int count = 0;
        int right = 0;
        try {
            while (count < BATCH && device.pop(chains[count])) {
                right += isRight(chains[count], count) ? 1 : 0;
                count++;
            }
        } catch (VirtioException e) {
            // No outcome that a test accepts.
            return -1;
        }
        return 10 * count + right;
    }

    private boolean isRight(DescriptorChain chain, int index) {
        if (chain.fault() != ChainFault.NONE || chain.writableCount() != 1
                || chain.writableBytes() != STATUS_BYTES) {
            return false;
        }
        return index == 0
                ? chain.readableCount() == 1 && chain.readableBytes() == DATA_BYTES
                        && NativeMemory.getLong(chain.segments().base(0)) == 1
                : chain.readableCount() == 0;
    }

    /** Uses both chains, with a status and a length that tell them apart. */
    void useBatch() {
        for (int i = 0; i < BATCH; i++) {
            NativeMemory.putInt(host + STATUS + (long) i * STATUS_BYTES, i + 1);
            device.addUsed(chains[i], i + 1);
        }
    }

    // ------------------------------------------------------------------ without a fence, by hand

    // Indices after turnToTheLastSlot: 3 chains have passed, 2 are in the batch. In the packed ring
    // the batch begins at the last slot with a wrap counter of 1.
    private static final int PASSED = QUEUE_SIZE - 1;
    private static final int PACKED_PLACE = PASSED | WrapCounter.START;

    private long area(long guestAddress) {
        return host + (guestAddress - slice);
    }

    /** What SplitDriverQueue.publish does, but for the fence; event index. */
    boolean splitPublishUnfenced() {
        VirtqueueConfig config = driver.config();
        NativeMemory.putShortRelease(
                area(config.availAddress()) + SplitLayout.RING_IDX, PASSED + BATCH);
        int event = NativeMemory.getShort(
                area(config.usedAddress()) + SplitLayout.availEventOffset(QUEUE_SIZE));
        return EventIdx.needEvent(event, PASSED + BATCH, PASSED);
    }

    /** What SplitVirtqueue.enableKicks does, but for the fence; event index. */
    void splitEnableKicksUnfenced() {
        NativeMemory.putShort(area(driver.config().usedAddress())
                + SplitLayout.availEventOffset(QUEUE_SIZE), PASSED);
    }

    /** What PackedDriverQueue.publish does, but for the fence; event index. */
    boolean packedPublishUnfenced() {
        VirtqueueConfig config = driver.config();
        NativeMemory.putShortRelease(area(config.descAddress())
                + (long) PASSED * PackedLayout.DESC_BYTES + PackedLayout.DESC_FLAGS,
                PackedLayout.FLAG_AVAIL | PackedLayout.FLAG_NEXT);
        return NativeMemory.getInt(area(config.usedAddress()))
                == PackedLayout.event(PackedLayout.EVENT_AT, PACKED_PLACE);
    }

    /** What PackedVirtqueue.enableKicks does, but for the fence; event index. */
    void packedEnableKicksUnfenced() {
        NativeMemory.putInt(area(driver.config().usedAddress()),
                PackedLayout.event(PackedLayout.EVENT_AT, PACKED_PLACE));
    }
}
