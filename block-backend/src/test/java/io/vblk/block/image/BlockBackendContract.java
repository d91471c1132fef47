// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every image does; one small subclass for each kind. */
abstract class BlockBackendContract {
    private static final int CAPACITY = 1 << 20;
    private static final long HUGE = 5L << 30;
    private static final int BLOCK = 512;
    private static final int REQUEST_BLOCKS_MAX = 24;
    private static final int DEPTH = 12;
    private static final int OPERATIONS = 2_000;

    @TempDir
    Path directory;

    AioContext context;

    /** Opens a disk of zeroes. */
    abstract OpenImage open(long capacityBytes, boolean readOnly) throws Exception;

    /** Whether reads yield what was written. */
    boolean storesData() {
        return true;
    }

    @BeforeEach
    void makeContext() throws Exception {
        context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
    }

    @AfterEach
    void closeContext() {
        context.close();
    }

    private BlockBackend attach(OpenImage image) throws Exception {
        return new ContractFilter(image.attach(context), context);
    }

    private void assertBytes(byte[] expected, byte[] actual) {
        if (storesData()) {
            assertArrayEquals(expected, actual);
        }
    }

    static byte[] filled(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void hasTheCapacityAskedForAndSoundLimits() throws Exception {
        try (OpenImage image = open(CAPACITY, false); BlockBackend disk = attach(image)) {
            BlockLimits limits = disk.limits();
            assertEquals(image.limits(), limits);
            assertEquals(CAPACITY, limits.capacityBytes());
            assertEquals(CAPACITY / BLOCK, limits.capacitySectors());
            assertEquals(BLOCK, limits.blockBytes());
            assertEquals(0, limits.physicalBlockBytes() % limits.blockBytes());
            assertFalse(limits.readOnly());
            assertTrue(limits.canDiscard() && limits.canWriteZeroes());
            assertFalse(image.description().isEmpty());
        }
    }

    @Test
    void readOnlyDisksAllowNoChange() throws Exception {
        try (OpenImage image = open(CAPACITY, true);
                BlockBackend disk = attach(image);
                TestRequest request = new TestRequest(BLOCK, 1)) {
            BlockLimits limits = disk.limits();
            assertTrue(limits.readOnly());
            assertFalse(limits.canDiscard() || limits.canWriteZeroes());
            assertEquals(0, request.read(0, BLOCK).run(disk, context));
            assertBytes(new byte[BLOCK], request.bytes(BLOCK));
            assertEquals(0, request.flush().run(disk, context));
        }
    }

    @Test
    void keepsEachBlockApartAtTheEndsOfTheDisk() throws Exception {
        try (OpenImage image = open(CAPACITY, false);
                BlockBackend disk = attach(image);
                TestRequest request = new TestRequest(3 * BLOCK, 3)) {
            for (long offset : new long[] {0, CAPACITY - BLOCK}) {
                assertEquals(0, request.write(offset, filled(7, BLOCK)).run(disk, context));
                assertEquals(0, request.read(offset, 1, 0, BLOCK - 1).run(disk, context));
                assertBytes(filled(7, BLOCK), request.bytes(BLOCK));
            }
            assertEquals(0, request.read(BLOCK, BLOCK).run(disk, context));
            assertBytes(new byte[BLOCK], request.bytes(BLOCK));
            assertEquals(0, request.read(CAPACITY - 2 * BLOCK, BLOCK).run(disk, context));
            assertBytes(new byte[BLOCK], request.bytes(BLOCK));
        }
    }

    @Test
    void reachesBeyondTwoAndFourGibibytes() throws Exception {
        try (OpenImage image = open(HUGE, false);
                BlockBackend disk = attach(image);
                TestRequest request = new TestRequest(4096, 1)) {
            long[] offsets = {0, (1L << 31) - 2048, (1L << 32) - 2048, HUGE - 4096};
            for (int i = 0; i < offsets.length; i++) {
                assertEquals(0, request.write(offsets[i], filled(i + 1, 4096)).run(disk, context));
            }
            for (int i = 0; i < offsets.length; i++) {
                assertEquals(0, request.read(offsets[i], 4096).run(disk, context));
                assertBytes(filled(i + 1, 4096), request.bytes(4096));
            }
            long almostAll = HUGE - 4096;
            assertEquals(0, request.range(BlockOp.DISCARD, 0, almostAll).run(disk, context));
            request.range(BlockOp.WRITE_ZEROES, 0, almostAll).request().setMayUnmap(true);
            assertEquals(0, request.run(disk, context));
            for (int i = 0; i < offsets.length; i++) {
                assertEquals(0, request.read(offsets[i], 4096).run(disk, context));
                int expected = i == offsets.length - 1 ? offsets.length : 0;
                assertBytes(filled(expected, 4096), request.bytes(4096));
            }
        }
    }

    @Test
    void viewsOfOneDiskShareItsBytes() throws Exception {
        try (OpenImage image = open(CAPACITY, false);
                BlockBackend first = attach(image);
                BlockBackend second = attach(image);
                TestRequest request = new TestRequest(BLOCK, 1)) {
            assertEquals(0, request.write(4096, filled(9, BLOCK)).run(first, context));
            assertEquals(0, request.read(4096, BLOCK).run(second, context));
            assertBytes(filled(9, BLOCK), request.bytes(BLOCK));
            assertEquals(0, request.flush().run(second, context));
        }
    }

    @Test
    void lengthZeroSucceeds() throws Exception {
        try (OpenImage image = open(CAPACITY, false);
                BlockBackend disk = attach(image);
                TestRequest request = new TestRequest(1, 1)) {
            assertEquals(0, request.read(0).run(disk, context));
            assertEquals(0, request.read(CAPACITY, 0).run(disk, context));
            assertEquals(0, request.write(0, new byte[0], 0).run(disk, context));
            assertEquals(0, request.range(BlockOp.DISCARD, CAPACITY, 0).run(disk, context));
            assertEquals(0, request.range(BlockOp.WRITE_ZEROES, 0, 0).run(disk, context));
        }
    }

    /** Random requests, several in flight, against an array. */
    @Test
    void behavesLikeAnArray() throws Exception {
        long seed = Long.getLong("contract.seed", System.nanoTime());
        System.out.println(getClass().getSimpleName() + ": -Dcontract.seed=" + seed);
        try (OpenImage image = open(CAPACITY, false); BlockBackend disk = attach(image)) {
            new RandomLoad(disk, seed).run();
        }
    }

    @Test
    void tellsWhereItsBytesCanBeRead() throws Exception {
        try (OpenImage image = open(CAPACITY, false);
                BlockBackend disk = attach(image);
                TestRequest request = new TestRequest(BLOCK, 1)) {
            if (image.path() == null) {
                assertNull(image.facts(), "a disk without a file");
                return;
            }
            assertEquals(0, request.write(BLOCK, filled(5, BLOCK)).run(disk, context));
            byte[] all = Files.readAllBytes(Path.of(image.path()));
            assertEquals(CAPACITY, all.length);
            assertArrayEquals(filled(5, BLOCK), Arrays.copyOfRange(all, BLOCK, 2 * BLOCK));
            assertEquals("raw", image.facts().probedFormat());
        }
    }

    private final class RandomLoad {
        private final BlockBackend disk;
        private final SplittableRandom random;
        private final byte[] model = new byte[CAPACITY];
        private final BitSet blocksUnderWay = new BitSet();
        private final Slot[] slots = new Slot[DEPTH];
        private int started;

        RandomLoad(BlockBackend disk, long seed) {
            this.disk = disk;
            this.random = new SplittableRandom(seed);
            for (int i = 0; i < DEPTH; i++) {
                slots[i] = new Slot();
            }
        }

        void run() {
            while (started < OPERATIONS) {
                for (Slot slot : slots) {
                    if (!slot.busy) {
                        slot.start();
                    }
                }
                disk.commit();
                context.poll(false);
                reap();
            }
            TestRequest.await(context, this::reap);
            for (Slot slot : slots) {
                slot.request.close();
            }
        }

        /** Checks what has ended; true when nothing is under way any more. */
        private boolean reap() {
            boolean idle = true;
            for (Slot slot : slots) {
                if (slot.busy && slot.request.completions() > slot.completionsBefore) {
                    slot.end();
                }
                idle &= !slot.busy;
            }
            return idle;
        }

        private final class Slot {
            final TestRequest request = new TestRequest(REQUEST_BLOCKS_MAX * BLOCK, 8);
            boolean busy;
            int completionsBefore;
            private int from;
            private int to;

            void start() {
                int blocks = 1 + random.nextInt(REQUEST_BLOCKS_MAX);
                int first = random.nextInt(CAPACITY / BLOCK - blocks);
                if (!blocksUnderWay.get(first, first + blocks).isEmpty()) {
                    return;
                }
                from = first * BLOCK;
                to = from + blocks * BLOCK;
                prepare();
                QueueStatus status = disk.submit(request.request());
                if (status == QueueStatus.BUSY) {
                    return;
                }
                started++;
                busy = true;
                completionsBefore = request.completions();
                blocksUnderWay.set(first, first + blocks);
                if (status == QueueStatus.COMPLETED) {
                    end();
                }
            }

            private void prepare() {
                int length = to - from;
                int cut = random.nextInt(length + 1);
                switch (random.nextInt(12)) {
                    case 0 -> request.flush();
                    case 1, 2 -> {
                        request.range(BlockOp.WRITE_ZEROES, from, length);
                        request.request().setMayUnmap(random.nextBoolean());
                    }
                    case 3, 4, 5, 6 -> {
                        byte[] bytes = new byte[length];
                        for (int i = 0; i < length; i++) {
                            bytes[i] = (byte) (random.nextInt() | 1);
                        }
                        request.write(from, bytes, cut, 0, length - cut);
                        request.request().setStable(random.nextInt(50) == 0);
                    }
                    default -> request.read(from, cut, length - cut, 0);
                }
            }

            void end() {
                busy = false;
                blocksUnderWay.clear(from / BLOCK, to / BLOCK);
                assertEquals(0, request.request().errno());
                switch (request.request().op()) {
                    case READ -> assertBytes(
                            Arrays.copyOfRange(model, from, to), request.bytes(to - from));
                    case WRITE -> System.arraycopy(
                            request.bytes(to - from), 0, model, from, to - from);
                    case WRITE_ZEROES -> Arrays.fill(model, from, to, (byte) 0);
                    default -> { }
                }
            }
        }
    }
}
