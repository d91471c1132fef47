// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.virtio.VirtioException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the device offers and what it lets the driver take (virtio 1.3, 2.2, 5.2.3 and 6). */
class NegotiationTest {
    private static final long SEG_MAX = 1L << 2;
    private static final long RO = 1L << 5;
    private static final long BLK_SIZE = 1L << 6;
    private static final long FLUSH = 1L << 9;
    private static final long TOPOLOGY = 1L << 10;
    private static final long CONFIG_WCE = 1L << 11;
    private static final long MQ = 1L << 12;
    private static final long DISCARD = 1L << 13;
    private static final long WRITE_ZEROES = 1L << 14;
    private static final long INDIRECT_DESC = 1L << 28;
    private static final long EVENT_IDX = 1L << 29;
    private static final long VERSION_1 = 1L << 32;
    private static final long RING_PACKED = 1L << 34;
    private static final long ALWAYS = SEG_MAX | BLK_SIZE | FLUSH | TOPOLOGY | CONFIG_WCE
            | INDIRECT_DESC | EVENT_IDX | VERSION_1 | RING_PACKED;
    private static final int WRITEBACK = 32;

    private final IoThread loop = IoThread.adoptCurrent(AioOptions.of(PollingOptions.OFF));

    NegotiationTest() throws Exception {}

    @AfterEach
    void close() {
        loop.close();
    }

    /** A disk that is only asked what it can do. */
    private record Limits(BlockLimits limits) implements BlockBackend {
        @Override
        public QueueStatus submit(BlockRequest request) {
            throw new AssertionError("a request");
        }

        @Override
        public void commit() {
            throw new AssertionError("a commit");
        }

        @Override
        public void close() {}
    }

    private VirtioBlkDevice device(int numQueues, boolean readOnly, boolean canDiscard,
            boolean canWriteZeroes) {
        BlockLimits limits =
                new BlockLimits(1 << 20, 512, 4096, 0, readOnly, canDiscard, canWriteZeroes);
        return new VirtioBlkDevice(
                new VirtioBlkOptions("", numQueues, 64), loop, new Limits(limits));
    }

    private VirtioBlkDevice ordinary() {
        return device(1, false, true, true);
    }

    private static int writeback(VirtioBlkDevice device) {
        byte[] value = new byte[1];
        device.readConfig(WRITEBACK, value);
        return value[0];
    }

    @Test
    void offersWhatDiskAndOptionsAllow() {
        assertEquals(ALWAYS | DISCARD | WRITE_ZEROES, ordinary().features());
        assertEquals(ALWAYS | MQ | DISCARD | WRITE_ZEROES,
                device(2, false, true, true).features());
        assertEquals(ALWAYS | DISCARD, device(1, false, true, false).features());
        assertEquals(ALWAYS | WRITE_ZEROES, device(1, false, false, true).features());
        assertEquals(ALWAYS | RO, device(1, true, false, false).features());
        assertEquals(ALWAYS | RO | MQ, device(256, true, false, false).features());
    }

    @Test
    void tellsItsQueues() {
        assertEquals(1, ordinary().queueCount());
        assertEquals(7, device(7, false, true, true).queueCount());
        assertEquals(64, ordinary().queueSizeMax());
    }

    @Test
    void refusesEachBitThatWasNotOffered() throws VirtioException {
        VirtioBlkDevice device = ordinary();
        device.acknowledgeFeatures(VERSION_1 | FLUSH);
        for (int bit = 0; bit < Long.SIZE; bit++) {
            long feature = 1L << bit;
            if ((device.features() & feature) == 0) {
                assertThrows(VirtioException.class,
                        () -> device.acknowledgeFeatures(VERSION_1 | feature), "bit " + bit);
                assertFalse(device.isNegotiated(feature));
            } else {
                device.acknowledgeFeatures(VERSION_1 | FLUSH | feature);
                assertTrue(device.isNegotiated(feature), "bit " + bit);
            }
        }
    }

