// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.NativeMemory;

/**
 * Guest memory to lay out descriptors and rings in by hand, for tests; addresses are the guest's.
 * Thread: any. The constants are copied from the specification (virtio 1.3, 2.7), not from the
 * code under test.
 */
public final class GuestRam implements AutoCloseable {
    /** Size of a page, the granularity of regions, in bytes. */
    public static final long PAGE = 4096;

    /** VIRTQ_DESC_F_NEXT. */
    public static final int NEXT = 1;
    /** VIRTQ_DESC_F_WRITE. */
    public static final int WRITE = 2;
    /** VIRTQ_DESC_F_INDIRECT. */
    public static final int INDIRECT = 4;

    private final GuestMemory memory;
    private long free;

    private GuestRam(GuestMemory memory) {
        this.memory = memory;
        this.free = memory.region(0).guestAddress();
    }

    /** One region from address 0. */
    public static GuestRam ofBytes(long lengthBytes) {
        return ofRegions(0, lengthBytes);
    }

    /** Several regions: guest address and length of the first one, of the second one, ... */
    public static GuestRam ofRegions(long... addressesAndLengths) {
        MemoryRegion[] regions = new MemoryRegion[addressesAndLengths.length / 2];
        try {
            for (int i = 0; i < regions.length; i++) {
                regions[i] = MemoryRegion.allocate(
                        addressesAndLengths[2 * i], addressesAndLengths[2 * i + 1]);
            }
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
        return new GuestRam(GuestMemory.of(regions));
    }

    /** Memory that exists already; closed with this. */
    public static GuestRam of(GuestMemory memory) {
        return new GuestRam(memory);
    }

    /** The memory itself. */
    public GuestMemory memory() {
        return memory;
    }

    /** Takes the next free bytes of the first region; nothing is ever given back. */
    public long allocate(long lengthBytes, long alignment) {
        long address = (free + alignment - 1) / alignment * alignment;
        free = address + lengthBytes;
        host(address, lengthBytes);
        return address;
    }

    /** Takes the memory of a split queue, its three areas one after the other, base 0. */
    public VirtqueueConfig allocateRings(int size) {
        long desc = allocate(16L * size, 16);
        long avail = allocate(6 + 2L * size, 2);
        long used = allocate(6 + 8L * size, 4);
        return new VirtqueueConfig(size, desc, avail, used, 0);
    }

    /** Host address of a range that has to lie in one region. */
    public long host(long address, long lengthBytes) {
        long host = memory.hostAddress(address, lengthBytes);
        if (host == GuestMemory.UNMAPPED) {
            throw new IllegalArgumentException(
                    "guest memory has no " + lengthBytes + " bytes at " + address);
        }
        return host;
    }

    public int get8(long address) {
        return NativeMemory.getByte(host(address, 1));
    }

    public void put8(long address, int value) {
        NativeMemory.putByte(host(address, 1), value);
    }

    public int get16(long address) {
        return NativeMemory.getShort(host(address, 2));
    }

    public void put16(long address, int value) {
        NativeMemory.putShort(host(address, 2), value);
    }

    public int get32(long address) {
        return NativeMemory.getInt(host(address, 4));
    }

    public void put32(long address, int value) {
        NativeMemory.putInt(host(address, 4), value);
    }

    public long get64(long address) {
        return NativeMemory.getLong(host(address, 8));
    }

    public void put64(long address, long value) {
        NativeMemory.putLong(host(address, 8), value);
    }

    /** Writes a little-endian value byte by byte, so that it may lie across two regions. */
    public void putBytes(long address, int count, long value) {
        for (int i = 0; i < count; i++) {
            put8(address + i, (int) (value >>> (8 * i)));
        }
    }

    /**
     * Writes one entry of a descriptor table, across two regions if need be.
     *
     * @param table guest address of the table
     */
    public void putDescriptor(
            long table, int index, long address, long length, int flags, int next) {
        long entry = table + 16L * index;
        putBytes(entry, 8, address);
        putBytes(entry + 8, 4, length);
        putBytes(entry + 12, 2, flags);
        putBytes(entry + 14, 2, next);
    }

    /** Writes the entry of the available ring that belongs to a free-running index. */
    public void putAvail(VirtqueueConfig queue, int index, int head) {
        put16(queue.availAddress() + 4 + 2L * (index % queue.size()), head);
    }

    public void putAvailIdx(VirtqueueConfig queue, int index) {
        put16(queue.availAddress() + 2, index);
    }

    public int availIdx(VirtqueueConfig queue) {
        return get16(queue.availAddress() + 2);
    }

    public int availFlags(VirtqueueConfig queue) {
        return get16(queue.availAddress());
    }

    public void putAvailFlags(VirtqueueConfig queue, int flags) {
        put16(queue.availAddress(), flags);
    }

    public int usedEvent(VirtqueueConfig queue) {
        return get16(queue.availAddress() + 4 + 2L * queue.size());
    }

    public void putUsedEvent(VirtqueueConfig queue, int index) {
        put16(queue.availAddress() + 4 + 2L * queue.size(), index);
    }

    public int usedFlags(VirtqueueConfig queue) {
        return get16(queue.usedAddress());
    }

    public void putUsedFlags(VirtqueueConfig queue, int flags) {
        put16(queue.usedAddress(), flags);
    }

    public int usedIdx(VirtqueueConfig queue) {
        return get16(queue.usedAddress() + 2);
    }

    public void putUsedIdx(VirtqueueConfig queue, int index) {
        put16(queue.usedAddress() + 2, index);
    }

    public int usedId(VirtqueueConfig queue, int index) {
        return get32(queue.usedAddress() + 4 + 8L * (index % queue.size()));
    }

    public int usedLength(VirtqueueConfig queue, int index) {
        return get32(queue.usedAddress() + 8 + 8L * (index % queue.size()));
    }

    public void putUsed(VirtqueueConfig queue, int index, int id, int length) {
        put32(queue.usedAddress() + 4 + 8L * (index % queue.size()), id);
        put32(queue.usedAddress() + 8 + 8L * (index % queue.size()), length);
    }

    public int availEvent(VirtqueueConfig queue) {
        return get16(queue.usedAddress() + 4 + 8L * queue.size());
    }

    public void putAvailEvent(VirtqueueConfig queue, int index) {
        put16(queue.usedAddress() + 4 + 8L * queue.size(), index);
    }

    /** The indices of a ring and its suppression fields, for messages. */
    public String describe(VirtqueueConfig queue) {
        return "avail.idx " + availIdx(queue) + " avail.flags " + availFlags(queue)
                + " used_event " + usedEvent(queue) + " used.idx " + usedIdx(queue)
                + " used.flags " + usedFlags(queue) + " avail_event " + availEvent(queue);
    }

    /** Unmaps the memory. */
    @Override
    public void close() {
        memory.close();
    }
}
