// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.virtio.ChainFault;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PlainChain;
import io.vblk.virtio.PlainChain.Segment;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a device has to make of a chain, byte by byte, from virtio 1.3, 5.2.6 alone, for a disk that
 * never fails and offers everything but SECURE_ERASE. Thread: one.
 */
final class PlainRequest {
    /** No place for a status. */
    static final int NO_STATUS = -1;

    private static final int SECTOR = 512;
    private static final int HEADER = 16;
    private static final int RANGE = 16;
    private static final int RANGES_MAX = 32;
    private static final int OK = 0;
    private static final int IOERR = 1;
    private static final int UNSUPP = 2;

    private final PlainChain chain;
    private final byte[] disk;
    private final byte[] serial;
    private final byte[] input;
    private final long room;

    /** Answer: the status byte, or NO_STATUS. */
    final int status;
    /** Answer: the used length. */
    final int usedBytes;
    /** Answer: bytes for the guest's writable segments, from the first one on. */
    private byte[] output = {};

    /** Works it out; {@code disk} is changed as the disk is to be. */
    PlainRequest(GuestRam ram, PlainChain chain, byte[] disk, byte[] serial) {
        this.chain = chain;
        this.disk = disk;
        this.serial = serial;
        this.input = readable(ram);
        this.room = chain.bytes(true) - 1;
        if (chain.lastWritable() < 0
                || chain.fault() == ChainFault.NONE && input.length < HEADER) {
            status = NO_STATUS;
            usedBytes = 0;
            return;
        }
        status = chain.fault() != ChainFault.NONE ? IOERR : execute();
        // What was written counts from the first byte on, without a gap.
        usedBytes = output.length == 0 ? 1 : output.length + (output.length == room ? 1 : 0);
    }

    private byte[] readable(GuestRam ram) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Segment segment : chain.segments()) {
            for (long i = 0; i < segment.length() && !segment.writable(); i++) {
                bytes.write(ram.get8(segment.address() + i));
            }
        }
        return bytes.toByteArray();
    }

    private int execute() {
        ByteBuffer header = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN);
        long sector = header.getLong(8);
        return switch (header.getInt(0) & 0x7FFF_FFFF) {
            case 0 -> read(sector);
            case 1 -> write(sector);
            case 4 -> OK;
            case 8 -> identify();
            case 11 -> ranges(header, 0);
            case 13 -> ranges(header, 1);
            default -> UNSUPP;
        };
    }

    private boolean isInside(long sector, long bytes) {
        return bytes > 0 && bytes % SECTOR == 0 && sector >= 0 && sector <= disk.length / SECTOR
                && bytes / SECTOR <= disk.length / SECTOR - sector;
    }

    private int read(long sector) {
        if (input.length != HEADER || !isInside(sector, room)) {
            return IOERR;
        }
        int from = (int) sector * SECTOR;
        output = Arrays.copyOfRange(disk, from, from + (int) room);
        return OK;
    }

    private int write(long sector) {
        if (room != 0 || !isInside(sector, input.length - HEADER)) {
            return IOERR;
        }
        System.arraycopy(input, HEADER, disk, (int) sector * SECTOR, input.length - HEADER);
        return OK;
    }

    private int identify() {
        output = Arrays.copyOf(Arrays.copyOf(serial, 20), (int) Math.min(room, 20));
        return OK;
    }

    /** All ranges are looked at before the first one is zeroed. */
    private int ranges(ByteBuffer bytes, int flagsKnown) {
        int count = (input.length - HEADER) / RANGE;
        if (count == 0 || count > RANGES_MAX || input.length % RANGE != 0) {
            return IOERR;
        }
        for (int i = 0; i < count; i++) {
            int at = HEADER + RANGE * i;
            long sectors = bytes.getInt(at + 8) & 0xFFFF_FFFFL;
            if ((bytes.getInt(at + 12) & ~flagsKnown) != 0) {
                return UNSUPP;
            }
            long left = disk.length / SECTOR - bytes.getLong(at);
            if (bytes.getLong(at) < 0 || left < 0 || sectors > left) {
                return IOERR;
            }
        }
        for (int i = 0; i < count; i++) {
            int at = HEADER + RANGE * i;
            int from = (int) bytes.getLong(at) * SECTOR;
            Arrays.fill(disk, from, from + bytes.getInt(at + 8) * SECTOR, (byte) 0);
        }
        return OK;
    }

    /** What the device writes to the guest's buffers: each address with its last byte. */
    Map<Long, Integer> writes() {
        Map<Long, Integer> writes = new TreeMap<>();
        int next = 0;
        for (Segment segment : chain.segments()) {
            for (long i = 0; i < segment.length() && segment.writable()
                    && next < output.length; i++) {
                writes.put(segment.address() + i, output[next++] & 0xFF);
            }
        }
        if (status != NO_STATUS) {
            writes.put(chain.lastWritable(), status);
        }
        return writes;
    }
}
