// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ten million requests through each kind of ring, 152 times around the 16-bit indices, with event
 * indices on. Each completion and each decision about a notification is checked; the latter by the
 * formula of the specification, from what the fields in memory say at that moment.
 */
class LongRunTest {
    private static final int REQUESTS = 10_000_000;
    private static final int INDEX_MASK = 0xFFFF;
    private static final int BUFFERS_MAX = 3;
    private static final int CHAINS = 1021;
    private static final int BUFFER_STRIDE_BYTES = 16;

    @ParameterizedTest
    @CsvSource({"false, 128", "true, 128", "true, 99"})
    void everyRequestAndEveryNotificationIsRight(boolean packed, int size) throws Exception {
        // The ring of odd size is there for its wrap counters: 100 times around less will do.
        int requests = Integer.bitCount(size) == 1 ? REQUESTS : REQUESTS / 100;
        try (Run run = new Run(packed, size, requests)) {
            run.go();
            assertTrue(run.kicks > 0 && run.kicks < run.kickDecisions, run.kicks + " kicks");
            assertTrue(run.calls > 0 && run.calls < run.callDecisions, run.calls + " calls");
        }
    }

    /** Both sides, and what they have to do. Thread: one. */
    private static final class Run implements AutoCloseable {
        private static final long SEED = 4;
        // What a side says while it looks for work: one, the other, both in turn, nothing.
        private static final int ENABLE = 0;
        private static final int DISABLE = 1;
        private static final int BOTH = 2;
        private static final int WISHES = 4;

        private final GuestRam ram = GuestRam.ofBytes(1 << 20);
        private final MappedMemory iovecs;
        private final long data;
        private final long dataHost;
        private final boolean packed;
        private final int size;
        private final int requests;
        private final Random random = new Random(SEED);
        private final VirtqueueConfig config;
        private final DriverQueue driver;
        private final Virtqueue device;
        private final DriverBuffers[] buffers = new DriverBuffers[CHAINS];
        private final DescriptorChain[] taken;
        private final int[] takenTokens;
        private final int[] used;
        private int takenCount;
        private int usedFirst;
        private int usedCount;
        private int freeDescriptors;
        private int added;
        private int popped;
        private int polled;
        // Positions of the ring: entries of a split one, slots of a packed one.
        private long availAt;
        private long availDecided;
        private long usedAt;
        private long usedDecided;
        private int kicks;
        private int kickDecisions;
        private int calls;
        private int callDecisions;

        Run(boolean packed, int size, int requests) throws ErrnoException, VirtioException {
            this.packed = packed;
            this.size = size;
            this.requests = requests;
            long features = VirtioFeatures.EVENT_IDX | (packed ? VirtioFeatures.RING_PACKED : 0);
            long at = ram.allocate(DriverQueue.bytesNeeded(size, BUFFERS_MAX), GuestRam.PAGE);
            this.driver = DriverQueue.create(ram.memory(), at, size, BUFFERS_MAX, features);
            this.config = driver.config();
            this.device = config.activate(ram.memory(), features);
            this.data = ram.allocate(BUFFER_STRIDE_BYTES * (CHAINS + BUFFERS_MAX), 64);
            this.dataHost = ram.host(data, 1);
            this.iovecs = MappedMemory.anonymous(16L * BUFFERS_MAX);
            this.taken = new DescriptorChain[size];
            this.takenTokens = new int[size];
            this.used = new int[size];
            this.freeDescriptors = size;
            for (int i = 0; i < size; i++) {
                taken[i] = new DescriptorChain(new IovecArray(iovecs.address(), BUFFERS_MAX));
            }
            for (int i = 0; i < CHAINS; i++) {
                buffers[i] = new DriverBuffers(BUFFERS_MAX);
                for (int j = 0; j < countOf(i); j++) {
                    buffers[i].addWritable(data + BUFFER_STRIDE_BYTES * (i + j), 1 + i % 16);
                }
            }
        }

        private static int countOf(int token) {
            return 1 + token % CHAINS % BUFFERS_MAX;
        }

        private int positionsOf(int token) {
            return packed ? countOf(token) : 1;
        }

        private static int lengthOf(int token) {
            return token * 31 & 0xFFFF;
        }

        void go() throws VirtioException {
            try {
                while (polled < requests) {
                    add(1 + random.nextInt(size));
                    take(random.nextInt(size + 1));
                    use(random.nextInt(takenCount + 1));
                    poll(random.nextInt(usedCount + 1));
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + SEED + " after " + polled + " requests", e);
            }
        }

        // -------------------------------------------------------------- the steps

