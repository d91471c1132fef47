// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.AioTimer;
import io.vblk.aio.EventNotifier;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoThread;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockLimits;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.VirtqueueConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A guest that lays out every descriptor by hand and plays the device's loop step by step.
 * Thread: one. Numbers are the specification's (virtio 1.3, 5.2), not those of the code under test.
 *
 * <pre>
 *   0        rings           0x8000   data, 64 KiB         0x40000   a second, adjoining region
 *   0x4000   header          0x20000  indirect tables      0x100000  a third, alone
 *   0x6000   status                                        0x200000  nothing from here on
 * </pre>
 */
final class HandMadeGuest implements AutoCloseable {
    static final int QUEUE_SIZE = 32;
    /** Queues of the device; only the first one runs. */
    static final int QUEUES = 2;
    static final int SECTOR = 512;
    static final int DISK_SECTORS = 128;
    static final int DISK_BYTES = DISK_SECTORS * SECTOR;

    static final long HEADER = 0x4000;
    static final long STATUS = 0x6000;
    static final long DATA = 0x8000;
    static final long TABLE = 0x20000;
    static final long SECOND_REGION = 0x40000;
    static final long THIRD_REGION = 0x100000;
    static final long THIRD_REGION_END = 0x110000;
    static final long NOWHERE = 0x200000;

    static final int IN = 0;
    static final int OUT = 1;
    static final int FLUSH = 4;
    static final int GET_ID = 8;
    static final int DISCARD = 11;
    static final int WRITE_ZEROES = 13;
    static final int SECURE_ERASE = 14;
    static final int OK = 0;
    static final int IOERR = 1;
    static final int UNSUPP = 2;

    static final long FEATURE_FLUSH = 1L << 9;
    static final long FEATURE_CONFIG_WCE = 1L << 11;
    static final long FEATURE_DISCARD = 1L << 13;
    static final long FEATURE_WRITE_ZEROES = 1L << 14;
    static final long FEATURE_SECURE_ERASE = 1L << 16;
    static final long FEATURE_INDIRECT_DESC = 1L << 28;
    static final long FEATURE_EVENT_IDX = 1L << 29;
    static final long FEATURE_RING_PACKED = 1L << 34;

    static final String SERIAL = "0123456789abcdef";
    /** What guest memory holds before anybody writes to it. */
    static final int UNTOUCHED = 0xEE;
    /** Every request QUEUED, completed on the next iteration. */
    static final Behaviour QUEUED = Behaviour.PLAIN;
    /** Every request COMPLETED by submit. */
    static final Behaviour COMPLETED = new Behaviour(100, 0, 0, 0, false);

    private static final int ITERATIONS_MAX = 1_000;
    private static final long DEADLINE_NS = 20_000_000_000L;
    private static final int ALIVE_SECTOR = 8;
    private static final int ALIVE_BYTES = 4096;

    /** A descriptor of a chain; NEXT comes by itself. */
    record Part(long address, long length, int flags) {
        Part(long address, long length, boolean writable) {
            this(address, length, writable ? GuestRam.WRITE : 0);
        }
    }

    /** An element of the used ring. */
    record Used(int id, int length) {}

    final GuestRam ram = GuestRam.ofRegions(
            0, SECOND_REGION, SECOND_REGION, 0x10000, THIRD_REGION, 0x10000);
    /** The packed ring, or null if it is a split one. */
    final PackedByHand packed;
    final VirtqueueConfig queue;
    /** What the driver took. */
    final long features;
    final IoThread loop;
    final EventNotifier kick = EventNotifier.create();
    final EventNotifier call = EventNotifier.create();
    final SimulatedBackend disk;
    final WatchedDisk watch;
    final VirtioBlkDevice device;
    private final ContractFilter contract;
    private final AioTimer deadline;
    private final boolean indirect;
    private int usedSeen;

    /** A started guest with a split ring. */
    HandMadeGuest(BlockLimits limits, Behaviour behaviour, long leftOut, boolean indirect)
            throws Exception {
        this(false, limits, behaviour, leftOut, indirect);
    }

    /**
     * A started guest.
     *
     * @param packed whether its ring is a packed one
     * @param leftOut features that the driver does not take
     * @param indirect whether {@link #send} puts chains into a table
     */
    HandMadeGuest(boolean packed, BlockLimits limits, Behaviour behaviour, long leftOut,
            boolean indirect) throws Exception {
        this(AioOptions.of(PollingOptions.OFF), CallCoalescing.OFF, packed, limits, behaviour,
                leftOut, indirect);
    }

