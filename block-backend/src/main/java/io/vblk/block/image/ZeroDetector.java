// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;

/**
 * Turns writes whose data are all zeroes into WRITE_ZEROES (QEMU's detect-zeroes). Thread: home.
 *
 * <p>A guest may change its buffer while it is looked at. Each byte was zero at some time between
 * submit and completion if the write is taken for zeroes, and that is all that a write of a buffer
 * in change promises: of each byte some value that it had meanwhile. What is not taken for zeroes
 * is handed on as it is and read by the disk, not here.
 */
final class ZeroDetector extends BlockFilter {
    /**
     * Longer writes are not looked at, so that none holds up the event loop for as much as a
     * millisecond. Linux guests send at most this much at once.
     */
    static final long SCANNED_BYTES_MAX = 4L << 20;
    /** So much is looked at between two decisions. */
    private static final int STRIDE_BYTES = 4 * Long.BYTES;

    private final boolean mayUnmap;
    private final StandIns standIns = new StandIns();

    /**
     * Takes over a disk that can be written.
     *
     * @param mayUnmap whether zeroes may give storage back
     */
    ZeroDetector(BlockBackend disk, boolean mayUnmap) {
        super(disk);
        this.mayUnmap = mayUnmap;
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        return request.op() == BlockOp.WRITE && isZeroes(request)
                ? standIns.writeZeroes(disk, request, mayUnmap) : disk.submit(request);
    }

    @Override
    public void close() {
        assert standIns.isEmpty();
        super.close();
    }

    // ------------------------------------------------------------------ looking

    private static boolean isZeroes(BlockRequest write) {
        long lengthBytes = write.lengthBytes();
        if (lengthBytes == 0 || lengthBytes > SCANNED_BYTES_MAX) {
            return false;
        }
        long elements = write.iovecs();
        long end = elements + (long) write.iovecCount() * IovecArray.ELEMENT_BYTES;
        try {
            // Most data differ from zero at an end of some segment: that costs the least.
            for (long at = elements; at < end; at += IovecArray.ELEMENT_BYTES) {
                if (!endsAreZeroes(IovecArray.baseAt(at), IovecArray.lengthAt(at))) {
                    return false;
                }
            }
            for (long at = elements; at < end; at += IovecArray.ELEMENT_BYTES) {
                if (!isZeroes(IovecArray.baseAt(at), IovecArray.lengthAt(at))) {
                    return false;
                }
            }
            return true;
        } catch (InternalError e) {
            if (!MappedMemory.FAULTS_COME_IN_TIME) {
                throw e;
            }
            // The guest's memory is gone; whoever reads the data says so.
            return false;
        }
    }

    private static boolean endsAreZeroes(long address, long lengthBytes) {
        return lengthBytes < Long.BYTES
                ? bytesAreZeroes(address, address + lengthBytes)
                : (NativeMemory.getLong(address)
                        | NativeMemory.getLong(address + lengthBytes - Long.BYTES)) == 0;
    }

    /** Without up to 7 bytes at the end, which {@link #endsAreZeroes} has seen. */
    private static boolean isZeroes(long address, long lengthBytes) {
        long at = address;
        long end = address + lengthBytes;
        for (; at <= end - STRIDE_BYTES; at += STRIDE_BYTES) {
            if ((NativeMemory.getLong(at) | NativeMemory.getLong(at + Long.BYTES)
                    | NativeMemory.getLong(at + 2 * Long.BYTES)
                    | NativeMemory.getLong(at + 3 * Long.BYTES)) != 0) {
                return false;
            }
        }
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            if (NativeMemory.getLong(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean bytesAreZeroes(long from, long to) {
        for (long at = from; at < to; at++) {
            if (NativeMemory.getByte(at) != 0) {
                return false;
            }
        }
        return true;
    }
}
