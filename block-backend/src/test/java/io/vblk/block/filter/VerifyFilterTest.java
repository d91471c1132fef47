// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.block.TestRequest;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VerifyFilterTest {
    private static final int CAPACITY = 1 << 20;
    private static final int BLOCK = 4096;
    private static final BlockLimits LIMITS =
            new BlockLimits(CAPACITY, 512, 4096, 0, false, true, true);

    private final List<TestRequest> made = new ArrayList<>();
    private long nowNs;
    private AioContext context;
    private SimulatedBackend under;
    private DiskFilter shared;
    private BlockBackend disk;

    @BeforeEach
    void open() throws Exception {
        context = AioContext.create(new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, () -> nowNs += 1_000));
        use(new Behaviour(50, 0, 0, 0, false));
    }

    private void use(Behaviour behaviour) throws Exception {
        if (disk != null) {
            disk.close();
            shared.close();
        }
        under = new SimulatedBackend(context, LIMITS, 1, behaviour);
        shared = new VerifySpec("verify", BLOCK).open(LIMITS);
        disk = new ContractFilter(
                shared.around(new ContractFilter(under, context), context, 0), context);
    }

    @AfterEach
    void close() {
        disk.close();
        shared.close();
        made.forEach(TestRequest::close);
        context.close();
    }

    private TestRequest request() {
        TestRequest request = new TestRequest(16 * BLOCK, 8);
        made.add(request);
        return request;
    }

    private static byte[] filled(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private int write(long offset, int value, int length) {
        return request().write(offset, filled(value, length)).run(disk, context);
    }

    private int read(long offset, int length) {
        return request().read(offset, length).run(disk, context);
    }

    /** Changes a byte past the filter. */
    private void rot(long offset) {
        long at = under.address() + offset;
        NativeMemory.putByte(at, NativeMemory.getByte(at) ^ 0x10);
    }

    private void assertCounts(String counts) {
        assertEquals("verify: " + counts, shared.report().lines().get(0));
    }

    @Test
    void findsABlockThatIsNotWhatWasWritten() {
        assertEquals(0, write(BLOCK, 7, 2 * BLOCK));
        assertEquals(0, read(0, 4 * BLOCK));
        rot(2 * BLOCK + 17);
        assertEquals(0, read(BLOCK, BLOCK));
        assertEquals(Posix.EIO, read(2 * BLOCK, BLOCK));
        assertEquals(Posix.EIO, read(0, 4 * BLOCK), "it stays wrong");
        rot(2 * BLOCK + 17);
        assertEquals(0, read(0, 4 * BLOCK), "until it is right again");
        assertCounts("same=10, wrong=2, learnt=2, unsure=0, summed=2");
    }

    @Test
    void learnsWhatItDoesNotKnowFromTheFirstRead() {
        assertEquals(0, read(0, BLOCK));
        rot(5);
        assertEquals(Posix.EIO, read(0, BLOCK));
        rot(BLOCK + 5);
        assertEquals(0, read(BLOCK, BLOCK), "what was so before is not known");
    }

    @Test
    void dataInPiecesOfAnySizeAreTheSameData() {
        byte[] bytes = new byte[2 * BLOCK];
        new SplittableRandom(3).nextBytes(bytes);
        assertEquals(0, request().write(512 * 8, bytes, 1, 0, 4094, 3, 2 * BLOCK - 4098)
                .run(disk, context));
        assertEquals(0, request().read(512 * 8, 5000, 2 * BLOCK - 5000).run(disk, context));
        assertCounts("same=2, wrong=0, learnt=0, unsure=0, summed=2");
    }

    @Test
    void aPartOfABlockMakesItUnknownAndIsNotChecked() {
        assertEquals(0, write(0, 1, 3 * BLOCK));
        assertEquals(0, write(BLOCK - 512, 2, BLOCK + 1024));
        assertCounts("same=0, wrong=0, learnt=0, unsure=0, summed=4");
        assertEquals(0, read(512, 3 * BLOCK - 1024));
        assertCounts("same=1, wrong=0, learnt=0, unsure=0, summed=4");
        assertEquals(0, read(0, 3 * BLOCK));
        assertCounts("same=2, wrong=0, learnt=2, unsure=0, summed=4");
    }

    @Test
    void zeroesAreKnownAndDiscardedBlocksAreNot() {
        assertEquals(0, write(0, 1, 4 * BLOCK));
        assertEquals(0, request().range(BlockOp.WRITE_ZEROES, 512, 3 * BLOCK).run(disk, context));
        assertEquals(0, read(0, 4 * BLOCK));
        assertCounts("same=2, wrong=0, learnt=2, unsure=0, summed=4");
        rot(BLOCK);
        assertEquals(Posix.EIO, read(BLOCK, BLOCK));
        assertEquals(0, request().range(BlockOp.DISCARD, 0, 4 * BLOCK).run(disk, context));
        rot(BLOCK);
        assertEquals(0, read(0, 4 * BLOCK), "what a discarded block reads as is open");
        assertEquals(0, request().range(BlockOp.WRITE_ZEROES, 512, 1024).run(disk, context));
        assertEquals(0, read(0, BLOCK));
    }

    @Test
    void aWriteThatFailedLeavesItsBlocksUnknown() {
        assertEquals(0, write(0, 1, BLOCK));
        under.failNext(Posix.EIO);
        assertEquals(Posix.EIO, write(0, 2, BLOCK));
        rot(9);
        assertEquals(0, read(0, BLOCK));
        under.failNext(Posix.EIO);
        assertEquals(Posix.EIO, read(0, BLOCK));
        assertCounts("same=0, wrong=0, learnt=1, unsure=0, summed=1");
    }

    @Test
    void whatIsReadWhileItIsWrittenIsNotChecked() throws Exception {
        use(Behaviour.ON_DEMAND);
        TestRequest writes = request().write(0, filled(1, BLOCK));
        TestRequest reads = request().read(0, BLOCK);
        assertEquals(QueueStatus.QUEUED, disk.submit(writes.request()));
        assertEquals(QueueStatus.QUEUED, disk.submit(reads.request()));
        disk.commit();
        under.completeAt(1);
        assertEquals(0, reads.request().errno());
        under.completeAll();
        // The other way round: the write begins and ends while the read is under way.
        assertEquals(QueueStatus.QUEUED, disk.submit(reads.read(0, BLOCK).request()));
        writes.write(0, filled(2, BLOCK));
        assertEquals(QueueStatus.QUEUED, disk.submit(writes.request()));
        disk.commit();
        under.completeAt(1);
        under.completeAll();
        assertEquals(0, reads.request().errno());
        assertCounts("same=0, wrong=0, learnt=0, unsure=2, summed=2");
        assertEquals(QueueStatus.QUEUED, disk.submit(reads.read(0, BLOCK).request()));
        disk.commit();
        under.completeAll();
        assertCounts("same=1, wrong=0, learnt=0, unsure=2, summed=2");
    }

    @Test
    void writesThatOverlapInTimeLeaveTheirBlockUnknown() throws Exception {
        use(Behaviour.ON_DEMAND);
        for (int last = 0; last < 2; last++) {
            TestRequest first = request().write(0, filled(1, BLOCK));
            TestRequest second = request().write(0, filled(2, 2 * BLOCK));
            disk.submit(first.request());
            disk.submit(second.request());
            disk.commit();
            under.completeAt(1 - last);
            under.completeAll();
            TestRequest reads = request().read(0, 2 * BLOCK);
            disk.submit(reads.request());
            disk.commit();
            under.completeAll();
            assertEquals(0, reads.request().errno());
        }
        assertCounts("same=2, wrong=0, learnt=2, unsure=0, summed=6");
    }

    @Test
    void aGuestThatChangesItsDataMeanwhileIsNotHeldToThem() throws Exception {
        use(Behaviour.ON_DEMAND);
        TestRequest writes = request().write(0, filled(1, 2 * BLOCK));
        disk.submit(writes.request());
        disk.commit();
        NativeMemory.putByte(writes.address() + 100, 77);
        under.completeAll();
        rot(0);
        TestRequest reads = request().read(0, 2 * BLOCK);
        disk.submit(reads.request());
        disk.commit();
        under.completeAll();
        assertEquals(0, reads.request().errno());
        assertCounts("same=1, wrong=0, learnt=1, unsure=0, summed=2");
    }

    @Test
    void aWriteThatIsTurnedAwayChangesNothing() throws Exception {
        use(new Behaviour(0, 100, 0, 0, true));
        TestRequest other = request().flush();
        disk.submit(other.request());
        TestRequest writes = request().write(0, filled(1, BLOCK));
        assertEquals(QueueStatus.BUSY, disk.submit(writes.request()));
        disk.commit();
        under.completeAll();
        assertEquals(QueueStatus.QUEUED, disk.submit(writes.request()));
        disk.commit();
        under.completeAll();
        rot(0);
        TestRequest reads = request().read(0, BLOCK);
        disk.submit(reads.request());
        disk.commit();
        under.completeAll();
        assertEquals(Posix.EIO, reads.request().errno());
    }

    @Test
    void refusesDisksThatNeedTooMuchMemoryAndOddBlocks() throws Exception {
        BlockLimits large = LIMITS.withCapacity((BlockSums.BYTES_MAX / 4 + 1) * BLOCK);
        IOException e = assertThrows(IOException.class,
                () -> new VerifySpec("verify", BLOCK).open(large));
        assertTrue(e.getMessage().contains("block=1M"), e.getMessage());
        new VerifySpec("verify", 2 * BLOCK).open(large).close();
        for (int bytes : new int[] {0, 256, 1000, 3 << 19, 2 << 20}) {
            assertThrows(IllegalArgumentException.class, () -> new VerifySpec("verify", bytes));
        }
    }

    @Test
    void whatADiskGainsLaterIsNotLookedAt() throws Exception {
        BlockLimits small = LIMITS.withCapacity(BLOCK + 512);
        try (DiskFilter filter = new VerifySpec("verify", BLOCK).open(small)) {
            SimulatedBackend grown = new SimulatedBackend(
                    context, LIMITS, 1, new Behaviour(50, 0, 0, 0, false));
            BlockBackend view = filter.around(grown, context, 0);
            assertEquals(0, request().write(0, filled(3, 4 * BLOCK)).run(view, context));
            assertEquals(0, request().read(0, 4 * BLOCK).run(view, context));
            assertEquals(0, request().read(3 * BLOCK, BLOCK).run(view, context));
            assertEquals(0, request().range(BlockOp.DISCARD, BLOCK, CAPACITY - BLOCK)
                    .run(view, context));
            assertEquals(List.of("verify: same=1, wrong=0, learnt=0, unsure=0, summed=1"),
                    filter.report().lines());
            view.close();
        }
    }
}
