// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import io.vblk.posix.Posix;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine does; one small subclass for each. */
abstract class IoEngineContract {
    private static final int FILE_BYTES = 1 << 22;
    private static final int EFBIG = 27;
    private static final int EDQUOT = 122;

    final FakeFile file = new FakeFile(FILE_BYTES);
    AioContext context;
    BlockBackend disk;

    abstract IoEngine open(HostFile hostFile, AioContext home);

    @BeforeEach
    void openEngine() throws Exception {
        context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
        disk = attach();
    }

    private BlockBackend attach() {
        return new ContractFilter(
                EngineBackend.of(open(file, context), 2L * FILE_BYTES), context);
    }

    @AfterEach
    void closeEngine() {
        disk.close();
        context.close();
    }

    static byte[] pattern(long seed, int length) {
        byte[] bytes = new byte[length];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    private int run(TestRequest request) {
        return request.run(disk, context);
    }

    private byte[] inFile(int offset, int length) {
        return Arrays.copyOfRange(file.bytes, offset, offset + length);
    }

    @Test
    void readsWhatWasWrittenWhateverTheSegments() {
        byte[] bytes = pattern(1, 10_000);
        try (TestRequest request = new TestRequest(10_000, 8)) {
            assertEquals(0, run(request.write(777, bytes, 0, 1, 511, 0, 4096, 5392, 0)));
            assertArrayEquals(bytes, inFile(777, 10_000));
            assertEquals(0, run(request.read(777, 0, 0, 9_999, 1)));
            assertArrayEquals(bytes, request.bytes(10_000));
        }
    }

    @Test
    void resumesShortTransfers() {
        byte[] bytes = pattern(2, 6_000);
        for (int transferMax : new int[] {1, 7, 512, 999, 5_999}) {
            file.transferMax = transferMax;
            Arrays.fill(file.bytes, (byte) 0);
            try (TestRequest request = new TestRequest(6_000, 5)) {
                assertEquals(0, run(request.write(3, bytes, 1000, 0, 7, 4993, 0).stable()));
                assertArrayEquals(bytes, inFile(3, 6_000));
                assertEquals(0, run(request.read(3, 5_000, 999, 0, 1)));
                assertArrayEquals(bytes, request.bytes(6_000));
            }
        }
        assertEquals(0, file.count("write"), "a resumed stable write stays stable");
    }

    @Test
    void keepsToTheLimitOfSegmentsPerCall() {
        int[] lengths = new int[3_000];
        Arrays.fill(lengths, 3);
        Arrays.fill(lengths, 100, 1_500, 0);
        int length = 3 * 1_600;
        byte[] bytes = pattern(3, length);
        try (TestRequest request = new TestRequest(length, lengths.length)) {
            assertEquals(0, run(request.write(0, bytes, lengths)));
            assertArrayEquals(bytes, inFile(0, length));
            assertEquals(0, run(request.read(0, lengths)));
            assertArrayEquals(bytes, request.bytes(length));
        }
    }

    @Test
    void reportsTheEndOfTheFileInsideTheDiskAsAnError() {
        try (TestRequest request = new TestRequest(1024, 1)) {
            assertEquals(Posix.EIO, run(request.read(FILE_BYTES - 512, 1024)));
            assertEquals(Posix.EIO, run(request.read(FILE_BYTES, 512)));
        }
    }

    @Test
    void reportsErrorsOfTheHost() {
        try (TestRequest request = new TestRequest(4096, 1)) {
            file.fail("write", Posix.ENOSPC);
            assertEquals(Posix.ENOSPC, run(request.write(0, pattern(4, 4096))));
            assertEquals(0, run(request.write(0, pattern(4, 4096)).stable()));
            file.fail("stableWrite", EDQUOT);
            assertEquals(EDQUOT, run(request.write(0, pattern(4, 4096)).stable()));
            file.fail("read", Posix.EIO);
            assertEquals(Posix.EIO, run(request.read(0, 4096)));
            file.fail("punchHole", Posix.EIO);
            assertEquals(Posix.EIO, run(request.range(BlockOp.DISCARD, 0, 4096)));
            file.fail("zeroRange", Posix.ENOSPC);
            assertEquals(Posix.ENOSPC, run(request.range(BlockOp.WRITE_ZEROES, 0, 4096)));
            file.repair("write");
            assertEquals(0, run(request.write(0, pattern(4, 4096))));
        }
    }

    @Test
    void failsEveryFlushAfterOneThatFailedOnAllContexts() {
        BlockBackend other = attach();
        try (TestRequest request = new TestRequest(512, 1)) {
            assertEquals(0, run(request.flush()));
            assertEquals(0, run(request.write(0, pattern(5, 512))));
            file.fail("fdatasync", Posix.EIO);
            assertEquals(Posix.EIO, run(request.flush()));
            file.repair("fdatasync");
            assertEquals(Posix.EIO, run(request.flush()));
            assertEquals(Posix.EIO, request.flush().run(other, context));
            assertEquals(2, file.count("fdatasync"), "the kernel has forgotten, so nobody asks it");
            assertEquals(0, run(request.write(0, pattern(5, 512))), "writes go on");
            request.range(BlockOp.WRITE_ZEROES, 0, 512).stable();
            assertEquals(Posix.EIO, run(request));
        } finally {
            other.close();
        }
    }

    /** On every view: what one wrote another may flush. */
    @Test
    void flushesOnlyWhatWasChanged() {
        BlockBackend other = attach();
        try (TestRequest request = new TestRequest(512, 1)) {
            assertEquals(0, run(request.flush()));
            assertEquals(1, file.count("fdatasync"), "who knows what was before");
            assertEquals(0, request.flush().run(other, context));
            assertEquals(0, run(request.read(0, 512)));
            assertEquals(0, run(request.write(0, pattern(5, 512)).stable()));
            assertEquals(0, run(request.flush()));
            assertEquals(1, file.count("fdatasync"), "nothing that is not stable");
            int syncs = 1;
            for (BlockOp op : new BlockOp[] {BlockOp.DISCARD, BlockOp.WRITE_ZEROES,
                    BlockOp.SECURE_ERASE, BlockOp.WRITE}) {
                if (op == BlockOp.WRITE) {
                    request.write(0, pattern(5, 512));
                } else {
                    request.range(op, 0, 4096);
                }
                assertEquals(0, run(request));
                assertEquals(0, request.flush().run(other, context));
                assertEquals(++syncs, file.count("fdatasync"), "after " + op);
                assertEquals(0, run(request.flush()));
            }
            file.fail("write", Posix.ENOSPC);
            assertEquals(Posix.ENOSPC, run(request.write(0, pattern(5, 512))));
            assertEquals(0, run(request.flush()));
            assertEquals(++syncs, file.count("fdatasync"), "some of it may have been written");
        } finally {
            other.close();
        }
    }

    @Test
    void discardsByPunchingWhereTheHostCan() {
        Arrays.fill(file.bytes, (byte) 1);
        try (TestRequest request = new TestRequest(1, 1)) {
            assertEquals(0, run(request.range(BlockOp.DISCARD, 4096, 8192)));
            assertArrayEquals(new byte[8192], inFile(4096, 8192));
            assertEquals(List.of("punchHole 4096+8192"), file.calls);
            file.fail("punchHole", Posix.EINVAL);
            assertEquals(0, run(request.range(BlockOp.DISCARD, 1, 1)), "not this range");
            file.fail("punchHole", Posix.EOPNOTSUPP);
            assertEquals(0, run(request.range(BlockOp.DISCARD, 4096, 8192)));
            assertEquals(3, file.count("punchHole"));
            assertEquals(0, run(request.range(BlockOp.DISCARD, 4096, 8192)));
            assertEquals(3, file.count("punchHole"), "a file that cannot is asked once");
        }
    }

    @Test
    void writesZeroesInTheCheapestWayTheHostKnows() {
        try (TestRequest request = new TestRequest(1, 1)) {
            assertZeroes(request, true, "punchHole 512+2000000");
            assertZeroes(request, false, "zeroRange 512+2000000");
            file.fail("zeroRange", Posix.EINVAL);
            assertZeroes(request, false, "zeroRange 512+2000000", "punchHole 512+2000000",
                    "allocate 512+2000000");
            file.fail("punchHole", Posix.EINVAL);
            file.transferMax = 700_001;
            String[] pieces = {"write 512+1048576",
                "write 700513+1048576", "write 1400514+524288", "write 1924802+65536",
                "write 1990338+8192", "write 1998530+1024", "write 1999554+512",
                "write 2000066+256", "write 2000322+128", "write 2000450+32",
                "write 2000482+16", "write 2000498+8", "write 2000506+4", "write 2000510+2"};
            assertZeroes(request, false,
                    after(pieces, "zeroRange 512+2000000", "punchHole 512+2000000"));
            assertZeroes(request, true,
                    after(pieces, "punchHole 512+2000000", "zeroRange 512+2000000"));
            file.transferMax = Integer.MAX_VALUE;
            file.fail("zeroRange", Posix.EOPNOTSUPP);
            file.fail("punchHole", Posix.ENOSYS);
            assertEquals(0, run(request.range(BlockOp.WRITE_ZEROES, 0, 512)));
            file.fail("write", Posix.ENOSPC);
            assertEquals(Posix.ENOSPC, run(request.range(BlockOp.WRITE_ZEROES, 0, 512)));
            assertEquals(List.of("zeroRange 0+512", "punchHole 0+512", "write 0+512",
                    "write 0+512"), file.calls);
        }
    }

    private static String[] after(String[] last, String... first) {
        return Stream.concat(Stream.of(first), Stream.of(last)).toArray(String[]::new);
    }

    @Test
    void asksForNothingAgainThatTheHostDoesNotKnowOnAnyContext() {
        BlockBackend other = attach();
        try (TestRequest request = new TestRequest(1, 1)) {
            file.fail("zeroRange", Posix.EOPNOTSUPP);
            assertZeroes(request, false, "zeroRange 512+2000000", "punchHole 512+2000000",
                    "allocate 512+2000000");
            assertZeroes(request, false, "punchHole 512+2000000", "allocate 512+2000000");
            request.range(BlockOp.WRITE_ZEROES, 4096, 512);
            assertEquals(0, request.run(other, context));
            assertEquals(List.of("punchHole 4096+512", "allocate 4096+512"), file.calls);
            file.fail("allocate", Posix.EOPNOTSUPP);
            assertZeroes(request, false, "punchHole 512+2000000", "allocate 512+2000000",
                    "write 512+1048576", "write 1049088+524288", "write 1573376+262144",
                    "write 1835520+131072", "write 1966592+32768", "write 1999360+1024",
                    "write 2000384+128");
            file.calls.clear();
            assertEquals(0, request.run(other, context));
            assertEquals(0, file.count("punchHole"), "storage would be lost for nothing");
            assertZeroes(request, true, "punchHole 512+2000000");
        } finally {
            other.close();
        }
    }

    @Test
    void aDeviceThatSomebodyHoldsGetsZeroesAsDataAndIsAskedAgain() {
        try (TestRequest request = new TestRequest(1, 1)) {
            file.fail("zeroRange", Posix.EBUSY);
            file.fail("punchHole", Posix.EBUSY);
            assertEquals(0, run(request.range(BlockOp.DISCARD, 0, 512)));
            assertEquals(0, run(request.range(BlockOp.WRITE_ZEROES, 0, 512)));
            assertEquals(0, run(request.range(BlockOp.WRITE_ZEROES, 0, 512)));
            assertEquals(2, file.count("zeroRange"));
            assertEquals(2, file.count("write"));
        }
    }

    @Test
    void zeroesForWhichThereIsNoRoomFail() {
        try (TestRequest request = new TestRequest(1, 1)) {
            for (int errno : new int[] {Posix.ENOSPC, EDQUOT, EFBIG, Posix.EIO, Posix.EPERM}) {
                file.fail("zeroRange", errno);
                assertEquals(errno, run(request.range(BlockOp.WRITE_ZEROES, 0, 512)));
                file.fail("punchHole", errno);
                assertEquals(errno, run(request.range(BlockOp.DISCARD, 0, 512)));
                request.range(BlockOp.WRITE_ZEROES, 0, 512).request().setMayUnmap(true);
                assertEquals(errno, run(request), "and no other way is tried");
            }
            file.fail("zeroRange", Posix.EINVAL);
            file.repair("punchHole");
            file.fail("allocate", Posix.ENOSPC);
            assertEquals(Posix.ENOSPC, run(request.range(BlockOp.WRITE_ZEROES, 0, 512)));
            assertEquals(0, file.count("write"));
        }
    }

    private void assertZeroes(TestRequest request, boolean mayUnmap, String... calls) {
        Arrays.fill(file.bytes, (byte) 1);
        file.calls.clear();
        request.range(BlockOp.WRITE_ZEROES, 512, 2_000_000);
        request.request().setMayUnmap(mayUnmap);
        assertEquals(0, run(request));
        assertArrayEquals(new byte[2_000_000], inFile(512, 2_000_000));
        assertEquals(1, file.bytes[511]);
        assertEquals(1, file.bytes[2_000_512]);
        assertEquals(List.of(calls), file.calls);
        file.calls.clear();
    }

    @Test
    void syncsAfterStableZeroes() {
        try (TestRequest request = new TestRequest(1, 1)) {
            assertEquals(0, run(request.range(BlockOp.WRITE_ZEROES, 0, 512).stable()));
            assertEquals(List.of("zeroRange 0+512", "fdatasync 0+0"), file.calls);
        }
    }

    @Test
    void erasesSecurelyOrSaysWhyNotWithoutAnyOtherWay() {
        Arrays.fill(file.bytes, (byte) 1);
        try (TestRequest request = new TestRequest(1, 1)) {
            assertEquals(0, run(request.range(BlockOp.SECURE_ERASE, 4096, 8192)));
            assertArrayEquals(new byte[8192], inFile(4096, 8192));
            assertEquals(1, file.bytes[4095]);
            assertEquals(1, file.bytes[4096 + 8192]);
            for (int errno : new int[] {Posix.EIO, Posix.EOPNOTSUPP, Posix.EINVAL, 0}) {
                file.fail("secureErase", errno);
                assertEquals(errno, run(request.range(BlockOp.SECURE_ERASE, 512, 512)));
            }
            assertEquals(5, file.count("secureErase"), "asked each time");
            assertEquals(5, file.calls.size(), "no other call");
            assertEquals(0, run(request.range(BlockOp.SECURE_ERASE, 512, 0)));
            assertEquals(5, file.calls.size());
        }
    }

    @Test
    void lengthZeroSucceedsWithoutASystemCall() {
        try (TestRequest request = new TestRequest(1, 2)) {
            assertEquals(0, run(request.read(512)));
            assertEquals(0, run(request.read(512, 0, 0)));
            assertEquals(0, run(request.write(512, new byte[0], 0)));
            assertEquals(0, run(request.range(BlockOp.DISCARD, 512, 0)));
            assertEquals(0, run(request.range(BlockOp.WRITE_ZEROES, 512, 0)));
            request.range(BlockOp.WRITE_ZEROES, 512, 0).request().setMayUnmap(true);
            assertEquals(0, run(request));
            assertEquals(List.of(), file.calls);
        }
    }

    @Test
    void commitWithoutRequestsDoesNothing() {
        disk.commit();
        assertEquals(List.of(), file.calls);
    }
}
