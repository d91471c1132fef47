// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

/**
 * What has to come of a chain in {@link FuzzMemory}, whatever is in it: followed by the rules of
 * virtio 1.3, 2.7.5 and 2.8.6 alone, slow and plain. Thread: one.
 */
public final class PlainChain {
    /** A range of guest memory that does not leave its region. */
    public record Segment(long address, long length, boolean writable) {}

    /** Slots of a chain that does not end. */
    public static final int ENDLESS = 0;

    private final GuestRam ram;
    private final boolean packed;
    private final boolean indirectAllowed;
    private final int segmentsMax;
    private final List<Segment> segments = new ArrayList<>();
    private ChainFault fault = ChainFault.NONE;
    private boolean writableSeen;
    /** The last writable byte, -1 without one or if it lies outside of memory. */
    private long last = -1;
    private int id;
    private int slots = 1;

    private PlainChain(GuestRam ram, boolean packed, boolean indirectAllowed, int segmentsMax) {
        this.ram = ram;
        this.packed = packed;
        this.indirectAllowed = indirectAllowed;
        this.segmentsMax = segmentsMax;
    }

    /** The chain of a head in a split ring. */
    public static PlainChain split(GuestRam ram, VirtqueueConfig ring, int head, boolean indirect,
            int segmentsMax) {
        PlainChain chain = new PlainChain(ram, false, indirect, segmentsMax);
        chain.id = head;
        int index = head;
        for (int step = 0; step < ring.size() && index < ring.size(); step++) {
            long entry = ring.descAddress() + 16L * index;
            if (!chain.take(entry, ring.size()) || !chain.continues(entry)) {
                return chain;
            }
            index = ram.get16(entry + 14);
            if (index >= ring.size()) {
                return chain.broken(ChainFault.NEXT_OUT_OF_RANGE);
            }
        }
        return chain.broken(ChainFault.LOOP);
    }

    /** The chain at a slot of a packed ring; its id is not looked at. */
    public static PlainChain packed(GuestRam ram, VirtqueueConfig ring, int slot, int slotsMax,
            boolean indirect, int segmentsMax) {
        PlainChain chain = new PlainChain(ram, true, indirect, segmentsMax);
        boolean good = true;
        for (int taken = 1; taken <= slotsMax; taken++) {
            long entry = ring.descAddress() + 16L * ((slot + taken - 1) % ring.size());
            good = good && chain.take(entry, ring.size());
            if (!chain.continues(entry)) {
                chain.slots = taken;
                chain.id = ram.get16(entry + 12);
                return chain;
            }
        }
        chain.slots = ENDLESS;
        return chain;
    }

    /** What comes of a ring that makes no sense. */
    static PlainChain endless() {
        PlainChain chain = new PlainChain(null, false, false, 0);
        chain.slots = ENDLESS;
        return chain;
    }

    private int flags(long entry) {
        return (int) value(entry + (packed ? 14 : 12), 2);
    }

    private boolean continues(long entry) {
        return (flags(entry) & GuestRam.NEXT) != 0;
    }

    private long value(long address, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) ram.get8(address + i) << 8 * i;
        }
        return value;
    }

    /** Takes one descriptor of the ring; false if the chain is at its end. */
    private boolean take(long entry, int queueSize) {
        if ((flags(entry) & GuestRam.INDIRECT) == 0) {
            return buffer(entry);
        }
        if (!indirectAllowed || continues(entry)) {
            broken(ChainFault.INDIRECT_NOT_ALLOWED);
            return false;
        }
        long table = value(entry, 8);
        long bytes = value(entry + 8, 4);
        if (bytes == 0 || bytes % 16 != 0 || !isMemory(table, bytes)) {
            broken(ChainFault.BAD_INDIRECT_TABLE);
            return false;
        }
        table(table, bytes / 16, Math.max(queueSize, segmentsMax));
        return false;
    }

    private static boolean isMemory(long address, long bytes) {
        for (long i = 0; i < bytes; i++) {
            if (FuzzMemory.regionEnd(address + i) == 0) {
                return false;
            }
        }
        return true;
    }

    private void table(long table, long entries, int stepsMax) {
        long index = 0;
        for (int step = 0; step < entries; step++) {
            if (step == stepsMax) {
                broken(ChainFault.TOO_MANY_SEGMENTS);
                return;
            }
            long entry = table + 16 * index;
            if ((flags(entry) & GuestRam.INDIRECT) != 0) {
                broken(ChainFault.INDIRECT_NOT_ALLOWED);
                return;
            }
            if (!buffer(entry) || !packed && !continues(entry)) {
                return;
            }
            index = packed ? index + 1 : value(entry + 14, 2);
            if (!packed && index >= entries) {
                broken(ChainFault.NEXT_OUT_OF_RANGE);
                return;
            }
        }
        if (!packed) {
            broken(ChainFault.LOOP);
        }
    }

    private boolean buffer(long entry) {
        boolean writable = (flags(entry) & GuestRam.WRITE) != 0;
        if (writableSeen && !writable) {
            note(ChainFault.READABLE_AFTER_WRITABLE);
            return true;
        }
        writableSeen = writable;
        long at = value(entry, 8);
        long left = value(entry + 8, 4);
        while (left > 0) {
            long end = FuzzMemory.regionEnd(at);
            if (end == 0) {
                note(ChainFault.OUTSIDE_MEMORY);
                last = writable ? -1 : last;
                return true;
            }
            if (segments.size() == segmentsMax) {
                broken(ChainFault.TOO_MANY_SEGMENTS);
                return false;
            }
            long part = Math.min(left, end - at);
            segments.add(new Segment(at, part, writable));
            at += part;
            left -= part;
            last = writable ? at - 1 : last;
        }
        return true;
    }

    private void note(ChainFault one) {
        fault = fault == ChainFault.NONE ? one : fault;
    }

    /** Takes back all that was found. */
    public PlainChain broken(ChainFault one) {
        fault = one;
        segments.clear();
        last = -1;
        return this;
    }

    /** Fails unless a walker has made the same of it. */
    void check(DescriptorChain chain, FuzzMemory memory) {
        assertEquals(id, chain.head(), "head or buffer id");
        assertEquals(fault, chain.fault(), "fault");
        List<Segment> walked = new ArrayList<>();
        for (int i = 0; i < chain.readableCount() + chain.writableCount(); i++) {
            walked.add(new Segment(memory.guestOf(chain.segments().base(i)),
                    chain.segments().lengthBytes(i), i >= chain.readableCount()));
        }
        assertEquals(segments, walked, "segments");
        assertEquals(bytes(false), chain.readableBytes(), "readable bytes");
        assertEquals(bytes(true), chain.writableBytes(), "writable bytes");
        long end = chain.lastWritableByte();
        assertEquals(last, end == 0 ? -1 : memory.guestOf(end), "last writable byte");
    }

    /** Head, packed: buffer id. */
    public int id() {
        return id;
    }

    /** Slots of the ring, 1 in a split one. */
    public int slots() {
        return slots;
    }

    /** What is wrong. */
    public ChainFault fault() {
        return fault;
    }

    /** What is left of it. */
    public List<Segment> segments() {
        return segments;
    }

    /** Guest address of the last writable byte, or -1. */
    public long lastWritable() {
        return last;
    }

    /** Bytes in the readable or the writable segments. */
    public long bytes(boolean writable) {
        long sum = 0;
        for (Segment segment : segments) {
            sum += segment.writable() == writable ? segment.length() : 0;
        }
        return sum;
    }
}
