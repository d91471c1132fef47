// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which writes become WRITE_ZEROES, and that a disk then holds just what it would without. */
class ZeroDetectorTest {
    private static final int CAPACITY = 1 << 20;
    private static final int BLOCK = 512;
    private static final byte[] NOTHING = new byte[0];

    private AioContext context;

    @BeforeEach
    void makeContext() throws Exception {
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
    }

    @AfterEach
    void closeContext() {
        context.close();
    }

    /** Ends everything inside submit, and keeps what it was. */
    private static final class Last implements BlockBackend {
        private BlockRequest request;
        private BlockOp op;
        private QueueStatus answer = QueueStatus.COMPLETED;
        private int errno;

        @Override
        public BlockLimits limits() {
            return new BlockLimits(1L << 30, BLOCK, BLOCK, 0, false, true, true);
        }

        @Override
        public QueueStatus submit(BlockRequest submitted) {
            request = submitted;
            op = submitted.op();
            submitted.setErrno(errno);
            return answer;
        }

        @Override
        public void commit() {
            // Nothing is ever left over.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    private final Last last = new Last();

    private BlockBackend detector(boolean mayUnmap) {
        return new ContractFilter(
                new ZeroDetector(new ContractFilter(last, context), mayUnmap), context);
    }

    @Test
    void oneByteAnywhereMakesItAWrite() {
        int[][] shapes = {{512}, {1, 511}, {7, 8, 9, 33, 455}, {0, 3, 0, 500, 9, 0}, {39, 473}};
        try (BlockBackend disk = detector(false); TestRequest request = new TestRequest(BLOCK, 6)) {
            for (int[] shape : shapes) {
                for (int at = -1; at < BLOCK; at++) {
                    for (int value : new int[] {1, 0x80}) {
                        byte[] data = new byte[BLOCK];
                        if (at >= 0) {
                            data[at] = (byte) value;
                        }
                        assertEquals(0, request.write(BLOCK, data, shape).run(disk, context));
                        assertEquals(at < 0 ? BlockOp.WRITE_ZEROES : BlockOp.WRITE, last.op,
                                "byte " + at + " of " + Arrays.toString(shape));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void zeroesGoToTheSamePlaceAsStableAndGiveBackStorageIfTheyMay(boolean mayUnmap) {
        try (BlockBackend disk = detector(mayUnmap);
                TestRequest request = new TestRequest(4096, 1)) {
            for (boolean stable : new boolean[] {false, true}) {
                request.write(8192, new byte[4096]).request().setStable(stable);
                assertEquals(0, request.run(disk, context));
                assertNotSame(request.request(), last.request);
                assertEquals(BlockOp.WRITE_ZEROES, last.request.op());
                assertEquals(8192, last.request.offset());
                assertEquals(4096, last.request.lengthBytes());
                assertEquals(stable, last.request.stable());
                assertEquals(mayUnmap, last.request.mayUnmap());
            }
        }
    }

    @Test
    void nothingButWritesOfALimitedLengthIsLookedAt() {
        int most = (int) ZeroDetector.SCANNED_BYTES_MAX;
        try (BlockBackend disk = detector(true);
                TestRequest request = new TestRequest(most + BLOCK, 2)) {
            assertEquals(0, request.write(0, new byte[most], BLOCK, most - BLOCK)
                    .run(disk, context));
            assertEquals(BlockOp.WRITE_ZEROES, last.op);
            assertEquals(0, request.write(0, new byte[most + BLOCK]).run(disk, context));
            assertEquals(BlockOp.WRITE, last.op);
            assertEquals(0, request.write(0, NOTHING, 0, 0).run(disk, context));
            assertEquals(BlockOp.WRITE, last.op);
            assertEquals(0, request.read(0, BLOCK).run(disk, context));
            assertEquals(BlockOp.READ, last.op);
        }
    }

    @Test
    void outcomesArePassedOn() {
        try (BlockBackend disk = detector(false); TestRequest request = new TestRequest(BLOCK, 1)) {
            last.errno = Posix.ENOSPC;
            assertEquals(Posix.ENOSPC, request.write(0, new byte[BLOCK]).run(disk, context));
            last.answer = QueueStatus.BUSY;
            assertEquals(QueueStatus.BUSY, disk.submit(request.write(0, new byte[BLOCK])
                    .request()));
            // The guest has changed its mind meanwhile.
            last.answer = QueueStatus.COMPLETED;
            last.errno = 0;
            NativeMemory.putByte(request.address() + 100, 1);
            assertEquals(0, request.run(disk, context));
            assertEquals(BlockOp.WRITE, last.op);
        }
    }

    @Test
    void aDiskHoldsWhatItWouldHoldWithout() {
        long seed = System.nanoTime();
        System.out.println("ZeroDetectorTest: seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedBackend simulated = new SimulatedBackend(context, CAPACITY, random.nextLong(),
                new SimulatedBackend.Behaviour(30, 10, 0, 1_000, false));
        byte[] model = new byte[CAPACITY];
        int depth = 8;
        int regionBytes = CAPACITY / depth;
        TestRequest[] requests = new TestRequest[depth];
        int[] started = new int[depth];
        boolean[] underWay = new boolean[depth];
        try (BlockBackend disk = new ContractFilter(
                new ZeroDetector(new ContractFilter(simulated, context), true), context)) {
            Arrays.setAll(requests, i -> new TestRequest(32 * BLOCK, 40));
            for (int step = 0; step < 3_000; step++) {
                int slot = random.nextInt(depth);
                TestRequest request = requests[slot];
                if (underWay[slot]) {
                    TestRequest.await(context, () -> request.completions() > started[slot]);
                    assertEquals(0, request.request().errno());
                }
                started[slot] = request.completions();
                byte[] data = data(random);
                int blocks = regionBytes / BLOCK - data.length / BLOCK;
                int offset = slot * regionBytes + random.nextInt(blocks) * BLOCK;
                request.write(offset, data, segments(random, data.length));
                System.arraycopy(data, 0, model, offset, data.length);
                QueueStatus status = disk.submit(request.request());
                disk.commit();
                while (status == QueueStatus.BUSY) {
                    context.poll(true);
                    status = disk.submit(request.request());
                    disk.commit();
                }
                underWay[slot] = status == QueueStatus.QUEUED;
            }
            TestRequest.await(context, () -> simulated.underWay() == 0);
            byte[] onDisk = new byte[CAPACITY];
            NativeMemory.copyToArray(simulated.address(), onDisk, 0, CAPACITY);
            assertArrayEquals(model, onDisk, "seed " + seed);
        } finally {
            for (TestRequest request : requests) {
                request.close();
            }
        }
    }

    /** Zeroes, zeroes but for one byte, or data. */
    private static byte[] data(SplittableRandom random) {
        byte[] data = new byte[(1 + random.nextInt(32)) * BLOCK];
        switch (random.nextInt(4)) {
            case 0, 1 -> { }
            case 2 -> data[random.nextInt(data.length)] = (byte) (1 + random.nextInt(255));
            default -> Arrays.fill(data, (byte) random.nextInt());
        }
        return data;
    }

    private static int[] segments(SplittableRandom random, int lengthBytes) {
        int[] lengths = new int[1 + random.nextInt(39)];
        int left = lengthBytes;
        for (int i = 0; i < lengths.length - 1; i++) {
            lengths[i] = random.nextInt(Math.min(left, 2 * lengthBytes / lengths.length) + 1);
            left -= lengths[i];
        }
        lengths[lengths.length - 1] = left;
        return lengths;
    }

    /** Of each byte the disk gets some value that the guest put there, or keeps the old one. */
    @Test
    void aGuestThatChangesItsBufferGetsOneOfItsOwnValues() throws Exception {
        int oldValue = 0x55;
        int newValue = 0x77;
        int at = 2000;
        AtomicBoolean stop = new AtomicBoolean();
        ImageSpec spec = new ImageSpec("memory:1M", null, false, false, IoEngineKind.SYNC)
                .withStorage(false, DetectZeroes.ON);
        try (OpenImage image = Images.open(spec);
                BlockBackend disk = image.attach(context);
                TestRequest write = new TestRequest(4096, 3);
                TestRequest read = new TestRequest(4096, 1)) {
            write.write(4096, new byte[4096], 1001, 1002, 2093);
            Thread guest = new Thread(() -> {
                for (int i = 0; !stop.get(); i++) {
                    NativeMemory.putByte(write.address() + at, i % 3 == 0 ? newValue : 0);
                }
            });
            guest.start();
            try {
                byte[] before = new byte[4096];
                Arrays.fill(before, (byte) oldValue);
                for (int round = 0; round < 5_000; round++) {
                    assertEquals(0, read.write(4096, before).run(disk, context));
                    assertEquals(0, write.run(disk, context));
                    assertEquals(0, read.read(4096, 4096).run(disk, context));
                    byte[] after = read.bytes(4096);
                    assertTrue(after[at] == 0 || after[at] == newValue, "it is " + after[at]);
                    after[at] = 0;
                    assertArrayEquals(new byte[4096], after);
                }
            } finally {
                stop.set(true);
                guest.join();
            }
        }
    }

    @Test
    void nothingIsAllocatedOnceWarm() throws Exception {
        ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(bean.isThreadAllocatedMemorySupported(), "this JVM does not count allocation");
        try (BlockBackend disk = new ZeroDetector(new NullImage(new LiveLimits(last.limits())),
                true);
                TestRequest request = new TestRequest(4096, 1)) {
            long allocated = Long.MAX_VALUE;
            long thread = Thread.currentThread().getId();
            for (int round = 0; round < 10 && allocated != 0; round++) {
                long before = bean.getThreadAllocatedBytes(thread);
                for (int i = 0; i < 10_000; i++) {
                    NativeMemory.putByte(request.address() + 4000, i % 2);
                    request.prepareAgain(BlockOp.WRITE, 0, 4096);
                    disk.submit(request.request());
                }
                allocated = bean.getThreadAllocatedBytes(thread) - before;
            }
            assertEquals(0, allocated);
        }
    }

    @Test
    void zeroesThatGiveStorageBackNeedDiscard() {
        ImageSpec spec = new ImageSpec("null:1G", null, false, false, IoEngineKind.SYNC);
        String message = assertThrows(IllegalArgumentException.class,
                () -> spec.withStorage(true, DetectZeroes.UNMAP)).getMessage();

        assertEquals("detect-zeroes=unmap gives storage back, which discard=ignore forbids: say "
                + "discard=unmap, or detect-zeroes=on", message);
    }
}