        private void add(int count) {
            for (int i = 0; i < count && added < requests; i++) {
                boolean fits = freeDescriptors >= countOf(added);
                check(fits == driver.add(buffers[added % CHAINS], added), "fits");
                if (!fits) {
                    break;
                }
                freeDescriptors -= countOf(added);
                availAt += positionsOf(added);
                added++;
            }
            boolean due = isDue(config.usedAddress(), availDecided, availAt);
            check(due == driver.publish(), "kick");
            kickDecisions += availDecided == availAt ? 0 : 1;
            availDecided = availAt;
            kicks += due ? 1 : 0;
        }

        private void take(int count) throws VirtioException {
            int wish = random.nextInt(WISHES);
            if (wish == BOTH || wish == DISABLE) {
                device.disableKicks();
            }
            for (int i = 0; i < count && popped < added; i++) {
                DescriptorChain chain = taken[takenCount];
                check(device.pop(chain) && chain.fault() == ChainFault.NONE, "pop");
                checkChain(chain, popped);
                takenTokens[takenCount++] = popped++;
            }
            check(device.isEmpty() == (popped == added), "empty");
            if (wish == BOTH || wish == ENABLE) {
                device.enableKicks();
            }
        }

        private void checkChain(DescriptorChain chain, int token) {
            check(chain.writableCount() == countOf(token) && chain.readableCount() == 0, "shape");
            for (int i = 0; i < countOf(token); i++) {
                check(chain.segments().base(i)
                        == dataHost + BUFFER_STRIDE_BYTES * (token % CHAINS + i), "address");
                check(chain.segments().lengthBytes(i) == 1 + token % CHAINS % 16, "length");
            }
        }

        /** The newest first, so that older ones stay behind. */
        private void use(int count) {
            for (int i = 0; i < count; i++) {
                int token = takenTokens[--takenCount];
                device.addUsed(taken[takenCount], lengthOf(token));
                used[(usedFirst + usedCount++) % size] = token;
                usedAt += positionsOf(token);
            }
            device.publishUsed();
            if (usedAt == 0) {
                // The first decision stands for an earlier device side as well: not yet.
                return;
            }
            boolean due = callDecisions == 0 ? !isDisabled(config.availAddress())
                    : isDue(config.availAddress(), usedDecided, usedAt);
            check(due == device.needsCall(), "call");
            callDecisions += usedDecided == usedAt ? 0 : 1;
            usedDecided = usedAt;
            calls += due ? 1 : 0;
        }

        private void poll(int count) {
            int wish = random.nextInt(WISHES);
            if (wish == BOTH || wish == DISABLE) {
                driver.disableCalls();
            }
            for (int i = 0; i < count; i++) {
                int token = used[usedFirst];
                usedFirst = (usedFirst + 1) % size;
                usedCount--;
                check(driver.pollUsed() == token, "token");
                check(driver.lastUsedBytes() == lengthOf(token), "used length");
                freeDescriptors += countOf(token);
                polled++;
            }
            check(driver.hasUsed() == usedCount > 0, "has used");
            if (wish == BOTH || wish == ENABLE) {
                driver.enableCalls();
            }
        }

        // -------------------------------------------------------------- the formula

        private boolean isDisabled(long area) {
            return packed && ram.get16(area + 2) == PackedFields.DISABLE;
        }

        /** Whether the side that wrote this area wants to hear of these positions. */
        private boolean isDue(long area, long from, long to) {
            if (from == to) {
                return false;
            }
            return packed ? isDuePacked(area, from, to) : isDueSplit(area, from, to);
        }

        /** vring_need_event of virtio 1.3, 2.7.10, in 16 bits; the index lies behind the ring. */
        private boolean isDueSplit(long area, long from, long to) {
            int elementBytes = area == config.availAddress() ? 2 : 8;
            int event = ram.get16(area + 4 + (long) elementBytes * size);
            return (to - event - 1 & INDEX_MASK) < (to - from & INDEX_MASK);
        }

        /** The same for offset and wrap counter: one of the round before lies a ring behind. */
        private boolean isDuePacked(long area, long from, long to) {
            int flags = ram.get16(area + 2);
            if (flags != PackedFields.DESC) {
                return flags == PackedFields.ENABLE;
            }
            int offWrap = ram.get16(area);
            boolean wrap = to / size % 2 == 0;
            int next = (int) (to % size);
            int event = (offWrap & 0x7FFF) - ((offWrap & 0x8000) != 0 == wrap ? 0 : size);
            return (next - event - 1 & INDEX_MASK) < (to - from & INDEX_MASK);
        }

        private static void check(boolean right, String what) {
            if (!right) {
                throw new AssertionError(what);
            }
        }

        @Override
        public void close() {
            iovecs.close();
            ram.close();
        }
    }
}