    private HandMadeGuest(AioOptions options, CallCoalescing coalescing, boolean isPacked,
            BlockLimits limits, Behaviour behaviour, long leftOut, boolean indirect)
            throws Exception {
        this.indirect = indirect;
        packed = isPacked ? new PackedByHand(ram) : null;
        queue = isPacked ? packed.queue : ram.allocateRings(QUEUE_SIZE);
        loop = IoThread.adoptCurrent(options);
        deadline = loop.context().timer("deadline", () -> {
            throw new AssertionError("the test hangs"
                    + (isPacked ? "" : ": " + ram.describe(queue)));
        });
        deadline.modify(loop.context().nanoTime() + DEADLINE_NS);
        disk = new SimulatedBackend(loop.context(), limits, 1, behaviour);
        NativeMemory.copyFromArray(pattern(), 0, disk.address(), DISK_BYTES);
        watch = new WatchedDisk(disk);
        contract = new ContractFilter(watch, loop.context());
        device = new VirtioBlkDevice(new VirtioBlkOptions(SERIAL, QUEUES, QUEUE_SIZE, List.of(),
                false, coalescing), loop, contract);
        features = device.features() & ~leftOut & (isPacked ? -1 : ~FEATURE_RING_PACKED);
        device.acknowledgeFeatures(features);
        long free = HEADER;
        for (int i = 0; i < ram.memory().regionCount(); i++) {
            long end = ram.memory().region(i).guestAddress() + ram.memory().region(i).lengthBytes();
            long from = Math.max(free, ram.memory().region(i).guestAddress());
            NativeMemory.fill(ram.host(from, end - from), end - from, UNTOUCHED);
        }
        device.startQueue(0, ram.memory(), queue, kick, call);
    }

    /** A guest with an ordinary disk of 512-byte blocks. */
    static HandMadeGuest ordinary(Behaviour behaviour, boolean indirect) throws Exception {
        return new HandMadeGuest(limits(SECTOR, false), behaviour, 0, indirect);
    }

    /** A guest whose loop polls on a given clock. */
    static HandMadeGuest polling(PollingOptions polling, NanoClock clock, long leftOut)
            throws Exception {
        return new HandMadeGuest(new AioOptions(polling, FdMonitorKind.AUTO, 64, clock),
                CallCoalescing.OFF, false, limits(SECTOR, false), COMPLETED, leftOut, false);
    }

