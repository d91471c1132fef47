// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static io.vblk.block.engine.IoEngineContract.pattern;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A file whose units are 4096 bytes and that ends inside one, under requests of any sectors. */
class AlignedEngineTest {
    private static final int UNIT = 4096;
    private static final int SECTOR = 512;
    private static final int WHOLE = 256 * UNIT;
    private static final int SIZE = WHOLE + 3 * SECTOR;
    private static final int BUFFER = BounceBuffers.BUFFER_BYTES;

    private final FakeFile.Tail tail = new FakeFile.Tail();
    private final DirectIo direct = new DirectIo(SECTOR, UNIT, SECTOR, tail, SIZE);
    private final FakeFile file = new FakeFile(SIZE, direct);
    private final byte[] expected = pattern(1, SIZE);
    private AioContext context;
    private BlockBackend disk;

    @BeforeEach
    void makeFile() throws Exception {
        tail.join(file);
        System.arraycopy(expected, 0, file.bytes, 0, SIZE);
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
    }

    private void open(IoEngineKind kind) throws Exception {
        disk = new ContractFilter(
                EngineBackend.of(IoEngines.open(kind, file, context, false), SIZE), context);
    }

    @AfterEach
    void close() {
        disk.close();
        context.close();
    }

    private int run(TestRequest request) {
        file.calls.clear();
        int errno = request.run(disk, context);
        assertEquals(0, file.count("refused"), file.calls.toString());
        return errno;
    }

    private void write(long offset, int length, long seed, int... cuts) {
        byte[] bytes = pattern(seed, length);
        try (TestRequest request = new TestRequest(length, 8)) {
            assertEquals(0, run(request.write(offset, bytes, cuts)));
        }
        System.arraycopy(bytes, 0, expected, (int) offset, length);
        assertArrayEquals(expected, file.bytes);
    }

