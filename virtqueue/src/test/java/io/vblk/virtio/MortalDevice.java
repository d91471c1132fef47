// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A device side that dies again and again while it serves a naive driver, also between two stores;
 * the next one has the ring, the record of chains under way and what QEMU would guess of the base.
 *
 * <p>A death between stores: what an operation changes is found by comparing memory before and
 * after, its stores are put in the order that the record's protocol has, and only the first of
 * them are done.
 */
final class MortalDevice implements AutoCloseable {
    private static final long SEED = 20261127;
    private static final int NO_TEAR = Integer.MAX_VALUE;
    private static final int RING_RANK_SPLIT = 2;
    private static final int RING_RANK_PACKED = 3;

    private final QueueSetup setup;
    private final Random random;
    private final GuestRam ram;
    private final long ringBytes;
    private final VirtqueueConfig config;
    private final MappedMemory record;
    private final long iovecs;
    private final QueueSides.Driver driver;
    private final List<List<ReferenceDriver.Buffer>> chains;
    private QueueSides.Device device;

    private final Deque<Integer> available = new ArrayDeque<>();
    /** Taken and not shown as used, in the order of taking: token and the device's id. */
    private final Map<Integer, Integer> taken = new LinkedHashMap<>();
    private final Set<Integer> used = new HashSet<>();
    private final Set<Integer> shown = new HashSet<>();
    private int added;
    private int polled;
    private int deaths;
    private int takenAgain;

    MortalDevice(QueueSetup setup) throws ErrnoException, VirtioException {
        this.setup = setup;
        this.random = new Random(SEED + setup.toString().hashCode());
        this.ram = GuestRam.ofBytes(setup.bytesNeeded());
        VirtqueueConfig rings = setup.packed() ? PackedFields.allocateRings(ram, setup.size())
                : ram.allocateRings(setup.size());
        this.record = MappedMemory.anonymous(
                VirtqueueConfig.inflightBytes(setup.size(), setup.packed()));
        this.config = new VirtqueueConfig(rings.size(), rings.descAddress(),
                rings.availAddress(), rings.usedAddress(), rings.base(), record.address());
        // Allocation goes upwards, so the rings are all that lies below what comes next.
        this.ringBytes = ram.allocate(8, 8);
        this.driver = QueuePair.referenceDriver(ram, rings, setup);
        this.iovecs = ram.allocate(16L * setup.buffersMax(), 8);
        this.chains = setup.chains(ram.allocate(QueueSetup.DATA_BYTES, 64));
        this.device = activate();
    }

    int deaths() {
        return deaths;
    }

    int takenAgain() {
        return takenAgain;
    }

    /** A new device side; a split ring's base is what QEMU reads from it, a packed one's stale. */
    private QueueSides.Device activate() throws VirtioException {
        int base = setup.packed() ? config.base() : ram.usedIdx(config);
        VirtqueueConfig resumed = new VirtqueueConfig(config.size(), config.descAddress(),
                config.availAddress(), config.usedAddress(), base, config.inflightRecord());
        return QueueSides.device(resumed.activate(ram.memory(), setup.features()), ram, iovecs,
                setup.buffersMax());
    }

