// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.block.BlockLimits;
import io.vblk.virtio.VirtioException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The configuration space (virtio 1.3, 5.2.4); layout in {@link VirtioBlkAbi}. Thread: control. */
final class VirtioBlkConfig {
    /** Longest read or write, in bytes: descriptors could name the same memory for terabytes. */
    static final long TRANSFER_BYTES_MAX = 1L << 30;
    /** Longest range of a DISCARD, WRITE_ZEROES or SECURE_ERASE, in sectors: 1 GiB. */
    static final int RANGE_SECTORS_MAX = 1 << 21;
    /** Most segments of one DISCARD, WRITE_ZEROES or SECURE_ERASE. */
    static final int RANGES_MAX = 32;

    private final ByteBuffer space =
            ByteBuffer.allocate(VirtioBlkAbi.CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    VirtioBlkConfig(VirtioBlkOptions options, BlockLimits limits) {
        int blockBytes = limits.blockBytes();
        int physicalBlocks = Math.max(1, limits.physicalBlockBytes() / blockBytes);
        int blockSectors = blockBytes / BlockLimits.SECTOR_BYTES;
        setCapacity(limits);
        space.putInt(VirtioBlkAbi.CONFIG_SEG_MAX, segMax(options));
        space.putInt(VirtioBlkAbi.CONFIG_BLK_SIZE, blockBytes);
        space.put(VirtioBlkAbi.CONFIG_PHYSICAL_EXPONENT,
                (byte) Integer.numberOfTrailingZeros(Integer.highestOneBit(physicalBlocks)));
        space.putShort(VirtioBlkAbi.CONFIG_MIN_IO, (short) physicalBlocks);
        space.putInt(VirtioBlkAbi.CONFIG_OPT_IO, limits.optimalIoBytes() / blockBytes);
        setWriteback(options.writeCache());
        space.putShort(VirtioBlkAbi.CONFIG_NUM_QUEUES, (short) options.numQueues());
        if (limits.canDiscard()) {
            space.putInt(VirtioBlkAbi.CONFIG_MAX_DISCARD_SECTORS, RANGE_SECTORS_MAX);
            space.putInt(VirtioBlkAbi.CONFIG_MAX_DISCARD_SEG, RANGES_MAX);
            int unmapBytes = Math.max(blockBytes, limits.unmapBytes());
            space.putInt(VirtioBlkAbi.CONFIG_DISCARD_ALIGN, unmapBytes / BlockLimits.SECTOR_BYTES);
        }
        if (limits.canWriteZeroes()) {
            space.putInt(VirtioBlkAbi.CONFIG_MAX_WRITE_ZEROES_SECTORS, RANGE_SECTORS_MAX);
            space.putInt(VirtioBlkAbi.CONFIG_MAX_WRITE_ZEROES_SEG, RANGES_MAX);
            // 5.2.6.2: clear if and only if no request can give storage back.
            space.put(VirtioBlkAbi.CONFIG_WRITE_ZEROES_MAY_UNMAP,
                    (byte) (limits.unmapBytes() > 0 ? 1 : 0));
        }
        if (limits.canSecureErase()) {
            space.putInt(VirtioBlkAbi.CONFIG_MAX_SECURE_ERASE_SECTORS, RANGE_SECTORS_MAX);
            space.putInt(VirtioBlkAbi.CONFIG_MAX_SECURE_ERASE_SEG, RANGES_MAX);
            space.putInt(VirtioBlkAbi.CONFIG_SECURE_ERASE_ALIGN, blockSectors);
        }
    }

    /** What fits a queue without indirect tables: two descriptors go to header and status. */
    private static int segMax(VirtioBlkOptions options) {
        return Math.max(1, Math.min(options.segMax(), options.queueSize() - 2));
    }

    void setCapacity(BlockLimits limits) {
        space.putLong(0, limits.capacitySectors());
    }

    boolean writeback() {
        return space.get(VirtioBlkAbi.CONFIG_WRITEBACK) != 0;
    }

    void setWriteback(boolean writeback) {
        space.put(VirtioBlkAbi.CONFIG_WRITEBACK, (byte) (writeback ? 1 : 0));
    }

    void read(int offset, byte[] target) {
        for (int i = 0; i < target.length; i++) {
            int at = offset + i;
            target[i] = at >= 0 && at < VirtioBlkAbi.CONFIG_BYTES ? space.get(at) : 0;
        }
    }

    /** Only the writeback byte can be written, with 0 or 1 (virtio 1.3, 5.2.5.2). */
    void write(int offset, byte[] source) throws VirtioException {
        if (offset != VirtioBlkAbi.CONFIG_WRITEBACK || source.length != 1) {
            throw new VirtioException("configuration bytes " + offset + " to "
                    + (offset + source.length - 1) + " are not writable");
        }
        if (source[0] != 0 && source[0] != 1) {
            throw new VirtioException("writeback must be 0 or 1, not " + source[0]);
        }
        setWriteback(source[0] == 1);
    }
}
