// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/**
 * What a disk can do. Nothing of it changes while the disk is open, but that it may grow; then
 * there is a new record.
 *
 * @param capacityBytes size of the disk, a multiple of {@code blockBytes}
 * @param blockBytes smallest unit of a request: logical block size, 512 or 4096
 * @param physicalBlockBytes unit that the storage writes without reading first
 * @param optimalIoBytes preferred size of a request, 0 when nothing is known
 * @param readOnly whether writes of any kind are refused
 * @param canDiscard whether DISCARD does anything
 * @param canWriteZeroes whether WRITE_ZEROES is faster than writing zeroes
 * @param canSecureErase whether SECURE_ERASE destroys data for good
 * @param unmapBytes unit in which DISCARD and WRITE_ZEROES give storage back, a multiple of
 *     {@code blockBytes}; 0 if they never do
 */
public record BlockLimits(
        long capacityBytes,
        int blockBytes,
        int physicalBlockBytes,
        int optimalIoBytes,
        boolean readOnly,
        boolean canDiscard,
        boolean canWriteZeroes,
        boolean canSecureErase,
        int unmapBytes) {

    /** Unit of addresses on a virtio disk, whatever the block size. */
    public static final int SECTOR_BYTES = 512;

    /** Limits of a disk that gives single blocks back. */
    public BlockLimits(long capacityBytes, int blockBytes, int physicalBlockBytes,
            int optimalIoBytes, boolean readOnly, boolean canDiscard, boolean canWriteZeroes,
            boolean canSecureErase) {
        this(capacityBytes, blockBytes, physicalBlockBytes, optimalIoBytes, readOnly, canDiscard,
                canWriteZeroes, canSecureErase, blockBytes);
    }

    /** Limits of a disk that cannot erase securely, as nearly all. */
    public BlockLimits(long capacityBytes, int blockBytes, int physicalBlockBytes,
            int optimalIoBytes, boolean readOnly, boolean canDiscard, boolean canWriteZeroes) {
        this(capacityBytes, blockBytes, physicalBlockBytes, optimalIoBytes, readOnly, canDiscard,
                canWriteZeroes, false);
    }

    /** The same of a disk of another size. */
    public BlockLimits withCapacity(long newCapacityBytes) {
        return new BlockLimits(newCapacityBytes, blockBytes, physicalBlockBytes, optimalIoBytes,
                readOnly, canDiscard, canWriteZeroes, canSecureErase, unmapBytes);
    }

    /** The same of a disk that gives storage back in units of another size, or with 0 never. */
    public BlockLimits withUnmapBytes(int newUnmapBytes) {
        return new BlockLimits(capacityBytes, blockBytes, physicalBlockBytes, optimalIoBytes,
                readOnly, canDiscard, canWriteZeroes, canSecureErase, newUnmapBytes);
    }

    /** Capacity in sectors of 512 bytes. */
    public long capacitySectors() {
        return capacityBytes / SECTOR_BYTES;
    }
}
