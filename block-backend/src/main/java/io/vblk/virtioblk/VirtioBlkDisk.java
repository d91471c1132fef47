// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.virtio.VirtioFeatures;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A disk as its driver sees it: what the device's features and configuration space say (virtio
 * 1.3, 5.2.3 and 5.2.4; layout in {@link VirtioBlkAbi}). Fields without their feature read as if
 * it were not there. Immutable; thread: any.
 */
public final class VirtioBlkDisk {
    private static final int SECTOR_BYTES = 512;
    /** Largest logical block that makes sense: a page of the largest kind. */
    private static final int BLOCK_BYTES_MAX = 1 << 16;

    private static final long F_SIZE_MAX = 1L << 1;
    private static final long F_GEOMETRY = 1L << 4;
    private static final long F_LIFETIME = 1L << 15;
    private static final long F_ZONED = 1L << 17;
    private static final int SIZE_MAX = 8;

    /** How much of the space each feature needs. */
    private static final int BYTES_MIN = 36;
    private static final int BYTES_DISCARD = 48;
    private static final int BYTES_WRITE_ZEROES = 57;
    private static final int BYTES_SECURE_ERASE = 72;

    private static final Map<Long, String> NAMES = new TreeMap<>(Map.ofEntries(
            Map.entry(F_SIZE_MAX, "SIZE_MAX"),
            Map.entry(VirtioBlkAbi.F_SEG_MAX, "SEG_MAX"),
            Map.entry(F_GEOMETRY, "GEOMETRY"),
            Map.entry(VirtioBlkAbi.F_RO, "RO"),
            Map.entry(VirtioBlkAbi.F_BLK_SIZE, "BLK_SIZE"),
            Map.entry(VirtioBlkAbi.F_FLUSH, "FLUSH"),
            Map.entry(VirtioBlkAbi.F_TOPOLOGY, "TOPOLOGY"),
            Map.entry(VirtioBlkAbi.F_CONFIG_WCE, "CONFIG_WCE"),
            Map.entry(VirtioBlkAbi.F_MQ, "MQ"),
            Map.entry(VirtioBlkAbi.F_DISCARD, "DISCARD"),
            Map.entry(VirtioBlkAbi.F_WRITE_ZEROES, "WRITE_ZEROES"),
            Map.entry(F_LIFETIME, "LIFETIME"),
            Map.entry(VirtioBlkAbi.F_SECURE_ERASE, "SECURE_ERASE"),
            Map.entry(F_ZONED, "ZONED"),
            Map.entry(1L << 24, "NOTIFY_ON_EMPTY"),
            Map.entry(1L << 26, "LOG_ALL"),
            Map.entry(1L << 27, "ANY_LAYOUT"),
            Map.entry(VirtioFeatures.INDIRECT_DESC, "INDIRECT_DESC"),
            Map.entry(VirtioFeatures.EVENT_IDX, "EVENT_IDX"),
            Map.entry(1L << 30, "PROTOCOL_FEATURES"),
            Map.entry(VirtioFeatures.VERSION_1, "VERSION_1"),
            Map.entry(1L << 33, "ACCESS_PLATFORM"),
            Map.entry(VirtioFeatures.RING_PACKED, "RING_PACKED"),
            Map.entry(VirtioFeatures.IN_ORDER, "IN_ORDER"),
            Map.entry(1L << 36, "ORDER_PLATFORM"),
            Map.entry(1L << 38, "NOTIFICATION_DATA"),
            Map.entry(1L << 40, "RING_RESET")));

