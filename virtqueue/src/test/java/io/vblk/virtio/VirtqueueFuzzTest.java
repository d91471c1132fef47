// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A guest that writes anything anywhere: only VirtioException may come out of a queue, and every
 * segment lies inside of guest memory. Each round has its own seed, printed when it fails;
 * {@code -Dfuzz.seed=N} begins with that one, {@code -Dfuzz.seconds=N} goes on for so long.
 */
class VirtqueueFuzzTest {
    private static final long SECONDS = Long.getLong("fuzz.seconds", 2);
    private static final long FIRST_SEED = Long.getLong("fuzz.seed", System.nanoTime());
    /** How long a single round may take on a very slow machine before it counts as endless. */
    private static final int ENDLESS_MINUTES = 10;

    private static final long REGION = 0x10000;
    private static final long ISLAND = 0x80000;
    private static final long TABLES = 0x4000;
    private static final int TABLES_BYTES = 0x1000;
    private static final int SEGMENTS_MAX = 40;
    private static final int STEPS = 200;

    @Test
    @Timeout(value = ENDLESS_MINUTES, unit = TimeUnit.MINUTES,
            threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void onlyVirtioExceptionsAndSegmentsInsideOfMemory() throws ErrnoException {
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try (GuestRam ram = GuestRam.ofRegions(0, REGION, REGION, REGION, ISLAND, REGION);
                MappedMemory iovecs = MappedMemory.anonymous(16L * SEGMENTS_MAX)) {
            long seed = FIRST_SEED;
            do {
                try {
                    new Round(ram, iovecs, new Random(seed)).run();
                } catch (VirtioException | RuntimeException | AssertionError e) {
                    throw new AssertionError("-Dfuzz.seed=" + seed, e);
                }
                seed++;
            } while (System.nanoTime() < deadlineNs);
        }
    }

    /** One queue and what a mad guest does to it. */
    private static final class Round {
        private final GuestRam ram;
        private final Random random;
        private final VirtqueueConfig rings;
        private final Virtqueue queue;
        private final IovecArray segments;
        private final Deque<DescriptorChain> held = new ArrayDeque<>();

        Round(GuestRam ram, MappedMemory iovecs, Random random) throws VirtioException {
            this.ram = ram;
            this.random = random;
            int size = 1 << random.nextInt(9);
            long features = random.nextBoolean() ? VirtioFeatures.EVENT_IDX : 0;
            features |= random.nextInt(4) > 0 ? VirtioFeatures.INDIRECT_DESC : 0;
            this.rings = new VirtqueueConfig(size, 0, 0x2000, 0x3000, random.nextInt(0x10000));
            this.segments = new IovecArray(iovecs.address(), 1 + random.nextInt(SEGMENTS_MAX));
            for (long at = 0; at < TABLES + TABLES_BYTES; at += 8) {
                ram.put64(at, random.nextInt(8) == 0 ? random.nextLong() : 0);
            }
            for (long at = REGION - 64; at < REGION + 64; at += 8) {
                ram.put64(at, 0);
            }
            ram.putAvailIdx(rings, rings.base());
            for (int i = 0; i < 4 * size; i++) {
                mutate();
            }
            this.queue = rings.activate(ram.memory(), features);
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                publish();
                try {
                    // Nothing moves the index meanwhile, so a full ring is the most there can be.
                    int from = queue.base();
                    while (popOne()) {
                        int popped = queue.base() - from & 0xFFFF;
                        assertTrue(popped <= rings.size(), "more chains than the ring holds");
                        mutate();
                    }
                } catch (VirtioException e) {
                    return;
                }
                settle();
            }
        }

        private void publish() {
            int ahead = random.nextInt(50) == 0 ? random.nextInt(0x10000)
                    : random.nextInt(rings.size() + 1);
            ram.putAvailIdx(rings, queue.base() + ahead & 0xFFFF);
        }

        private boolean popOne() throws VirtioException {
            boolean empty = random.nextBoolean() && queue.isEmpty();
            DescriptorChain chain = new DescriptorChain(segments);
            int base = queue.base();
            if (!queue.pop(chain)) {
                return false;
            }
            assertTrue(!empty, "popped from an empty ring");
            assertEquals(base + 1 & 0xFFFF, queue.base(), "one step");
            check(chain);
            held.add(chain);
            return true;
        }

        private void check(DescriptorChain chain) {
            int count = chain.readableCount() + chain.writableCount();
            assertTrue(count <= segments.capacity(), "room");
            long readable = 0;
            long writable = 0;
            for (int i = 0; i < count; i++) {
                assertTrue(inside(segments.base(i), segments.lengthBytes(i)), "inside");
                assertTrue(segments.lengthBytes(i) > 0, "not empty");
                if (i < chain.readableCount()) {
                    readable += segments.lengthBytes(i);
                } else {
                    writable += segments.lengthBytes(i);
                }
            }
            assertEquals(readable, chain.readableBytes(), "readable bytes");
            assertEquals(writable, chain.writableBytes(), "writable bytes");
            long last = chain.lastWritableByte();
            assertTrue(last == 0 || chain.writableCount() > 0 && inside(last, 1), "last byte");
            ChainFault fault = chain.fault();
            boolean usable = fault == ChainFault.NONE || fault == ChainFault.OUTSIDE_MEMORY
                    || fault == ChainFault.READABLE_AFTER_WRITABLE;
            assertTrue(usable || count == 0, "nothing left of a broken chain");
        }

        private boolean inside(long host, long length) {
            return VirtqueueFuzzTest.inside(ram.memory(), host, length);
        }

        private void settle() {
            for (int i = random.nextInt(held.size() + 1); i > 0; i--) {
                DescriptorChain chain = random.nextBoolean() ? held.pollFirst() : held.pollLast();
                queue.addUsed(chain, random.nextInt());
            }
            queue.publishUsed();
            queue.needsCall();
            if (random.nextBoolean()) {
                queue.disableKicks();
            } else {
                queue.enableKicks();
            }
        }

        /** Writes one descriptor, one head, or just some byte of the rings or a table. */
        private void mutate() {
            switch (random.nextInt(6)) {
                case 0, 1 -> descriptor(rings.descAddress(), rings.size());
                case 2, 3 -> {
                    int entries = TABLES_BYTES / 16;
                    // Some of them at the border of two regions, off by any number of bytes.
                    boolean border = random.nextInt(3) == 0;
                    descriptor(border ? REGION - random.nextInt(64) : TABLES, border ? 4 : entries);
                }
                case 4 -> ram.putAvail(rings, random.nextInt(0x10000),
                        random.nextInt(10) == 0 ? random.nextInt(0x10000)
                                : random.nextInt(rings.size()));
                default -> {
                    long at = random.nextInt((int) TABLES + TABLES_BYTES);
                    // Not the index itself: publish() does that where it may fail.
                    if (at < rings.availAddress() + 2 || at >= rings.availAddress() + 4) {
                        ram.put8(at, random.nextInt());
                    }
                }
            }
        }

        private void descriptor(long table, int entries) {
            int flags = random.nextInt(20) == 0 ? random.nextInt(0x10000) : random.nextInt(4);
            long address = address();
            long length = random.nextInt(4) == 0 ? 16L * random.nextInt(40) : length();
            if (random.nextInt(4) == 0) {
                flags = GuestRam.INDIRECT | random.nextInt(20) / 19;
                address = random.nextBoolean() ? TABLES + 16L * random.nextInt(16)
                        : REGION - random.nextInt(64);
            }
            int next = random.nextInt(20) == 0 ? random.nextInt(0x10000)
                    : random.nextInt(entries + 1);
            ram.putDescriptor(table, random.nextInt(entries), address, length, flags, next);
        }

        private long address() {
            long near = random.nextInt(64) - 32;
            return switch (random.nextInt(8)) {
                case 0 -> random.nextLong();
                case 1 -> near;
                case 2 -> REGION + near;
                case 3 -> 2 * REGION + near;
                case 4 -> ISLAND + near;
                case 5 -> ISLAND + REGION + near;
                default -> random.nextInt((int) (2 * REGION));
            };
        }

        private long length() {
            return switch (random.nextInt(8)) {
                case 0 -> random.nextInt() & 0xFFFFFFFFL;
                case 1 -> 0xFFFFFFFFL - random.nextInt(32);
                case 2 -> REGION + random.nextInt(64) - 32;
                case 3 -> 0;
                default -> random.nextInt(64);
            };
        }
    }

