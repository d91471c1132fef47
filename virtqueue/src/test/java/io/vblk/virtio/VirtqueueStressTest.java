// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.AioOptions;
import io.vblk.aio.EventNotifier;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A driver thread and a device thread that sleep whenever they may: a lost notification stops them
 * both. Two million requests in all, with windows from one request up to the whole ring.
 */
class VirtqueueStressTest {
    private static final int REQUESTS = 500_000;
    private static final int SIZE = 128;
    private static final int SLOT_BYTES = 16;
    private static final int USED_LENGTH = 8;
    /** Without any progress for so long, somebody sleeps for ever: longer than any pause. */
    private static final long STUCK_MS = 60_000;

    @ParameterizedTest
    @CsvSource({"false, 0", "false, 50000", "true, 0", "true, 50000"})
    void losesNothingWhileBothSidesSleep(boolean eventIdx, long pollMaxNs) throws Exception {
        long features = VirtioFeatures.INDIRECT_DESC | (eventIdx ? VirtioFeatures.EVENT_IDX : 0);
        try (GuestRam ram = GuestRam.ofBytes(1 << 20);
                EventNotifier kick = EventNotifier.create();
                EventNotifier call = EventNotifier.create();
                IoThread thread = IoThread.start("stress-device",
                        AioOptions.of(PollingOptions.classic(pollMaxNs, 0, 0)));
                MappedMemory iovecs = MappedMemory.anonymous(32L * SIZE)) {
            long at = ram.allocate(SplitDriverQueue.bytesNeeded(SIZE, 2), GuestRam.PAGE);
            SplitDriverQueue queue =
                    new SplitDriverQueue(ram.memory(), at, SIZE, 2, features);
            Device device = new Device(
                    queue.config().activate(ram.memory(), features), call, iovecs.address());
            QueueHandler handler =
                    new QueueHandler("queue", thread.context(), device.queue, kick, device);
            device.onThread(thread, handler::start);
            Driver driver = new Driver(ram, queue, kick, call);
            driver.start();
            awaitProgress(driver, device, ram.memory(), queue.config());
            device.onThread(thread, handler::close);
            assertEquals(REQUESTS, driver.polled);
            assertEquals(REQUESTS, device.served);
            assertEquals(REQUESTS & 0xFFFF, device.queue.base());
            assertTrue(driver.sleeps > 0 && driver.sleeps < REQUESTS, "sleeps " + driver.sleeps);
            assertTrue(handler.kicks() < REQUESTS, "kicks " + handler.kicks());
        }
    }

    private static void awaitProgress(
            Driver driver, Device device, GuestMemory memory, VirtqueueConfig config)
            throws InterruptedException {
        int before = -1;
        while (driver.isAlive()) {
            int now = driver.polled;
            if (now == before) {
                String state = describe(memory, config) + ", driver polled " + now
                        + " of " + driver.added + ", device served " + device.served;
                driver.giveUp();
                throw new AssertionError("stuck: " + state, device.failure);
            }
            before = now;
            driver.join(STUCK_MS);
        }
        if (driver.failure != null || device.failure != null) {
            throw new AssertionError("seed " + Driver.SEED,
                    driver.failure != null ? driver.failure : device.failure);
        }
    }

    private static String describe(GuestMemory memory, VirtqueueConfig config) {
        long avail = memory.hostAddress(config.availAddress(), 6 + 2L * SIZE);
        long used = memory.hostAddress(config.usedAddress(), 6 + 8L * SIZE);
        return "avail.idx " + NativeMemory.getShort(avail + 2)
                + " flags " + NativeMemory.getShort(avail)
                + " used_event " + NativeMemory.getShort(avail + 4 + 2L * SIZE)
                + " used.idx " + NativeMemory.getShort(used + 2)
                + " flags " + NativeMemory.getShort(used)
                + " avail_event " + NativeMemory.getShort(used + 4 + 8L * SIZE);
    }

    /** Uses what it pops, each run's chains in reverse. Thread: the device's. */
    private static final class Device implements QueueProcessor {
        /** What {@link IoThread#call} cannot take. */
        private interface Action {
            void run() throws ErrnoException;
        }

        private final Virtqueue queue;
        private final EventNotifier call;
        private final DescriptorChain[] chains = new DescriptorChain[SIZE];
        private volatile int served;
        private volatile Throwable failure;

        Device(Virtqueue queue, EventNotifier call, long iovecs) {
            this.queue = queue;
            this.call = call;
            for (int i = 0; i < SIZE; i++) {
                chains[i] = new DescriptorChain(new IovecArray(iovecs + 32L * i, 2));
            }
        }