    private final long features;
    private final ByteBuffer space =
            ByteBuffer.allocate(VirtioBlkAbi.CONFIG_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    /**
     * Takes what a device said.
     *
     * @param features feature bits on offer
     * @param config the beginning of the configuration space, {@link #configBytes} long
     * @throws IllegalArgumentException if capacity or block size make no sense, in one line
     */
    public VirtioBlkDisk(long features, byte[] config) {
        this.features = features;
        space.put(0, config, 0, Math.min(config.length, space.capacity()));
        long sectors = space.getLong(0);
        if (sectors < 0 || sectors > Long.MAX_VALUE / SECTOR_BYTES) {
            throw new IllegalArgumentException(
                    "a disk of " + Long.toUnsignedString(sectors) + " sectors makes no sense");
        }
        int block = blockBytes();
        if (block < SECTOR_BYTES || block > BLOCK_BYTES_MAX || Integer.bitCount(block) != 1) {
            throw new IllegalArgumentException("blocks of " + Integer.toUnsignedString(block)
                    + " bytes make no sense");
        }
    }

    /** How much of the configuration space a driver has to read: more may not be there. */
    public static int configBytes(long features) {
        if (has(features, F_ZONED)) {
            return VirtioBlkAbi.CONFIG_BYTES;
        }
        if (has(features, VirtioBlkAbi.F_SECURE_ERASE)) {
            return BYTES_SECURE_ERASE;
        }
        if (has(features, VirtioBlkAbi.F_WRITE_ZEROES)) {
            return BYTES_WRITE_ZEROES;
        }
        return has(features, VirtioBlkAbi.F_DISCARD) ? BYTES_DISCARD : BYTES_MIN;
    }

    /** Names of feature bits, from the lowest; unknown ones as "bit 42". */
    public static List<String> featureNames(long features) {
        List<String> names = new ArrayList<>();
        for (long left = features; left != 0; left &= left - 1) {
            long bit = Long.lowestOneBit(left);
            names.add(NAMES.getOrDefault(bit, "bit " + Long.numberOfTrailingZeros(bit)));
        }
        return names;
    }

    private static boolean has(long features, long feature) {
        return (features & feature) != 0;
    }

    private int value(long feature, int offset) {
        return has(features, feature) ? space.getInt(offset) : 0;
    }

    /** Size in bytes. */
    public long capacityBytes() {
        return space.getLong(0) * SECTOR_BYTES;
    }

    /** Logical block size in bytes. */
    public int blockBytes() {
        return has(features, VirtioBlkAbi.F_BLK_SIZE)
                ? space.getInt(VirtioBlkAbi.CONFIG_BLK_SIZE) : SECTOR_BYTES;
    }

    /** Unit that the storage writes whole, in bytes. */
    public long physicalBlockBytes() {
        int exponent = has(features, VirtioBlkAbi.F_TOPOLOGY)
                ? space.get(VirtioBlkAbi.CONFIG_PHYSICAL_EXPONENT) & 0x1F : 0;
        return (long) blockBytes() << exponent;
    }

    /** Smallest advisable request in bytes, 0 if unknown. */
    public long minIoBytes() {
        return has(features, VirtioBlkAbi.F_TOPOLOGY)
                ? (long) (space.getShort(VirtioBlkAbi.CONFIG_MIN_IO) & 0xFFFF) * blockBytes() : 0;
    }

    /** Best size of a request in bytes, 0 if unknown. */
    public long optimalIoBytes() {
        return Integer.toUnsignedLong(
                value(VirtioBlkAbi.F_TOPOLOGY, VirtioBlkAbi.CONFIG_OPT_IO)) * blockBytes();
    }

    /** Whether the device has promised to refuse writes. */
    public boolean isReadOnly() {
        return has(features, VirtioBlkAbi.F_RO);
    }

    /** Whether there is a FLUSH. */
    public boolean canFlush() {
        return has(features, VirtioBlkAbi.F_FLUSH);
    }

    /** Whether the driver may switch the write cache. */
    public boolean canSwitchCache() {
        return has(features, VirtioBlkAbi.F_CONFIG_WCE);
    }

    /** Whether completed writes may still have to be flushed (5.2.5.2). */
    public boolean isWriteback() {
        return canSwitchCache()
                ? space.get(VirtioBlkAbi.CONFIG_WRITEBACK) != 0 : canFlush();
    }

    /** Queues that the configuration names; QEMU puts its own number there. */
    public int numQueues() {
        return has(features, VirtioBlkAbi.F_MQ)
                ? space.getShort(VirtioBlkAbi.CONFIG_NUM_QUEUES) & 0xFFFF : 1;
    }

    /** Most data segments of a request, 0 if unknown. */
    public long segMax() {
        return Integer.toUnsignedLong(
                value(VirtioBlkAbi.F_SEG_MAX, VirtioBlkAbi.CONFIG_SEG_MAX));
    }

    /** Longest data segment in bytes, 0 if there is no limit. */
    public long sizeMax() {
        return Integer.toUnsignedLong(value(F_SIZE_MAX, SIZE_MAX));
    }

    /** Limits of DISCARD; null if there is none. */
    public RangeLimits discard() {
        return ranges(VirtioBlkAbi.F_DISCARD, VirtioBlkAbi.CONFIG_MAX_DISCARD_SECTORS,
                VirtioBlkAbi.CONFIG_MAX_DISCARD_SEG);
    }

    /** Limits of WRITE_ZEROES; null if there is none. */
    public RangeLimits writeZeroes() {
        return ranges(VirtioBlkAbi.F_WRITE_ZEROES, VirtioBlkAbi.CONFIG_MAX_WRITE_ZEROES_SECTORS,
                VirtioBlkAbi.CONFIG_MAX_WRITE_ZEROES_SEG);
    }

    /** Whether WRITE_ZEROES may give storage back. */
    public boolean writeZeroesMayUnmap() {
        return has(features, VirtioBlkAbi.F_WRITE_ZEROES)
                && space.get(VirtioBlkAbi.CONFIG_WRITE_ZEROES_MAY_UNMAP) != 0;
    }

    /** Limits of SECURE_ERASE; null if there is none. */
    public RangeLimits secureErase() {
        return ranges(VirtioBlkAbi.F_SECURE_ERASE,
                VirtioBlkAbi.CONFIG_MAX_SECURE_ERASE_SECTORS,
                VirtioBlkAbi.CONFIG_MAX_SECURE_ERASE_SEG);
    }

    private RangeLimits ranges(long feature, int sectorsAt, int segmentsAt) {
        return has(features, feature)
                ? new RangeLimits(
                        Integer.toUnsignedLong(space.getInt(sectorsAt)) * SECTOR_BYTES,
                        Integer.toUnsignedLong(space.getInt(segmentsAt)))
                : null;
    }

    /**
     * What a request about ranges may hold.
     *
     * @param bytesMax longest range
     * @param rangesMax most ranges of one request
     */
    public record RangeLimits(long bytesMax, long rangesMax) {}
}