    private static boolean inside(GuestMemory memory, long host, long length) {
        for (int i = 0; i < memory.regionCount(); i++) {
            MemoryRegion region = memory.region(i);
            long offset = host - region.hostAddress();
            if (offset >= 0 && offset < region.lengthBytes()
                    && length >= 0 && length <= region.lengthBytes() - offset) {
                return true;
            }
        }
        return false;
    }

    // ------------------------------------------------------------------ another thread

    private static final int RACING_POPS = 200_000;

    /** Written by the test, read by the racing guest. */
    private volatile boolean racing = true;

    @Test
    void readsNothingTwiceWhileTheGuestRewritesIt() throws InterruptedException {
        try (ChainRig rig = new ChainRig(8, SEGMENTS_MAX, VirtioFeatures.INDIRECT_DESC)) {
            Thread guest = new Thread(() -> rewrite(rig), "racing-guest");
            guest.start();
            try {
                for (int i = 0; i < RACING_POPS; i++) {
                    rig.pop(i % 4);
                    IovecArray segments = rig.chain.segments();
                    int count = rig.chain.readableCount() + rig.chain.writableCount();
                    for (int s = 0; s < count; s++) {
                        assertTrue(inside(rig.ram.memory(), segments.base(s),
                                segments.lengthBytes(s)), "pop " + i);
                    }
                    rig.use(0);
                }
            } finally {
                racing = false;
                guest.join();
            }
        }
    }

    /** Chains of direct descriptors and of a table across two regions, good and bad in turn. */
    private void rewrite(ChainRig rig) {
        long table = ChainRig.REGION - 24;
        for (int i = 0; racing; i++) {
            boolean good = (i & 8) == 0;
            long address = good ? 0x8000 : ChainRig.END - 1;
            int length = good ? 64 : 0x7FFFFFFF;
            int index = i & 7;
            if (index < 4) {
                rig.put(index, address, length, good ? GuestRam.NEXT : 0, good ? 3 : 0xFFFF);
            } else {
                rig.ram.putDescriptor(table, index & 1, address, length, GuestRam.NEXT,
                        good ? 1 : 2);
                rig.put(3, table, good ? 32 : 0x7FFFFFF0, GuestRam.INDIRECT, 0);
            }
        }
    }
}
