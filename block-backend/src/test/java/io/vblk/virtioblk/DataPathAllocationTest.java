// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioFeatures;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Once warm, a request allocates nothing: not in the driver, the iothread or a worker. */
class DataPathAllocationTest {
    private static final int REQUESTS_PER_ROUND = 2_000;
    private static final long DEADLINE_NS = 60_000_000_000L;
    private static final int DISK_BYTES = 1 << 20;
    private static final int BLOCK = 4096;
    private static final int QUEUE_SIZE = 64;

    /** A disk, the kind of ring and how many requests are in flight. */
    private record Case(String disk, IoEngineKind engine, int depth, boolean packed) {
        Case(String disk, IoEngineKind engine, int depth) {
            this(disk, engine, depth, false);
        }
    }

    static List<Case> cases() {
        return List.of(
                new Case("memory", IoEngineKind.SYNC, 1), new Case("memory", IoEngineKind.SYNC, 32),
                new Case("null", IoEngineKind.SYNC, 1), new Case("null", IoEngineKind.SYNC, 32),
                new Case("null", IoEngineKind.SYNC, 1, true),
                new Case("null", IoEngineKind.SYNC, 32, true),
                new Case("file", IoEngineKind.SYNC, 1), new Case("file", IoEngineKind.SYNC, 32),
                new Case("file", IoEngineKind.AUTO, 1), new Case("file", IoEngineKind.AUTO, 32),
                new Case("file", IoEngineKind.THREADS, 1),
                new Case("file", IoEngineKind.THREADS, 32));
    }

    @TempDir
    Path directory;

    private final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @MethodSource("cases")
    void nothingIsAllocated(Case load) throws Exception {
        assumeTrue(bean.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
        try (OpenImage image = Images.open(spec(load));
                IoThread ioThread =
                        IoThread.start("iothread", AioOptions.of(PollingOptions.DEFAULT));
                GuestMemory memory = GuestMemory.allocate(
                        VirtioBlkDriver.bytesNeeded(QUEUE_SIZE, load.depth(), BLOCK))) {
            BlockBackend backend = image.attach(ioThread.context());
            try (VirtioBlkDevice device = new VirtioBlkDevice(
                    new VirtioBlkOptions("", 1, QUEUE_SIZE), ioThread, backend)) {
                long features = device.features()
                        & ~(load.packed() ? 0 : VirtioFeatures.RING_PACKED);
                device.acknowledgeFeatures(features);
                device.measureLatency(load.depth() > 1);
                try (VirtioBlkDriver driver = new VirtioBlkDriver(
                        memory, 0, QUEUE_SIZE, load.depth(), BLOCK, features)) {
                    device.startQueue(0, memory, driver.config(), driver.kickNotifier(),
                            driver.callNotifier());
                    RequestTrace trace = load.depth() > 1 ? trace(1) : null;
                    device.traceRequests(0, trace);
                    measure(load, new Loop(driver, load.depth(), trace), ioThread);
                    device.stopQueue(0);
                }
            } finally {
                ioThread.call(backend::close);
            }
        }
    }

    private ImageSpec spec(Case load) throws Exception {
        if (!load.disk().equals("file")) {
            return new ImageSpec(load.disk() + ":1M", null, false, false, load.engine());
        }
        Path path = directory.resolve("disk.raw");
        Files.write(path, new byte[DISK_BYTES]);
        // Not called raw by name: writes to the first block go past the guard.
        return new ImageSpec(path.toString(), null, false, false, load.engine());
    }

    private static RequestTrace trace(int interval) {
        return new RequestTrace(new RequestSampling(interval), QUEUE_SIZE, 0);
    }

    private void measure(Case load, Loop loop, IoThread ioThread) {
        long deadlineNs = System.nanoTime() + DEADLINE_NS;
        long allocated = Long.MAX_VALUE;
        int rounds = 0;
        while (allocated != 0) {
            assertTrue(System.nanoTime() - deadlineNs < 0,
                    load + ": " + allocated + " bytes in round " + rounds);
            // A worker that starts in a round is allowed; the next round has it from the start.
            long[] threads = threads(ioThread);
            long before = allocatedBytes(threads);
            loop.run(REQUESTS_PER_ROUND);
            allocated = allocatedBytes(threads) - before;
            rounds++;
        }
        assertEquals(0, loop.failed, "requests that failed");
        System.out.println("DataPathAllocationTest: " + load + ", nothing allocated in round "
                + rounds + " of " + REQUESTS_PER_ROUND + " requests");
    }

    private static long[] threads(IoThread ioThread) {
        long[] workers = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("vblk-aio-"))
                .mapToLong(Thread::getId).toArray();
        long[] threads = new long[workers.length + 2];
        System.arraycopy(workers, 0, threads, 2, workers.length);
        threads[0] = Thread.currentThread().getId();
        threads[1] = ioThread.threadId();
        return threads;
    }

    private long allocatedBytes(long[] threads) {
        long bytes = 0;
        for (long id : threads) {
            bytes += bean.getThreadAllocatedBytes(id);
        }
        return bytes;
    }

    /** Keeps requests of all kinds in flight; allocates only when made. */
    private static final class Loop {
        private static final int FLUSH_EVERY = 199;
        private static final long AWAIT_NS = 1_000_000_000L;
        private static final int BLOCKS = DISK_BYTES / BLOCK;

        private final VirtioBlkDriver driver;
        private final int depth;
        private final int[] freeSlots;
        private int free;
        private int number;
        private final RequestTrace trace;
        private final long[] record = new long[RequestTrace.FIELDS];
        private int failed;

        Loop(VirtioBlkDriver driver, int depth, RequestTrace trace) {
            this.trace = trace;
            this.driver = driver;
            this.depth = depth;
            this.freeSlots = new int[depth];
            for (int i = 0; i < depth; i++) {
                freeSlots[free++] = i;
            }
        }

        void run(int requests) {
            int left = requests;
            while (left > 0 || free < depth) {
                while (left > 0 && free > 0) {
                    left--;
                    add(freeSlots[--free]);
                }
                driver.kick();
                int slot = driver.poll();
                if (slot == VirtioBlkDriver.NOTHING) {
                    driver.await(AWAIT_NS);
                    continue;
                }
                if (driver.status(slot) != VirtioBlkDriver.STATUS_OK) {
                    failed++;
                }
                if (trace != null) {
                    trace.read(driver.number(slot), record);
                }
                freeSlots[free++] = slot;
            }
        }

        private void add(int slot) {
            number++;
            long offset = (long) (number * 7 % BLOCKS) * BLOCK;
            boolean added;
            if (number % FLUSH_EVERY == 0) {
                added = driver.flush(slot);
            } else {
                added = switch (number % 8) {
                    case 0 -> driver.range(slot, BlockOp.WRITE_ZEROES, offset, BLOCK, true);
                    case 1 -> driver.range(slot, BlockOp.DISCARD, offset, BLOCK, false);
                    case 2 -> driver.getId(slot);
                    case 3 -> driver.transfer(slot, BlockOp.WRITE, 0, BLOCK);
                    case 4 -> driver.transfer(slot, BlockOp.WRITE, offset, BLOCK);
                    default -> driver.transfer(slot, BlockOp.READ, offset, BLOCK);
                };
            }
            if (!added) {
                throw new AssertionError("the ring is full");
            }
        }
    }
}