        void onThread(IoThread thread, Action action) {
            thread.call(() -> {
                try {
                    action.run();
                } catch (ErrnoException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        @Override
        public boolean acceptsWork() {
            return failure == null;
        }

        @Override
        public void process() {
            boolean kicks = queue.kicksEnabled();
            do {
                if (kicks) {
                    queue.disableKicks();
                }
                int count = popAll();
                served += count;
                while (count > 0) {
                    queue.addUsed(chains[--count], USED_LENGTH);
                }
                queue.publishUsed();
                if (queue.needsCall()) {
                    call.set();
                }
                if (kicks) {
                    queue.enableKicks();
                }
            } while (kicks && failure == null && !queue.isEmpty());
        }

        private int popAll() {
            int count = 0;
            try {
                while (count < SIZE && queue.pop(chains[count])) {
                    DescriptorChain chain = chains[count++];
                    if (chain.fault() != ChainFault.NONE || chain.writableBytes() != 8) {
                        throw new VirtioException("chain " + chain.head() + " " + chain.fault());
                    }
                    // The answer is the request, so that the driver can tell whose it is.
                    long request = NativeMemory.getLong(chain.segments().base(0));
                    NativeMemory.putLong(chain.segments().base(1), ~request);
                }
            } catch (VirtioException e) {
                failure = e;
            }
            return count;
        }
    }

    /** Keeps a changing number of requests in flight. Thread: itself. */
    private static final class Driver extends Thread {
        private static final long SEED = 20;

        private final DriverQueue queue;
        private final EventNotifier kick;
        private final EventNotifier call;
        private final AioContext context;
        private final long slots;
        private final long slotsHost;
        private final Random random = new Random(SEED);
        private final DriverBuffers buffers = new DriverBuffers(2);
        private final int[] freeSlots = new int[SIZE];
        private int freeCount = SIZE;
        private long sleeps;
        private volatile int added;
        private volatile int polled;
        private volatile Throwable failure;
        private volatile boolean givenUp;

        Driver(GuestRam ram, DriverQueue queue, EventNotifier kick, EventNotifier call)
                throws ErrnoException {
            super("stress-driver");
            setDaemon(true);
            this.queue = queue;
            this.kick = kick;
            this.call = call;
            this.slots = ram.allocate((long) SLOT_BYTES * SIZE, 8);
            this.slotsHost = ram.host(slots, (long) SLOT_BYTES * SIZE);
            for (int i = 0; i < SIZE; i++) {
                freeSlots[i] = i;
            }
            this.context = AioContext.create(AioOptions.of(PollingOptions.OFF));
            context.addHandler(call.fd(), AioHandler.READ, call::testAndClear);
        }

        void giveUp() throws InterruptedException {
            givenUp = true;
            call.set();
            join();
        }

        @Override
        public void run() {
            try (context) {
                while (polled < REQUESTS && !givenUp) {
                    int window = 1 << random.nextInt(8);
                    int end = Math.min(REQUESTS, added + 8 * window);
                    while (added < end && !givenUp) {
                        fill(window, end);
                        drainOrSleep();
                    }
                    while (polled < added && !givenUp) {
                        drainOrSleep();
                    }
                }
            } catch (RuntimeException | AssertionError e) {
                failure = e;
            }
        }

        private void fill(int window, int end) {
            while (added < end && added - polled < window) {
                int slot = freeSlots[--freeCount];
                long at = slots + (long) slot * SLOT_BYTES;
                NativeMemory.putLong(slotsHost + (long) slot * SLOT_BYTES, added);
                buffers.clear();
                buffers.addReadable(at, 8);
                buffers.addWritable(at + 8, 8);
                assertTrue(queue.add(buffers, slot));
                added++;
            }
            if (queue.publish()) {
                kick.set();
            }
        }

        private void drainOrSleep() {
            if (drain() > 0) {
                return;
            }
            queue.enableCalls();
            if (!queue.hasUsed()) {
                sleeps++;
                context.poll(true);
            }
            queue.disableCalls();
        }

        private int drain() {
            int count = 0;
            for (int slot = queue.pollUsed(); slot >= 0; slot = queue.pollUsed()) {
                long host = slotsHost + (long) slot * SLOT_BYTES;
                assertEquals(~NativeMemory.getLong(host), NativeMemory.getLong(host + 8));
                assertEquals(USED_LENGTH, queue.lastUsedBytes());
                freeSlots[freeCount++] = slot;
                count++;
            }
            polled += count;
            return count;
        }
    }
}
