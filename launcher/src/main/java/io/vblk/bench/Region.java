// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Access;
import io.vblk.fio.Amount;
import io.vblk.fio.Extent;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;

/**
 * The part of a disk that one clone of a job works on. Thread: any.
 *
 * @param offset where it starts, in bytes from the start of the disk
 * @param lengthBytes its length, a multiple of {@link Access#unitBytes()}
 */
record Region(long offset, long lengthBytes) {
    /**
     * Works out the region of a clone. A share of the disk is rounded down to the unit of the
     * job's offsets and ends at the end of the disk; a number of bytes must fit.
     *
     * @param clone number of the clone, from 0
     * @param capacityBytes size of the disk
     * @param diskBlockBytes its logical block size
     * @throws IllegalArgumentException in words for an operator, if the job does not fit the disk
     */
    static Region of(Extent extent, Access access, int clone, long capacityBytes,
            int diskBlockBytes) {
        requireWhole(access, diskBlockBytes);
        int unitBytes = access.unitBytes();
        long first = start("offset", extent.offset(), unitBytes, capacityBytes, diskBlockBytes);
        long increment = start("offset_increment", extent.offsetIncrement(), unitBytes,
                capacityBytes, diskBlockBytes);
        require(clone == 0 || increment <= (Long.MAX_VALUE - first) / clone,
                "offset_increment=" + increment + " is past the end of any disk");
        long offset = first + clone * increment;
        require(offset < capacityBytes, "offset=" + offset
                + (increment == 0 ? "" : " of clone " + (clone + 1)) + " is past the end of the "
                + "disk, " + capacityBytes + " bytes");

        long room = capacityBytes - offset;
        long length = length(extent.size(), room, capacityBytes);
        long whole = length - length % unitBytes;
        int largest = largestNeeded(access);
        require(whole >= largest, "bs=" + largest + " is larger than the region of " + length
                + " bytes");
        return new Region(offset, whole);
    }

    private static long length(Amount size, long room, long capacityBytes) {
        if (size.isNone()) {
            return room;
        }
        long length = size.of(capacityBytes);
        require(size.bytes() == 0 || length <= room, "offset plus size is past the end of the "
                + "disk, " + capacityBytes + " bytes");
        return Math.min(length, room);
    }

    private static long start(String option, Amount amount, int unitBytes, long capacityBytes,
            int diskBlockBytes) {
        long bytes = amount.of(capacityBytes);
        if (amount.percent() > 0) {
            return bytes - bytes % unitBytes;
        }
        require(bytes % diskBlockBytes == 0, option + "=" + bytes
                + " is not a multiple of the disk's block size, " + diskBlockBytes);
        return bytes;
    }

    private static void requireWhole(Access access, int diskBlockBytes) {
        ReadWrite rw = access.rw();
        if (rw.reads()) {
            requireWhole(access.sizes().read(), diskBlockBytes);
        }
        if (rw.writes()) {
            requireWhole(access.sizes().write(), diskBlockBytes);
        }
        if (rw.trims()) {
            requireWhole(access.sizes().trim(), diskBlockBytes);
        }
        require(access.skipBytes() % diskBlockBytes == 0, "rw=" + rw.fioName() + ":"
                + access.skipBytes() + " is not a multiple of the disk's block size, "
                + diskBlockBytes);
    }

    private static void requireWhole(SizeSplit sizes, int diskBlockBytes) {
        for (SizeSplit.Part part : sizes.parts()) {
            require(part.minBytes() % diskBlockBytes == 0, "bs=" + part.minBytes()
                    + " is not a multiple of the disk's block size, " + diskBlockBytes);
        }
    }

    /** Of each direction at least the smallest request must fit. */
    private static int largestNeeded(Access access) {
        ReadWrite rw = access.rw();
        int reads = rw.reads() ? access.sizes().read().minBytes() : 0;
        int writes = rw.writes() ? access.sizes().write().minBytes() : 0;
        int trims = rw.trims() ? access.sizes().trim().minBytes() : 0;
        return Math.max(reads, Math.max(writes, trims));
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
