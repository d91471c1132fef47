// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.uring.Uring;
import io.vblk.uring.UringProbe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registered memory against the kernel. */
class FixedBuffersTest {
    private static final long GIB = 1L << 30;
    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    @BeforeEach
    void assumeAvailable() {
        UringProbe probe = UringProbe.run();
        assumeTrue(probe.available(), probe.reason());
    }

    @Test
    void aRegionIsThereFromItsFirstUserToItsLast() throws Exception {
        try (Uring ring = Uring.create(2);
                MappedMemory memory = MappedMemory.anonymous(4 * BLOCK)) {
            ring.enable();
            FixedBuffers buffers = new FixedBuffers("disk", ring, GIB);
            long at = memory.address();
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at, 1));
            buffers.add(at, 2 * BLOCK);
            buffers.add(at + 2 * BLOCK, 2 * BLOCK);
            buffers.add(at, 2 * BLOCK);
            assertEquals(0, buffers.indexOf(at, 2 * BLOCK));
            assertEquals(1, buffers.indexOf(at + 4 * BLOCK - 1, 1));
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at + BLOCK, 2 * BLOCK), "crosses");
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at - 1, 1));
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at + 4 * BLOCK, 1));
            buffers.remove(at, 2 * BLOCK);
            assertEquals(0, buffers.indexOf(at, 2 * BLOCK), "has another user");
            buffers.remove(at, 2 * BLOCK);
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at, 1));
            assertEquals(0, buffers.indexOf(at + 2 * BLOCK, 1));
            buffers.remove(at + 2 * BLOCK, 2 * BLOCK);
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at + 2 * BLOCK, 1));
        }
    }

    @Test
    void aLongRegionIsCutIntoSlices() throws Exception {
        try (Uring ring = Uring.create(2);
                MappedMemory memory = MappedMemory.anonymous(5 * BLOCK)) {
            ring.enable();
            FixedBuffers buffers = new FixedBuffers("disk", ring, 3 * BLOCK);
            long at = memory.address();
            buffers.add(at, 5 * BLOCK);
            assertEquals(0, buffers.indexOf(at, 3 * BLOCK));
            assertEquals(1, buffers.indexOf(at + 3 * BLOCK, 2 * BLOCK));
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at + 2 * BLOCK, 2 * BLOCK));
            assertEquals(FixedBuffers.NONE, buffers.indexOf(at + 4 * BLOCK, 2 * BLOCK));
        }
    }

    @Test
    void whatCannotBeRegisteredIsDoneWithout() throws Exception {
        try (Uring ring = Uring.create(2);
                MappedMemory memory = MappedMemory.anonymous(BLOCK)) {
            ring.enable();
            FixedBuffers buffers = new FixedBuffers("disk", ring, GIB);
            buffers.add(4096, BLOCK);
            assertEquals(FixedBuffers.NONE, buffers.indexOf(4096, 1), "nothing is mapped there");
            buffers.add(memory.address(), BLOCK);
            assertEquals(FixedBuffers.NONE, buffers.indexOf(memory.address(), 1), "not retried");
            buffers.remove(memory.address(), BLOCK);
            buffers.remove(4096, BLOCK);
        }
    }

    @Test
    void transfersInsideAndOutsideArriveWhereTheyShould() throws Exception {
        Path path = directory.resolve("disk.raw");
        byte[] content = IoEngineContract.pattern(1, 16 * BLOCK);
        Files.write(path, content);
        int fd = Posix.open(path.toString(), Posix.O_RDWR, 0);
        try (HostFile file = new HostFile("disk.raw", fd, fd);
                AioContext context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
                MappedMemory memory = MappedMemory.anonymous(17 * BLOCK);
                IoEngine engine =
                        IoEngines.open(IoEngineKind.IO_URING, file, context, true)) {
            long at = memory.address();
            engine.addBuffers(at, 8 * BLOCK);
            transfer(engine, context, memory, BlockOp.READ);
            byte[] got = new byte[16 * BLOCK];
            NativeMemory.copyToArray(at, got, 0, got.length);
            assertArrayEquals(content, got);
            NativeMemory.fill(at, 16 * BLOCK, 7);
            transfer(engine, context, memory, BlockOp.WRITE);
            assertArrayEquals(new byte[] {7, 7, 7}, new byte[] {
                Files.readAllBytes(path)[0], Files.readAllBytes(path)[8 * BLOCK],
                Files.readAllBytes(path)[16 * BLOCK - 1]});
            assertNotEquals(7, content[0]);
            engine.removeBuffers(at, 8 * BLOCK);
        }
    }

    /** All blocks in one batch, half of them in registered memory. */
    private static void transfer(
            IoEngine engine, AioContext context, MappedMemory memory, BlockOp op) {
        List<BlockRequest> ended = new ArrayList<>();
        BlockCompletion note = ended::add;
        IovecArray iovecs = new IovecArray(memory.address() + 16 * BLOCK, 16);
        for (int i = 0; i < 16; i++) {
            BlockRequest request = new BlockRequest(note);
            iovecs.set(i, memory.address() + (long) i * BLOCK, BLOCK);
            request.transfer(op, (long) i * BLOCK, BLOCK, iovecs.address(i), 1);
            assertEquals(QueueStatus.QUEUED, engine.submit(request));
        }
        engine.commit();
        TestRequest.await(context, () -> ended.size() == 16);
        for (BlockRequest request : ended) {
            assertEquals(0, request.errno());
        }
    }
}