    void run(int requests) throws VirtioException {
        try {
            while (polled < requests) {
                add(requests);
                take();
                use();
                poll();
                if (random.nextInt(4) == 0) {
                    die();
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(setup + " seed " + SEED + " after " + polled
                    + " requests and " + deaths + " deaths", e);
        }
        assertTrue(taken.isEmpty() && available.isEmpty(), "all came back");
        assertNull(device.pop(), "nothing is left");
    }

    private void add(int requests) {
        int count = random.nextInt(setup.size() + 1);
        for (int i = 0; i < count && added < requests; i++) {
            if (!driver.add(added, buffersOf(added))) {
                break;
            }
            available.add(added++);
        }
        driver.publish();
    }

    private List<ReferenceDriver.Buffer> buffersOf(int token) {
        return chains.get(token % QueueSetup.CHAINS);
    }

    private void take() throws VirtioException {
        int count = random.nextInt(available.size() + 1);
        for (int i = 0; i < count; i++) {
            assertFalse(device.isEmpty(), "empty");
            Image before = random.nextInt(20) == 0 ? new Image() : null;
            ReferenceDevice.Chain chain = device.pop();
            int token = available.removeFirst();
            assertEquals(buffersOf(token), chain.buffers(), "chain");
            taken.put(token, chain.head());
            if (before != null) {
                before.tear(setup.packed() ? MortalDevice::packedTaking
                        : MortalDevice::splitTaking);
                die();
                return;
            }
        }
    }

    private void use() throws VirtioException {
        List<Integer> candidates = new ArrayList<>(taken.keySet());
        candidates.removeAll(used);
        Collections.shuffle(candidates, random);
        int count = random.nextInt(candidates.size() + 1);
        for (int token : candidates.subList(0, count)) {
            used.add(token);
            device.addUsed(taken.get(token), (int) usedLengthOf(token));
        }
        if (random.nextInt(4) == 0) {
            return;
        }
        boolean torn = random.nextInt(4) == 0;
        Image before = torn ? new Image() : null;
        device.publishUsed();
        if (!torn) {
            show();
            return;
        }
        if (before.tear(setup.packed() ? MortalDevice::packedShowing
                : MortalDevice::splitShowing)) {
            show();
        }
        die();
    }

    /** What the driver is shown: all that is used, in order only what has none before it. */
    private void show() {
        Iterator<Integer> each = taken.keySet().iterator();
        while (each.hasNext()) {
            int token = each.next();
            if (used.remove(token)) {
                shown.add(token);
                each.remove();
            } else if (setup.inOrder()) {
                return;
            }
        }
    }

    private long usedLengthOf(int token) {
        return setup.inOrder() ? ReferenceDriver.writableBytes(buffersOf(token)) : token;
    }

    private void poll() {
        while (driver.hasUsed()) {
            ReferenceDriver.Used chain = driver.pollUsed();
            assertTrue(shown.remove(chain.token()), "token " + chain.token());
            assertEquals(usedLengthOf(chain.token()), chain.length(), "length");
            polled++;
        }
        assertEquals(Set.of(), shown, "shown and not seen");
    }

    /** What was taken and not shown comes first again, in the order of taking. */
    private void die() throws VirtioException {
        deaths++;
        takenAgain += taken.size();
        List<Integer> again = new ArrayList<>(taken.keySet());
        Collections.reverse(again);
        again.forEach(available::addFirst);
        taken.clear();
        used.clear();
        device = activate();
        poll();
    }

    @Override
    public void close() {
        ram.close();
        record.close();
    }

    // ------------------------------------------------------------------ order of stores

    /** Place of a store in an operation: by where it is, the ring or an offset of the record. */
    private interface Rank {
        int of(boolean ring, boolean header, int offset);
    }

    private static int splitTaking(boolean ring, boolean header, int offset) {
        return offset >= 8 ? 0 : 1;
    }

    private static int splitShowing(boolean ring, boolean header, int offset) {
        if (ring) {
            return RING_RANK_SPLIT;
        }
        if (header) {
            return offset < 14 ? 1 : 4;
        }
        return offset >= 6 ? 0 : 3;
    }

    private static int packedTaking(boolean ring, boolean header, int offset) {
        if (header) {
            return 5;
        }
        if (offset >= 16) {
            return 2;
        }
        if (offset >= 8) {
            return 0;
        }
        return offset >= 6 ? 4 : offset >= 4 ? 3 : 1;
    }

    private static int packedShowing(boolean ring, boolean header, int offset) {
        if (ring) {
            return RING_RANK_PACKED;
        }
        if (!header) {
            return offset >= 2 ? 0 : 4;
        }
        return switch (offset) {
            case 12, 13 -> 1;
            case 16, 17, 20 -> 2;
            case 14, 15 -> 5;
            default -> 6;
        };
    }

    /** Ring and record at one time. */
    private final class Image {
        private final byte[] ring = new byte[(int) ringBytes];
        private final byte[] log = new byte[(int) record.lengthBytes()];

        Image() {
            NativeMemory.copyToArray(ram.host(0, ringBytes), ring, 0, ring.length);
            NativeMemory.copyToArray(record.address(), log, 0, log.length);
        }

        /** Undoes the last stores since this image; returns whether the ring's one was done. */
        boolean tear(Rank rank) {
            int headerBytes = setup.packed() ? 32 : 16;
            int entryBytes = headerBytes;
            int last = random.nextInt(10) == 0 ? NO_TEAR : random.nextInt(9);
            // Of the stores of one rank some are done, entry by entry.
            int some = random.nextInt();
            Image after = new Image();
            boolean shows = setup.packed() ? RING_RANK_PACKED < last : RING_RANK_SPLIT < last;
            for (int i = 0; i < log.length; i++) {
                boolean header = i < headerBytes;
                int offset = header ? i : (i - headerBytes) % entryBytes;
                int place = rank.of(false, header, offset);
                int entry = header ? 31 : (i - headerBytes) / entryBytes % 31;
                if (log[i] != after.log[i]
                        && (place > last || place == last && (some >> entry & 1) == 0)) {
                    NativeMemory.putByte(record.address() + i, log[i]);
                }
            }
            for (int i = 0; i < ring.length; i++) {
                if (ring[i] != after.ring[i] && !shows) {
                    NativeMemory.putByte(ram.host(i, 1), ring[i]);
                }
            }
            return shows;
        }
    }
}
