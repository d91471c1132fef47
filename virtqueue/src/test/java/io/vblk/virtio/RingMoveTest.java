// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A guest that is moved again and again, requests in flight: its memory is copied to another host
 * address, and a new device side goes on from the base of the old one. Each side works when it is
 * notified only, so that a notification lost on the way stops them both.
 */
class RingMoveTest {
    private static final int[] SPLIT_SIZES = {1, 2, 4, 16, 64, 256};
    private static final int[] PACKED_SIZES = {1, 2, 3, 7, 16, 100, 256};
    private static final int REQUESTS = 1_000;
    /** Once around the 16-bit indices of a split ring. */
    private static final int REQUESTS_AROUND = 66_000;

    static List<QueueSetup> setups() {
        List<QueueSetup> all = new ArrayList<>();
        for (int size : SPLIT_SIZES) {
            all.addAll(QueueSetup.ofSize(false, size, true));
        }
        for (int size : PACKED_SIZES) {
            all.addAll(QueueSetup.ofSize(true, size, true));
        }
        return all;
    }

    static List<QueueSetup> setupsAroundTheIndices() {
        List<QueueSetup> some = new ArrayList<>();
        for (int size : new int[] {2, 16, 256}) {
            some.add(new QueueSetup(false, size, true, ChainLayout.DIRECT, size == 16));
        }
        return some;
    }

    @ParameterizedTest
    @MethodSource("setups")
    void losesNothingOnTheWay(QueueSetup setup) throws Exception {
        run(setup, REQUESTS);
    }

    @ParameterizedTest
    @MethodSource("setupsAroundTheIndices")
    void losesNothingAroundTheIndices(QueueSetup setup) throws Exception {
        Guest guest = run(setup, REQUESTS_AROUND);
        assertTrue(guest.movesNearIndexEnd > 0, "moved near the end of the indices");
    }

    private static Guest run(QueueSetup setup, int requests) throws Exception {
        try (Guest guest = new Guest(setup, requests)) {
            guest.run();
            assertTrue(guest.moves > 20 && guest.movesInFlight > 10,
                    guest.moves + " moves, " + guest.movesInFlight + " with requests in flight");
            // Without a long run of moves in one round both wrap counters were carried on.
            assertEquals(setup.packed() ? 2 : 1, Arrays.stream(guest.movesByWrap)
                    .filter(count -> count > 0).count(), "wrap counters that were moved");
            return guest;
        }
    }

    /** Driver, device and the memory that both of them are in at the moment. Thread: one. */
    private static final class Guest implements AutoCloseable {
        private static final long SEED = 1971;
        private static final int BUFFER_BYTES = 8;
        /** A new device takes so many chains at most before its guest is moved. */
        private static final int CHAINS_PER_STAY = 40;

        private final QueueSetup setup;
        private final int requests;
        private final long seed;
        private final Random random;
        private final long ramBytes;
        private final long data;
        private final MappedMemory iovecs;
        private final QueueSides.MovableDriver driver;
        private final Deque<Integer> freeAreas = new ArrayDeque<>();
        /** By token: its area, and whether it came back. */
        private final int[] areas;
        private final boolean[] finished;
        private GuestRam ram;
        private GuestRam other;
        private VirtqueueConfig config;
        private Virtqueue device;
        private boolean kicked = true;
        private boolean called;
        private int added;
        private int popped;
        private int polled;
        private int stay;
        private int moves;
        private int movesInFlight;
        private int movesNearIndexEnd;
        private final int[] movesByWrap = new int[2];

        Guest(QueueSetup setup, int requests) throws ErrnoException, VirtioException {
            this.setup = setup;
            this.requests = requests;
            this.seed = SEED + setup.toString().hashCode();
            this.random = new Random(seed);
            long tables = 16L * setup.buffersMax() * setup.size();
            long areaBytes = (long) BUFFER_BYTES * setup.buffersMax() * setup.size();
            this.ramBytes = (16L * setup.size() * 2 + tables + areaBytes + 3 * GuestRam.PAGE)
                    / GuestRam.PAGE * GuestRam.PAGE;
            this.ram = GuestRam.ofBytes(ramBytes);
            this.other = GuestRam.ofBytes(ramBytes);
            this.data = ram.allocate(areaBytes, 8);
            this.config = setup.packed() ? PackedFields.allocateRings(ram, setup.size())
                    : ram.allocateRings(setup.size());
            this.driver = QueuePair.referenceDriver(ram, config, setup);
            this.iovecs = MappedMemory.anonymous(16L * setup.buffersMax() * setup.size());
            this.areas = new int[requests];
            this.finished = new boolean[requests];
            for (int i = 0; i < setup.size(); i++) {
                freeAreas.add(i);
            }
            this.device = config.activate(ram.memory(), setup.features());
            this.stay = CHAINS_PER_STAY;
        }

