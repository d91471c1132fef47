// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.TestRequest;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstBlockGuardTest {
    private static final int BLOCK = 512;
    private static final int CAPACITY = 1 << 20;
    private static final String QCOW2 = "QFI\u00fb\0\0\0\3";

    @TempDir
    Path directory;

    private AioContext context;
    private SimulatedBackend under;
    private BlockBackend disk;

    @BeforeEach
    void attach() throws Exception {
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
        under = new SimulatedBackend(context, CAPACITY, 1, SimulatedBackend.Behaviour.ON_DEMAND);
        BlockBackend filtered = new ContractFilter(under, context);
        disk = new ContractFilter(new RawImage(new LiveLimits(under.limits()),
                new BackendEngine(filtered), new FirstBlockGuard(BLOCK)), context);
    }

    @AfterEach
    void close() {
        disk.close();
        context.close();
    }

    private static byte[] block(String start, int length) {
        return Arrays.copyOf(FormatProbeTest.latin1(start), length);
    }

    private byte[] onDisk(long offset, int length) {
        byte[] bytes = new byte[length];
        NativeMemory.copyToArray(under.address() + offset, bytes, 0, length);
        return bytes;
    }

    private QueueStatus submit(TestRequest request) {
        QueueStatus status = disk.submit(request.request());
        disk.commit();
        return status;
    }

    @Test
    void refusesTheMagicOfAnotherFormat() {
        try (TestRequest request = new TestRequest(4096, 4)) {
            for (String magic : new String[] {QCOW2, "KDMV", "vhdxfile", "LUKS\u00ba\u00be"}) {
                request.write(0, block(magic, 4096), 2, 0, 3, 4091);
                assertEquals(QueueStatus.COMPLETED, submit(request));
                assertEquals(Posix.EPERM, request.request().errno());
            }
            assertArrayEquals(new byte[4096], onDisk(0, 4096));
        }
    }

    @Test
    void letsTheSameBytesPassElsewhere() {
        try (TestRequest request = new TestRequest(BLOCK, 1)) {
            assertEquals(QueueStatus.QUEUED, submit(request.write(BLOCK, block(QCOW2, BLOCK))));
            under.completeAll();
            assertArrayEquals(block(QCOW2, BLOCK), onDisk(BLOCK, BLOCK));
        }
    }

    @Test
    void writesTheBytesThatItLookedAt() {
        byte[] good = block("good", 2 * BLOCK);
        try (TestRequest request = new TestRequest(2 * BLOCK, 3)) {
            request.write(0, good, 100, 700, 224).stable();
            assertEquals(QueueStatus.QUEUED, submit(request));
            byte[] evil = block(QCOW2, BLOCK);
            NativeMemory.copyFromArray(evil, 0, request.address(), BLOCK);
            under.completeAll();
            assertEquals(1, request.completions());
            assertEquals(0, request.request().errno());
            assertEquals(true, request.request().stable());
            assertArrayEquals(good, onDisk(0, 2 * BLOCK));
        }
    }

    @Test
    void cutsTheFirstBlockOutOfAnySegments() {
        byte[] bytes = new byte[4 * BLOCK];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + 1);
        }
        int[] many = new int[4 * BLOCK];
        Arrays.fill(many, 1);
        int[][] cuts = {{4 * BLOCK}, {BLOCK, 3 * BLOCK}, {BLOCK - 1, 3 * BLOCK + 1},
            {BLOCK + 1, 3 * BLOCK - 1}, {0, 0, 100, 0, BLOCK, 0, 3 * BLOCK - 100, 0}, many};
        for (int[] lengths : cuts) {
            NativeMemory.fill(under.address(), bytes.length, 0);
            try (TestRequest request = new TestRequest(bytes.length, lengths.length)) {
                submit(request.write(0, bytes, lengths));
                under.completeAll();
                assertEquals(0, request.request().errno());
                assertArrayEquals(bytes, onDisk(0, bytes.length));
            }
        }
    }

    @Test
    void takesOneSuchWriteAtATime() {
        try (TestRequest first = new TestRequest(BLOCK, 1);
                TestRequest second = new TestRequest(BLOCK, 1);
                TestRequest other = new TestRequest(BLOCK, 1)) {
            assertEquals(QueueStatus.QUEUED, submit(first.write(0, block("first", BLOCK))));
            assertEquals(QueueStatus.BUSY, submit(second.write(0, block("second", BLOCK))));
            assertEquals(QueueStatus.QUEUED, submit(other.write(BLOCK, block("other", BLOCK))));
            assertEquals(QueueStatus.BUSY, submit(second));
            under.completeOne();
            assertEquals(QueueStatus.QUEUED, submit(second));
            under.completeAll();
            assertArrayEquals(block("second", BLOCK), onDisk(0, BLOCK));
        }
    }

    @Test
    void handsErrorsOnAndIsFreeAgain() {
        try (TestRequest request = new TestRequest(BLOCK, 1)) {
            under.failNext(Posix.ENOSPC);
            submit(request.write(0, block("x", BLOCK)));
            under.completeAll();
            assertEquals(Posix.ENOSPC, request.request().errno());
            assertEquals(QueueStatus.QUEUED, submit(request));
            under.completeAll();
            assertEquals(0, request.request().errno());
        }
    }

    @Test
    void guardsOnlyImagesThatNobodyCalledRaw() throws Exception {
        Path path = TestImages.sparse(directory, "disk.raw", CAPACITY);
        try (TestRequest request = new TestRequest(BLOCK, 1)) {
            request.write(0, block(QCOW2, BLOCK));
            assertEquals(Posix.EPERM, write(request, TestImages.writable(path, null)));
            assertArrayEquals(new byte[CAPACITY], Files.readAllBytes(path));
            assertEquals(0, write(request, TestImages.writable(path, ImageFormat.RAW)));
            assertArrayEquals(block(QCOW2, CAPACITY), Files.readAllBytes(path));
        }
    }

    private int write(TestRequest request, ImageSpec spec) throws Exception {
        try (OpenImage image = Images.open(spec); BlockBackend view = image.attach(context)) {
            return request.run(view, context);
        }
    }
}