    /** cache=writethrough: so it is found, and a driver that can may switch it on. */
    @Test
    void aWriteThroughDiskBeginsWithoutAWriteCache() throws VirtioException {
        BlockLimits limits = new BlockLimits(1 << 20, 512, 4096, 0, false, true, true);
        VirtioBlkDevice device = new VirtioBlkDevice(
                new VirtioBlkOptions("", 1, 64).withWriteCache(false), loop, new Limits(limits));
        for (int driver = 0; driver < 2; driver++) {
            assertEquals(0, writeback(device));
            assertTrue(device.writesThrough());
            device.acknowledgeFeatures(VERSION_1 | FLUSH | CONFIG_WCE);
            assertEquals(0, writeback(device));
            assertTrue(device.writesThrough());
            device.writeConfig(WRITEBACK, new byte[] {1});
            assertEquals(1, writeback(device));
            assertFalse(device.writesThrough());
            device.reset();
        }
        device.acknowledgeFeatures(VERSION_1 | FLUSH);
        assertTrue(device.writesThrough(), "it cannot ask, and a flush does no harm");
    }

    @Test
    void demandsVersion1() {
        VirtioBlkDevice device = ordinary();
        assertThrows(VirtioException.class, () -> device.acknowledgeFeatures(0));
        assertThrows(VirtioException.class,
                () -> device.acknowledgeFeatures(device.features() & ~VERSION_1));
        assertFalse(device.isNegotiated(FLUSH));
    }

    @Test
    void featuresCanChangeOnlyWhileNoQueueRuns() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            assertThrows(VirtioException.class,
                    () -> guest.device.acknowledgeFeatures(VERSION_1));
            assertTrue(guest.device.isNegotiated(EVENT_IDX));
            guest.device.stopQueue(0);
            guest.device.acknowledgeFeatures(VERSION_1);
            assertFalse(guest.device.isNegotiated(EVENT_IDX));
        }
    }

    @Test
    void theCacheCannotBeSwitchedUnlessThatWasNegotiated() throws VirtioException {
        VirtioBlkDevice device = ordinary();
        byte[] off = {0};
        assertThrows(VirtioException.class, () -> device.writeConfig(WRITEBACK, off));
        device.acknowledgeFeatures(VERSION_1 | FLUSH);
        assertThrows(VirtioException.class, () -> device.writeConfig(WRITEBACK, off));
        assertEquals(1, writeback(device));
        device.acknowledgeFeatures(VERSION_1 | FLUSH | CONFIG_WCE);
        device.writeConfig(WRITEBACK, off);
        assertEquals(0, writeback(device));
    }

    @Test
    void theNextDriverFindsTheCacheAsFeaturesHaveIt() throws VirtioException {
        VirtioBlkDevice device = ordinary();
        assertEquals(1, writeback(device));
        device.acknowledgeFeatures(VERSION_1);
        assertEquals(0, writeback(device));
        device.acknowledgeFeatures(VERSION_1 | FLUSH | CONFIG_WCE);
        assertEquals(1, writeback(device));
        assertFalse(device.writesThrough());
        device.writeConfig(WRITEBACK, new byte[] {0});
        device.acknowledgeFeatures(VERSION_1 | CONFIG_WCE);
        assertEquals(0, writeback(device));
        device.acknowledgeFeatures(VERSION_1 | FLUSH);
        assertEquals(1, writeback(device));
        assertFalse(device.writesThrough());
    }

    @Test
    void theSameFeaturesSaidAgainLeaveTheCacheAsTheDriverSwitchedIt() throws VirtioException {
        VirtioBlkDevice device = ordinary();
        device.acknowledgeFeatures(VERSION_1 | FLUSH | CONFIG_WCE);
        device.writeConfig(WRITEBACK, new byte[] {0});
        device.acknowledgeFeatures(VERSION_1 | FLUSH | CONFIG_WCE | EVENT_IDX);
        assertEquals(0, writeback(device));
        assertTrue(device.writesThrough());
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        assertArrayEquals(new int[] {1, 256, 1024}, new int[] {
            new VirtioBlkOptions("", 1, 1).numQueues(),
            new VirtioBlkOptions("01234567890123456789", 256, 4).numQueues(),
            new VirtioBlkOptions("", 1, 1024).queueSize()});
        assertThrows(IllegalArgumentException.class,
                () -> new VirtioBlkOptions("012345678901234567890", 1, 64));
        for (int queues : new int[] {0, -1, 257}) {
            assertThrows(IllegalArgumentException.class,
                    () -> new VirtioBlkOptions("", queues, 64));
        }
        for (int size : new int[] {0, -1, 3, 2048, Integer.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> new VirtioBlkOptions("", 1, size));
        }
    }
}