        void run() throws VirtioException {
            try {
                while (polled < requests) {
                    boolean works = drive();
                    works |= serve();
                    works |= called;
                    assertTrue(works, "both sides sleep over work");
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(setup + " seed " + seed + " after " + polled
                        + " requests and " + moves + " moves", e);
            }
            assertEquals(requests, popped, "chains taken, each once");
        }

        // -------------------------------------------------------------- the guest

        private boolean drive() {
            boolean works = false;
            if (called) {
                called = false;
                works = true;
                driver.disableCalls();
                do {
                    while (driver.hasUsed()) {
                        finish(driver.pollUsed());
                    }
                    driver.enableCalls();
                } while (driver.hasUsed());
            }
            int count = 1 + random.nextInt(setup.size());
            for (int i = 0; i < count && added < requests; i++) {
                int area = freeAreas.isEmpty() ? -1 : freeAreas.getFirst();
                if (area < 0 || !driver.add(added, buffersOf(added, area))) {
                    break;
                }
                write(added, area);
                freeAreas.removeFirst();
                areas[added++] = area;
                works = true;
            }
            kicked |= driver.publish();
            return works;
        }

        private List<Buffer> buffersOf(int token, int area) {
            int count = setup.countOf(token);
            List<Buffer> buffers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                buffers.add(new Buffer(addressOf(area, i), BUFFER_BYTES, i + 1 == count));
            }
            return buffers;
        }

        private long addressOf(int area, int buffer) {
            return data + (long) BUFFER_BYTES * (area * setup.buffersMax() + buffer);
        }

        /** A request says in each of its buffers who it is; the last one becomes its answer. */
        private void write(int token, int area) {
            for (int i = 0; i < setup.countOf(token); i++) {
                ram.put64(addressOf(area, i), textOf(token, i));
            }
        }

        private static long textOf(int token, int buffer) {
            return (long) buffer << 32 | token;
        }

        private void finish(ReferenceDriver.Used used) {
            int token = used.token();
            assertTrue(token < added && !finished[token], "request " + token + " comes twice");
            finished[token] = true;
            assertEquals(BUFFER_BYTES, used.length());
            int last = setup.countOf(token) - 1;
            for (int i = 0; i < last; i++) {
                assertEquals(textOf(token, i), ram.get64(addressOf(areas[token], i)));
            }
            assertEquals(~textOf(token, last), ram.get64(addressOf(areas[token], last)));
            freeAreas.addLast(areas[token]);
            polled++;
        }

        // -------------------------------------------------------------- the device

        private boolean serve() throws VirtioException {
            if (!kicked) {
                return false;
            }
            kicked = false;
            if (stay <= 0) {
                // Stopped between the kick and the first look.
                move();
                return true;
            }
            do {
                device.disableKicks();
                stay -= answer(1 + random.nextInt(Math.max(1, stay)));
                boolean stops = stay <= 0 && random.nextBoolean();
                if (!stops || random.nextBoolean()) {
                    called |= device.needsCall();
                }
                if (stops) {
                    // At times without the call, which the new device makes up for.
                    move();
                    return true;
                }
                device.enableKicks();
            } while (!device.isEmpty());
            return true;
        }

        private int answer(int countMax) throws VirtioException {
            List<DescriptorChain> chains = new ArrayList<>();
            while (chains.size() < Math.min(countMax, setup.size())) {
                DescriptorChain chain = new DescriptorChain(new IovecArray(iovecs.address()
                        + 16L * setup.buffersMax() * chains.size(), setup.buffersMax()));
                if (!device.pop(chain)) {
                    break;
                }
                answer(chain, popped++);
                chains.add(chain);
            }
            Collections.shuffle(chains, random);
            for (DescriptorChain chain : chains) {
                device.addUsed(chain, BUFFER_BYTES);
            }
            device.publishUsed();
            return chains.size();
        }

        private void answer(DescriptorChain chain, int token) {
            assertEquals(ChainFault.NONE, chain.fault());
            int last = setup.countOf(token) - 1;
            assertEquals(last, chain.readableCount());
            assertEquals(1, chain.writableCount());
            for (int i = 0; i <= last; i++) {
                long host = chain.segments().base(i);
                assertEquals(ram.host(addressOf(areas[token], i), BUFFER_BYTES), host);
                assertEquals(textOf(token, i), NativeMemory.getLong(host));
            }
            NativeMemory.putLong(chain.segments().base(last), ~textOf(token, last));
        }

        // -------------------------------------------------------------- the move

        private void move() throws VirtioException {
            int base = device.base();
            moves++;
            movesInFlight += popped < added ? 1 : 0;
            if (setup.packed()) {
                assertEquals(base >>> 16, base & 0xFFFF, "all that was popped is used");
                movesByWrap[base >>> 15 & 1]++;
            } else {
                assertEquals(popped & 0xFFFF, base);
                movesByWrap[0]++;
                movesNearIndexEnd += Math.min(base, 0x10000 - base) < CHAINS_PER_STAY ? 1 : 0;
            }
            long from = ram.host(0, ramBytes);
            long to = other.host(0, ramBytes);
            assertNotEquals(from, to);
            NativeMemory.copy(from, to, ramBytes);
            // Whoever still looks there finds nonsense.
            NativeMemory.fill(from, ramBytes, 0xA5);
            GuestRam left = ram;
            ram = other;
            other = left;
            driver.moveTo(ram);
            config = new VirtqueueConfig(setup.size(), config.descAddress(),
                    config.availAddress(), config.usedAddress(), base);
            device = config.activate(ram.memory(), setup.features());
            stay = 1 + random.nextInt(CHAINS_PER_STAY);
            // A new device looks for itself, and calls for what the old one may have used.
            kicked = true;
            called |= device.needsCall();
        }

        @Override
        public void close() {
            iovecs.close();
            ram.close();
            other.close();
        }
    }
}
