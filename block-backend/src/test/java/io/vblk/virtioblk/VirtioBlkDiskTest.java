// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockLimits;
import io.vblk.virtioblk.VirtioBlkDisk.RangeLimits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a driver makes of features and configuration space. */
class VirtioBlkDiskTest {
    private static final BlockLimits LIMITS =
            new BlockLimits(1 << 20, 512, 4096, 65536, false, true, true);

    private static byte[] config() {
        byte[] bytes = new byte[VirtioBlkAbi.CONFIG_BYTES];
        new VirtioBlkConfig(new VirtioBlkOptions("x", 3, 64), LIMITS).read(0, bytes);
        return bytes;
    }

    @Test
    void ourOwnDeviceIsReadAsItWasMade() {
        VirtioBlkDisk disk = new VirtioBlkDisk(VirtioBlkAbi.F_SEG_MAX | VirtioBlkAbi.F_BLK_SIZE
                | VirtioBlkAbi.F_FLUSH | VirtioBlkAbi.F_TOPOLOGY | VirtioBlkAbi.F_CONFIG_WCE
                | VirtioBlkAbi.F_MQ | VirtioBlkAbi.F_DISCARD | VirtioBlkAbi.F_WRITE_ZEROES,
                config());
        assertEquals(1 << 20, disk.capacityBytes());
        assertEquals(512, disk.blockBytes());
        assertEquals(4096, disk.physicalBlockBytes());
        assertEquals(4096, disk.minIoBytes());
        assertEquals(65536, disk.optimalIoBytes());
        assertEquals(3, disk.numQueues());
        assertEquals(62, disk.segMax());
        assertEquals(0, disk.sizeMax());
        assertTrue(disk.canFlush() && disk.canSwitchCache() && disk.isWriteback());
        assertEquals(new RangeLimits(1L << 30, 32), disk.discard());
        assertEquals(new RangeLimits(1L << 30, 32), disk.writeZeroes());
        assertTrue(disk.writeZeroesMayUnmap());
        assertNull(disk.secureErase());
        assertFalse(disk.isReadOnly());
    }

    @Test
    void fieldsWithoutTheirFeatureAreNotThere() {
        byte[] bytes = config();
        Arrays.fill(bytes, 8, bytes.length, (byte) 0x55);
        VirtioBlkDisk disk = new VirtioBlkDisk(0, bytes);
        assertEquals(512, disk.blockBytes());
        assertEquals(512, disk.physicalBlockBytes());
        assertEquals(0, disk.minIoBytes() + disk.optimalIoBytes() + disk.segMax()
                + disk.sizeMax());
        assertEquals(1, disk.numQueues());
        assertFalse(disk.isWriteback() || disk.writeZeroesMayUnmap());
        assertNull(disk.discard());
        assertNull(disk.writeZeroes());
    }

    @Test
    void onlyWhatTheFeaturesNeedIsRead() {
        assertEquals(36, VirtioBlkDisk.configBytes(VirtioBlkAbi.F_MQ));
        assertEquals(48, VirtioBlkDisk.configBytes(VirtioBlkAbi.F_DISCARD));
        assertEquals(57, VirtioBlkDisk.configBytes(
                VirtioBlkAbi.F_DISCARD | VirtioBlkAbi.F_WRITE_ZEROES));
        assertEquals(72, VirtioBlkDisk.configBytes(VirtioBlkAbi.F_SECURE_ERASE));
        assertEquals(96, VirtioBlkDisk.configBytes(1L << 17));
    }

    @Test
    void configurationsThatMakeNoSenseAreRefused() {
        for (int blockBytes : new int[] {0, 1, 256, 1000, 1 << 17, 1 << 31, -1}) {
            byte[] bytes = config();
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(VirtioBlkAbi.CONFIG_BLK_SIZE, blockBytes);
            assertThrows(IllegalArgumentException.class,
                    () -> new VirtioBlkDisk(VirtioBlkAbi.F_BLK_SIZE, bytes));
        }
        for (int top : new int[] {0x80, 0x7F}) {
            byte[] bytes = config();
            bytes[7] = (byte) top;
            assertThrows(IllegalArgumentException.class, () -> new VirtioBlkDisk(0, bytes));
        }
    }

    @Test
    void featuresHaveNames() {
        assertEquals(List.of("RO", "EVENT_IDX", "RING_PACKED", "bit 63"),
                VirtioBlkDisk.featureNames(1L << 5 | 1L << 29 | 1L << 34 | 1L << 63));
        assertEquals(List.of(), VirtioBlkDisk.featureNames(0));
    }
}