    private void read(long offset, int length, int... cuts) {
        try (TestRequest request = new TestRequest(length, 8)) {
            request.read(offset, cuts.length == 0 ? new int[] {length} : cuts);
            assertEquals(0, run(request));
            assertArrayEquals(
                    Arrays.copyOfRange(expected, (int) offset, (int) offset + length),
                    request.bytes(length));
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void whatFitsPassesAsItIs(IoEngineKind kind) throws Exception {
        open(kind);
        read(0, 2 * UNIT);
        assertEquals(List.of("read 0+8192"), file.calls);
        read(UNIT, 3 * UNIT, UNIT, 2 * UNIT);
        assertEquals(List.of("read 4096+12288"), file.calls);
        write(WHOLE - UNIT, UNIT, 2);
        assertEquals(List.of("write 1044480+4096"), file.calls);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void memoryThatDoesNotFitGoesThroughABuffer(IoEngineKind kind) throws Exception {
        open(kind);
        read(UNIT, 2 * UNIT, 1, 0, 2 * UNIT - 1);
        assertEquals(List.of("read 4096+8192"), file.calls);
        write(UNIT, 2 * UNIT, 3, 1000, UNIT, UNIT - 1000);
        assertEquals(List.of("write 4096+8192"), file.calls, "whole units are not read");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void writesOfPartsKeepTheRestOfTheirUnits(IoEngineKind kind) throws Exception {
        open(kind);
        write(UNIT + SECTOR, SECTOR, 4);
        assertEquals(List.of("read 4096+4096", "write 4096+4096"), file.calls);
        write(SECTOR, UNIT, 5);
        assertEquals(List.of("read 0+4096", "read 4096+4096", "write 0+8192"), file.calls);
        write(0, 3 * UNIT + SECTOR, 6);
        assertEquals(List.of("read 12288+4096", "write 0+16384"), file.calls);
        write(SECTOR, 3 * UNIT - SECTOR, 7, 3, 3 * UNIT - SECTOR - 3);
        assertEquals(List.of("read 0+4096", "write 0+12288"), file.calls);
        read(SECTOR, UNIT, 7, UNIT - 7);
        assertEquals(List.of("read 0+8192"), file.calls);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void largeRequestsGoInPieces(IoEngineKind kind) throws Exception {
        open(kind);
        int length = 2 * BUFFER + 2 * SECTOR;
        write(3 * SECTOR, length, 8, 1, length - 1);
        assertEquals(List.of("read 0+4096", "write 0+131072", "write 131072+131072",
                "read 262144+4096", "write 262144+4096"), file.calls);
        read(3 * SECTOR, length, length - 2, 2);
        assertEquals(List.of("read 0+131072", "read 131072+131072", "read 262144+4096"),
                file.calls);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void stableWritesStayStable(IoEngineKind kind) throws Exception {
        open(kind);
        try (TestRequest request = new TestRequest(SECTOR, 1)) {
            assertEquals(0, run(request.write(SECTOR, pattern(9, SECTOR)).stable()));
            assertEquals(List.of("read 0+4096", "stableWrite 0+4096"), file.calls);
        }
    }

    /** What is behind the last whole unit goes through the page cache and is not left there. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void theTailIsReadAndWrittenAsItIs(IoEngineKind kind) throws Exception {
        open(kind);
        read(WHOLE, 3 * SECTOR);
        assertEquals(List.of("tailRead 1048576+1536"), file.calls);
        write(WHOLE + SECTOR, SECTOR, 10);
        assertEquals(List.of("tailStableWrite 1049088+512"), file.calls);
        write(WHOLE - UNIT, UNIT + 3 * SECTOR, 11);
        assertEquals(List.of("write 1044480+4096", "tailStableWrite 1048576+1536"), file.calls);
        write(WHOLE - SECTOR, 2 * SECTOR, 12, 1, 2 * SECTOR - 1);
        assertEquals(List.of("read 1044480+4096", "write 1044480+4096",
                "tailStableWrite 1048576+512"), file.calls);
        read(WHOLE - 2 * SECTOR, 5 * SECTOR, 9, 5 * SECTOR - 9);
        assertEquals(List.of("read 1044480+4096", "tailRead 1048576+1536"), file.calls);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void theTailOfAFileThatHasGrownIsAUnitAsOthers(IoEngineKind kind) throws Exception {
        open(kind);
        direct.setSize(WHOLE - UNIT + SECTOR);
        read(WHOLE - UNIT, SECTOR);
        assertEquals(List.of("tailRead 1044480+512"), file.calls);
        direct.setSize(SIZE);
        read(WHOLE - UNIT, SECTOR);
        assertEquals(List.of("read 1044480+4096"), file.calls);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void zeroesAreWrittenAtTheEndsAndMadeBetween(IoEngineKind kind) throws Exception {
        open(kind);
        zero(2 * UNIT, 3 * UNIT);
        assertEquals(List.of("zeroRange 8192+12288"), file.calls);
        zero(9 * UNIT + SECTOR, SECTOR);
        assertEquals(List.of("read 36864+4096", "write 36864+4096"), file.calls);
        zero(20 * UNIT - SECTOR, UNIT + 2 * SECTOR);
        assertEquals(List.of("read 77824+4096", "write 77824+4096", "zeroRange 81920+4096",
                "read 86016+4096", "write 86016+4096"), file.calls);
        zero(WHOLE - UNIT, UNIT + 2 * SECTOR);
        assertEquals(List.of("zeroRange 1044480+4096", "tailStableWrite 1048576+1024"),
                file.calls);
        file.fail("zeroRange", Posix.EOPNOTSUPP);
        file.fail("punchHole", Posix.EOPNOTSUPP);
        zero(30 * UNIT - SECTOR, UNIT + SECTOR);
        assertEquals(List.of("read 118784+4096", "write 118784+4096", "zeroRange 122880+4096",
                "punchHole 122880+4096", "write 122880+4096"), file.calls);
    }

    private void zero(int offset, int length) {
        try (TestRequest request = new TestRequest(1, 1)) {
            assertEquals(0, run(request.range(BlockOp.WRITE_ZEROES, offset, length)));
        }
        Arrays.fill(expected, offset, offset + length, (byte) 0);
        assertArrayEquals(expected, file.bytes);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void discardsReachWholeUnitsOnly(IoEngineKind kind) throws Exception {
        open(kind);
        try (TestRequest request = new TestRequest(1, 1)) {
            assertEquals(0, run(request.range(BlockOp.DISCARD, SECTOR, UNIT)));
            assertEquals(List.of(), file.calls);
            assertEquals(0, run(request.range(BlockOp.DISCARD, SECTOR, 3 * UNIT)));
            assertEquals(List.of("punchHole 4096+8192"), file.calls);
            assertEquals(0, run(request.range(BlockOp.DISCARD, WHOLE - UNIT, UNIT + SECTOR)));
            assertEquals(List.of("punchHole 1044480+4096"), file.calls);
            file.fail("secureErase", Posix.EINVAL);
            assertEquals(Posix.EINVAL,
                    run(request.range(BlockOp.SECURE_ERASE, SECTOR, UNIT)), "no less than asked");
        }
    }

    /** Each of them comes back, and nothing stays locked behind it. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void errorsOfAnyPieceEndTheRequest(IoEngineKind kind) throws Exception {
        open(kind);
        try (TestRequest request = new TestRequest(2 * UNIT, 2)) {
            for (String call : List.of("read", "write", "tailStableWrite")) {
                file.fail(call, Posix.ENOSPC);
                request.write(WHOLE - SECTOR, pattern(13, 2 * SECTOR));
                assertEquals(Posix.ENOSPC, run(request));
                file.repair(call);
                assertEquals(0, run(request));
            }
            file.fail("read", Posix.EIO);
            assertEquals(Posix.EIO, run(request.read(SECTOR, UNIT)));
            file.fail("write", Posix.EIO);
            assertEquals(Posix.EIO, run(request.write(0, pattern(14, UNIT))));
            file.repair("write");
            assertEquals(0, run(request.write(0, pattern(14, UNIT))));
        }
    }

    /** For memory that it registers, above all. */
    @Test
    void tellsTheEngineOfMemoryThatComesAndGoes() throws Exception {
        open(IoEngineKind.SYNC);
        List<String> told = new ArrayList<>();
        IoEngine below = new IoEngine() {
            @Override
            public QueueStatus submit(BlockRequest request) {
                return QueueStatus.BUSY;
            }

            @Override
            public void commit() {
                told.add("commit");
            }

            @Override
            public void addBuffers(long address, long lengthBytes) {
                told.add("add " + address + "+" + lengthBytes);
            }

            @Override
            public void removeBuffers(long address, long lengthBytes) {
                told.add("remove " + address + "+" + lengthBytes);
            }

            @Override
            public void close() {
                told.add("close");
            }
        };
        try (IoEngine aligned = new AlignedEngine(below, direct, context, () -> null)) {
            aligned.addBuffers(4096, 512);
            aligned.commit();
            aligned.removeBuffers(4096, 512);
        }
        assertEquals(List.of("add 4096+512", "commit", "remove 4096+512", "close"), told);
    }

    /** More than there are buffers, all in the same unit: one after the other. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void requestsThatShareAUnitDoNotUndoEachOther(IoEngineKind kind) throws Exception {
        open(kind);
        int count = 3 * BounceBuffers.BUFFERS_MAX;
        TestRequest[] requests = new TestRequest[count];
        for (int i = 0; i < count; i++) {
            requests[i] = new TestRequest(SECTOR, 1);
            byte[] bytes = pattern(100 + i, SECTOR);
            disk.submit(requests[i].write(i % 8 * SECTOR, bytes).request());
            System.arraycopy(bytes, 0, expected, i % 8 * SECTOR, SECTOR);
        }
        disk.commit();
        TestRequest.await(context,
                () -> Arrays.stream(requests).allMatch(request -> request.completions() == 1));
        assertArrayEquals(expected, file.bytes);
        for (TestRequest request : requests) {
            assertEquals(0, request.request().errno());
            request.close();
        }
        assertTrue(file.count("read 0+4096") == count && file.count("write 0+4096") == count);
    }
}
