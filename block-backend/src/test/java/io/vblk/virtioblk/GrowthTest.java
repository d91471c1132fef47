// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.IothreadGuest.FEATURE_RING_PACKED;
import static io.vblk.virtioblk.IothreadGuest.SECTOR;
import static io.vblk.virtioblk.IothreadGuest.queues;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageException;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that grows while guests use it: from the file on the host to the driver. */
class GrowthTest {
    private static final int OLD_SECTORS = 128;
    private static final int NEW_SECTORS = 192;
    private static final int IOERR = 1;

    @TempDir
    Path directory;

    private Path file;
    private int configChanges;

    @BeforeEach
    void makeFile() throws Exception {
        file = directory.resolve("disk.raw");
        resize((long) OLD_SECTORS * SECTOR);
    }

    private void resize(long bytes) throws Exception {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(bytes);
        }
    }

    private OpenImage open() throws Exception {
        return open(0, false);
    }

    private OpenImage open(int blockBytes, boolean copy) throws Exception {
        return Images.open(new ImageSpec(file.toString(), ImageFormat.RAW, false, copy,
                IoEngineKind.SYNC, blockBytes));
    }

    /** A guest with two queues on two iothreads, and an ear for configuration changes. */
    private IothreadGuest guest(OpenImage image) throws Exception {
        IothreadGuest guest = IothreadGuest.of(queues(2), 2,
                (number, context) -> image.attach(context), FEATURE_RING_PACKED);
        guest.device.onConfigChange(() -> configChanges++);
        return guest;
    }

    private static byte[] config(VirtioBlkDevice device) {
        byte[] config = new byte[96];
        device.readConfig(0, config);
        return config;
    }

    private static long capacity(VirtioBlkDevice device) {
        return ByteBuffer.wrap(config(device)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** The sector in which the disk used to end is refused, or served, on both queues. */
    private static void assertBehindTheOldEnd(IothreadGuest guest, int status) {
        for (int queue = 0; queue < 2; queue++) {
            for (BlockOp op : new BlockOp[] {BlockOp.WRITE, BlockOp.READ}) {
                guest.send(queue, 0, op, OLD_SECTORS + queue);
                guest.assertAnswer(queue, 0, status);
            }
            guest.send(queue, 1, BlockOp.READ, OLD_SECTORS - 1);
            guest.assertOk(queue, 1);
            guest.send(queue, 1, BlockOp.READ, NEW_SECTORS);
            guest.assertAnswer(queue, 1, IOERR);
        }
    }

    @Test
    void whatLiesBehindTheOldEndIsServedFromTheGrowthOn() throws Exception {
        try (OpenImage image = open(); IothreadGuest guest = guest(image)) {
            assertBehindTheOldEnd(guest, IOERR);
            resize((long) NEW_SECTORS * SECTOR);
            assertBehindTheOldEnd(guest, IOERR);
            assertEquals(OLD_SECTORS, capacity(guest.device), "nobody has looked yet");
            assertTrue(image.followSize());
            guest.device.grow();
            assertBehindTheOldEnd(guest, VirtioBlkDriver.STATUS_OK);
            guest.fill(0, 2, 7);
            guest.send(0, 2, BlockOp.WRITE, NEW_SECTORS - 1);
            guest.assertOk(0, 2);
            guest.send(1, 2, BlockOp.READ, NEW_SECTORS - 1);
            guest.assertOk(1, 2);
            byte[] sevens = new byte[SECTOR];
            Arrays.fill(sevens, (byte) 7);
            assertArrayEquals(sevens, guest.data(1, 2, SECTOR));
        }
    }

    @Test
    void eachGrowthIsOneConfigurationChangeWithTheNewCapacityAndNothingElse() throws Exception {
        try (OpenImage image = open(); IothreadGuest guest = guest(image)) {
            byte[] expected = config(guest.device);
            int[] sizes = {NEW_SECTORS, NEW_SECTORS + 1, 0x1_0203};
            for (int i = 0; i < sizes.length; i++) {
                resize((long) sizes[i] * SECTOR);
                assertTrue(image.followSize());
                assertEquals(i, configChanges);
                guest.device.grow();
                assertEquals(i + 1, configChanges);
                assertEquals(sizes[i], capacity(guest.device));
                ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN).putLong(0, sizes[i]);
                assertArrayEquals(expected, config(guest.device));
                assertFalse(image.followSize(), "known already");
            }
        }
    }

    @Test
    void theListenerReadsTheNewCapacity() throws Exception {
        try (OpenImage image = open(); IothreadGuest guest = guest(image)) {
            long[] heard = new long[1];
            guest.device.onConfigChange(() -> heard[0] = capacity(guest.device));
            resize((long) NEW_SECTORS * SECTOR);
            assertTrue(image.followSize());
            guest.device.grow();
            assertEquals(NEW_SECTORS, heard[0]);
        }
    }

    @Test
    void aDriversWritebackChoiceOutlivesAGrowth() throws Exception {
        try (OpenImage image = open(); IothreadGuest guest = guest(image)) {
            guest.device.writeConfig(32, new byte[] {0});
            resize((long) NEW_SECTORS * SECTOR);
            assertTrue(image.followSize());
            guest.device.grow();
            assertEquals(0, config(guest.device)[32]);
            assertTrue(guest.device.writesThrough());
        }
    }

    @Test
    void aFileThatShrankIsReportedAndTheDiskStaysAsItWas() throws Exception {
        try (OpenImage image = open(); IothreadGuest guest = guest(image)) {
            BlockLimits before = image.limits();
            resize(64L * SECTOR);
            ImageException e = assertThrows(ImageException.class, image::followSize);
            assertTrue(e.getMessage().startsWith(file + ": has shrunk to 32768 bytes; "),
                    e.getMessage());
            assertEquals(before, image.limits());
            assertEquals(OLD_SECTORS, capacity(guest.device));
            guest.send(0, 0, BlockOp.READ, 63);
            guest.assertOk(0, 0);
            guest.send(0, 0, BlockOp.READ, OLD_SECTORS - 1);
            guest.assertAnswer(0, 0, IOERR);
            assertEquals(0, configChanges);
        }
    }

    @Test
    void onlyWholeBlocksAreGained() throws Exception {
        resize(65536);
        try (OpenImage image = open(4096, false)) {
            resize(65536 + 4095);
            assertFalse(image.followSize());
            assertEquals(65536, image.limits().capacityBytes());
            resize(65536 + 2 * 4096 + 512);
            assertTrue(image.followSize());
            assertEquals(65536 + 2 * 4096, image.limits().capacityBytes());
            assertEquals(4096, image.limits().blockBytes());
        }
    }

    @Test
    void disksWithoutFileAndThrowAwayCopiesStayAsTheyAre() throws Exception {
        for (String target : new String[] {"memory:1M", "null:1M"}) {
            try (OpenImage image = Images.open(
                    new ImageSpec(target, null, false, false, IoEngineKind.SYNC))) {
                assertFalse(image.followSize());
                assertEquals(1 << 20, image.limits().capacityBytes());
            }
        }
        try (OpenImage image = open(0, true)) {
            resize((long) NEW_SECTORS * SECTOR);
            assertFalse(image.followSize());
            assertEquals((long) OLD_SECTORS * SECTOR, image.limits().capacityBytes());
        }
    }

    @Test
    void aFileThatIsGoneFromItsDirectoryIsFollowedByItsDescriptor() throws Exception {
        try (OpenImage image = open(); RandomAccessFile other =
                new RandomAccessFile(file.toFile(), "rw")) {
            assertTrue(file.toFile().delete());
            other.setLength((long) NEW_SECTORS * SECTOR);
            assertTrue(image.followSize());
        }
    }
}
