// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.virtio.ChainFault;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PlainChain;
import io.vblk.virtio.PlainChain.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * What has to come of a chain on a disk, by the rules of virtio 1.3, 5.2.6 alone, slow and plain.
 * Numbers are the specification's. Thread: one.
 */
final class PlainRequest {
    /** Status of a chain that has no place for one. */
    static final int NO_STATUS = -1;

    private static final int SECTOR = 512;
    private static final int HEADER = 16;
    private static final int RANGE = 16;
    private static final int RANGES_MAX = 32;
    private static final long RANGE_SECTORS_MAX = 1L << 21;
    private static final int ID_BYTES = 20;

    /** One request to the backend; a transfer has its memory, a range has none. */
    record Step(BlockOp op, long offset, long bytes, boolean unmap, List<Segment> memory) {}

    private final GuestRam ram;
    private final PlainChain chain;
    private final BlockLimits limits;
    private final boolean ranges;

    /** What is said if each step succeeds. */
    int status = NO_STATUS;
    long usedBytes;
    final List<Step> steps = new ArrayList<>();
    /** Where bytes of the serial go, one by one. */
    final List<Long> idAt = new ArrayList<>();

    /**
     * Works it out.
     *
     * @param ranges whether DISCARD, WRITE_ZEROES and SECURE_ERASE were negotiated
     */
    PlainRequest(GuestRam ram, PlainChain chain, BlockLimits limits, boolean ranges) {
        this.ram = ram;
        this.chain = chain;
        this.limits = limits;
        this.ranges = ranges;
        boolean whole = chain.fault() == ChainFault.NONE;
        if (chain.lastWritable() < 0 || whole && chain.bytes(false) < HEADER) {
            return;
        }
        usedBytes = 1;
        status = whole ? carryOut() : HandMadeGuest.IOERR;
        if (status != HandMadeGuest.OK) {
            steps.clear();
        }
    }

    private int carryOut() {
        int type = (int) value(0, 4) & 0x7FFF_FFFF;
        long sector = value(8, 8);
        return switch (type) {
            case HandMadeGuest.IN -> transfer(sector, chain.bytes(true) - 1, true);
            case HandMadeGuest.OUT -> limits.readOnly()
                    ? HandMadeGuest.IOERR : transfer(sector, chain.bytes(false) - HEADER, false);
            case HandMadeGuest.FLUSH -> step(BlockOp.FLUSH, 0, 0, false, List.of());
            case HandMadeGuest.GET_ID -> id();
            case HandMadeGuest.DISCARD -> ranges(BlockOp.DISCARD, 0);
            case HandMadeGuest.WRITE_ZEROES -> ranges(BlockOp.WRITE_ZEROES, 1);
            case 14 -> ranges(BlockOp.SECURE_ERASE, 0);
            default -> HandMadeGuest.UNSUPP;
        };
    }

    private int step(
            BlockOp op, long sector, long bytes, boolean unmap, List<Segment> memory) {
        steps.add(new Step(op, sector * SECTOR, bytes, unmap, memory));
        return HandMadeGuest.OK;
    }

    /** A little-endian value in the readable bytes. */
    private long value(long from, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) ram.get8(part(false, from + i, 1).get(0).address()) << 8 * i;
        }
        return value;
    }

    /** A part of the readable or writable bytes, as the segments that it lies in. */
    private List<Segment> part(boolean writable, long from, long bytes) {
        List<Segment> found = new ArrayList<>();
        long at = 0;
        for (Segment each : chain.segments()) {
            if (each.writable() == writable) {
                long start = Math.max(from, at);
                long end = Math.min(from + bytes, at + each.length());
                if (start < end) {
                    found.add(new Segment(each.address() + start - at, end - start, writable));
                }
                at += each.length();
            }
        }
        return found;
    }

    private boolean isOnDisk(long sector, long sectors) {
        long capacity = limits.capacityBytes() / SECTOR;
        long block = limits.blockBytes() / SECTOR;
        return Long.compareUnsigned(sector, capacity) <= 0 && sectors <= capacity - sector
                && sector % block == 0 && sectors % block == 0;
    }

    private int transfer(long sector, long bytes, boolean read) {
        // The other direction has its header or its status, and nothing else.
        boolean framed = read ? chain.bytes(false) == HEADER : chain.bytes(true) == 1;
        if (!framed || bytes == 0 || bytes % SECTOR != 0 || !isOnDisk(sector, bytes / SECTOR)) {
            return HandMadeGuest.IOERR;
        }
        usedBytes = read ? bytes + 1 : 1;
        return step(read ? BlockOp.READ : BlockOp.WRITE, sector, bytes, false,
                part(read, read ? 0 : HEADER, bytes));
    }

    private int id() {
        long room = chain.bytes(true) - 1;
        for (int i = 0; i < room && i < ID_BYTES; i++) {
            idAt.add(part(true, i, 1).get(0).address());
        }
        // Bytes that were not written are not counted.
        usedBytes = idAt.size() + (room <= ID_BYTES ? 1 : 0);
        return HandMadeGuest.OK;
    }

    private int ranges(BlockOp op, int flagsAllowed) {
        long bytes = chain.bytes(false) - HEADER;
        if (!ranges) {
            return HandMadeGuest.UNSUPP;
        }
        if (bytes == 0 || bytes % RANGE != 0 || bytes > RANGES_MAX * RANGE) {
            return HandMadeGuest.IOERR;
        }
        for (long at = HEADER; at < HEADER + bytes; at += RANGE) {
            long sector = value(at, 8);
            long sectors = value(at + 8, 4);
            long flags = value(at + 12, 4);
            if ((flags & ~flagsAllowed) != 0) {
                return HandMadeGuest.UNSUPP;
            }
            if (sectors > RANGE_SECTORS_MAX || !isOnDisk(sector, sectors)) {
                return HandMadeGuest.IOERR;
            }
            if (sectors > 0) {
                step(op, sector, sectors * SECTOR, flags != 0, List.of());
            }
        }
        return HandMadeGuest.OK;
    }
}