    /** A guest whose device holds calls back on a given clock, and whose disk waits for us. */
    static HandMadeGuest coalescing(CallCoalescing coalescing, NanoClock clock, long leftOut)
            throws Exception {
        return new HandMadeGuest(new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 64, clock),
                coalescing, false, limits(SECTOR, false), Behaviour.ON_DEMAND, leftOut, false);
    }

    static BlockLimits limits(int blockBytes, boolean readOnly) {
        return new BlockLimits(DISK_BYTES, blockBytes, 4096, 0, readOnly, !readOnly, !readOnly);
    }

    /** The disk's first contents: no two sectors are alike. */
    static byte[] pattern() {
        byte[] bytes = new byte[DISK_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i / SECTOR * 31 + i * 7 + 1);
        }
        return bytes;
    }

    // ------------------------------------------------------------------ laying out

    static Part readable(long address, long length) {
        return new Part(address, length, false);
    }

    static Part writable(long address, long length) {
        return new Part(address, length, true);
    }

    /** Writes a request header at {@link #HEADER}. */
    void header(int type, long sector) {
        headerAt(HEADER, type, sector);
    }

    void headerAt(long address, int type, long sector) {
        ram.putBytes(address, 4, type);
        ram.putBytes(address + 4, 4, 0x5A5A5A5A);
        ram.putBytes(address + 8, 8, sector);
    }

    /** Writes one segment of DISCARD and its like as number {@code index} at {@link #DATA}. */
    void segment(int index, long sector, long sectors, int flags) {
        long at = DATA + 16L * index;
        ram.putBytes(at, 8, sector);
        ram.putBytes(at + 8, 4, sectors);
        ram.putBytes(at + 12, 4, flags);
    }

    /** Makes a chain of these parts available, head 0, in a table if this guest uses them. */
    void send(Part... parts) {
        if (indirect) {
            layTable(TABLE, parts);
            sendTable(TABLE, 16L * parts.length, GuestRam.INDIRECT);
        } else {
            sendAs(0, parts);
        }
    }

    /** Makes a chain available in the ring itself, which starts at this head or has this id. */
    void sendAs(int head, Part... parts) {
        if (packed != null) {
            packed.offer(head, parts);
        } else {
            lay(queue.descAddress(), head, parts);
            offer(head);
        }
    }

    /** Makes a descriptor of a table available, head 0. */
    void sendTable(long table, long bytes, int flags) {
        sendAs(0, new Part(table, bytes, flags));
    }

    /** Writes a table; a split ring's entries are linked, a packed one's just lie in order. */
    void layTable(long table, Part... parts) {
        if (packed == null) {
            lay(table, 0, parts);
            return;
        }
        for (int i = 0; i < parts.length; i++) {
            ram.putDescriptor(
                    table, i, parts[i].address(), parts[i].length(), 0, parts[i].flags());
        }
    }

    /** Makes an IN of one sector available that takes three descriptors of its own. */
    void sendRead(int number) {
        long header = HEADER + 32L * number;
        headerAt(header, IN, number % DISK_SECTORS);
        sendAs(3 * number % (QUEUE_SIZE - 2), readable(header, 16),
                writable(DATA + (long) SECTOR * number, SECTOR), writable(header + 16, 1));
    }

    /** A READ of {@link #sendRead} was served with the right data. */
    void assertRead(int number) {
        assertEquals(OK, ram.get8(HEADER + 32L * number + 16), "status of read " + number);
        int from = number % DISK_SECTORS * SECTOR;
        assertArrayEquals(Arrays.copyOfRange(pattern(), from, from + SECTOR),
                bytes(DATA + (long) SECTOR * number, SECTOR), "data of read " + number);
    }

    /** Writes a chain into a table, from entry {@code first} on. */
    void lay(long table, int first, Part... parts) {
        for (int i = 0; i < parts.length; i++) {
            int flags = (i + 1 < parts.length ? GuestRam.NEXT : 0) | parts[i].flags();
            ram.putDescriptor(table, first + i, parts[i].address(), parts[i].length(), flags,
                    first + i + 1);
        }
    }

    /** Makes a head available, without a kick. */
    void offer(int head) {
        int idx = ram.availIdx(queue);
        ram.putAvail(queue, idx, head);
        ram.putAvailIdx(queue, idx + 1);
    }

    // ------------------------------------------------------------------ running

    /** Kicks and runs the loop until it has nothing left to do; returns what was used. */
    List<Used> serve() {
        kick.set();
        return run();
    }

    /** Ends the requests that are under way, the oldest first, and runs the loop. */
    List<Used> complete(int requests) {
        for (int i = 0; i < requests; i++) {
            loop.context().execute("disk", () -> assertTrue(disk.completeOne()));
        }
        return run();
    }

    /** Runs the loop until it has nothing left to do; returns what was used. */
    List<Used> run() {
        int iterations = 0;
        while (loop.context().poll(false)) {
            assertTrue(++iterations < ITERATIONS_MAX, "the loop does not come to rest");
        }
        if (packed != null) {
            return packed.takeUsed();
        }
        List<Used> used = new ArrayList<>();
        while (usedSeen != ram.usedIdx(queue)) {
            used.add(new Used(ram.usedId(queue, usedSeen), ram.usedLength(queue, usedSeen)));
            usedSeen = (usedSeen + 1) & 0xFFFF;
        }
        return used;
    }

    byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        NativeMemory.copyToArray(ram.host(address, length), bytes, 0, length);
        return bytes;
    }

    byte[] diskBytes() {
        byte[] bytes = new byte[DISK_BYTES];
        NativeMemory.copyToArray(disk.address(), bytes, 0, DISK_BYTES);
        return bytes;
    }

    /** All guest memory from {@link #HEADER} on, region after region. */
    byte[][] snapshot() {
        byte[][] regions = new byte[ram.memory().regionCount()][];
        for (int i = 0; i < regions.length; i++) {
            long from = i == 0 ? HEADER : ram.memory().region(i).guestAddress();
            long end = ram.memory().region(i).guestAddress() + ram.memory().region(i).lengthBytes();
            regions[i] = bytes(from, (int) (end - from));
        }
        return regions;
    }

    /** Changes a snapshot as if these bytes had been written. */
    static void write(byte[][] snapshot, long address, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            long at = address + i;
            if (at >= THIRD_REGION) {
                snapshot[2][(int) (at - THIRD_REGION)] = bytes[i];
            } else if (at >= SECOND_REGION) {
                snapshot[1][(int) (at - SECOND_REGION)] = bytes[i];
            } else {
                snapshot[0][(int) (at - HEADER)] = bytes[i];
            }
        }
    }

    /** Starts the queue again where it was stopped. */
    void start(int base) throws Exception {
        device.startQueue(0, ram.memory(), new VirtqueueConfig(queue.size(), queue.descAddress(),
                queue.availAddress(), queue.usedAddress(), base), kick, call);
    }

    /** A good request has its answer. */
    void assertAlive() {
        long header = THIRD_REGION;
        long status = THIRD_REGION + 16;
        long data = THIRD_REGION + ALIVE_BYTES;
        headerAt(header, IN, ALIVE_SECTOR);
        ram.put8(status, UNTOUCHED);
        byte[] expected = new byte[ALIVE_BYTES];
        NativeMemory.copyToArray(
                disk.address() + ALIVE_SECTOR * SECTOR, expected, 0, ALIVE_BYTES);
        sendAs(1, readable(header, 16), writable(data, ALIVE_BYTES), writable(status, 1));
        assertEquals(List.of(new Used(1, ALIVE_BYTES + 1)), serve(), "a good request afterwards");
        assertEquals(OK, ram.get8(status));
        assertArrayEquals(expected, bytes(data, ALIVE_BYTES));
    }

    @Override
    public void close() {
        device.close();
        deadline.cancel();
        contract.close();
        loop.close();
        kick.close();
        call.close();
        ram.close();
    }
}
