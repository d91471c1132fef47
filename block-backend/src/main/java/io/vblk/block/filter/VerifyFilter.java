// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Keeps a sum of each block that is written and compares what is read; a block of which nothing
 * is known is learnt from the first read. A read with a wrong block ends with EIO. Thread: home.
 *
 * <p>A guest may change its data while they are written; so their sum is taken before and after,
 * and a block whose sums differ is unknown.
 */
final class VerifyFilter extends WatchingFilter<VerifyFilter.Checked> {
    /** Longer transfers are not looked at, for they would hold up the event loop. */
    static final long SUMMED_BYTES_MAX = 16L << 20;
    /** What is counted, in blocks. */
    static final List<String> COUNTS = List.of("same", "wrong", "learnt", "unsure", "summed");

    private static final int SUMMED = 4;

    private final AioContext context;
    private final VerifiedDisk shared;
    private final BlockSums sums;
    private final int blockBytes;
    private final int zeroesSum;
    private final CRC32C crc = new CRC32C();
    private final byte[] block;
    private final SegmentReader reader = new SegmentReader();
    /** Written by home, read by any as they are. */
    private final long[] counts = new long[COUNTS.size()];

    /** A request, by the blocks that it touches, and of those the ones that it covers. */
    static final class Checked extends WatchingFilter.Watch {
        private static final int BLOCKS_FIRST = 64;

        private long first;
        private long count;
        private long firstWhole;
        private int wholes;
        private boolean summed;
        /** Of a write: what the blocks hold afterwards, from {@code first} on. */
        private int[] sums = new int[BLOCKS_FIRST];
        /** Of a read: the states of the whole blocks before it, from {@code firstWhole} on. */
        private long[] states = new long[BLOCKS_FIRST];

        Checked(VerifyFilter owner) {
            super(owner);
        }
    }

    /** Copies a request's data piece by piece, from the first to the last. */
    private static final class SegmentReader {
        private long element;
        private long done;

        void start(BlockRequest request) {
            element = request.iovecs();
            done = 0;
        }

        /** Goes on so far; copies it if there is somewhere to. */
        void next(byte[] to, int lengthBytes) {
            int got = 0;
            while (got < lengthBytes) {
                long left = IovecArray.lengthAt(element) - done;
                if (left == 0) {
                    element += IovecArray.ELEMENT_BYTES;
                    done = 0;
                    continue;
                }
                int some = (int) Math.min(left, lengthBytes - got);
                if (to != null) {
                    NativeMemory.copyToArray(IovecArray.baseAt(element) + done, to, got, some);
                }
                got += some;
                done += some;
            }
        }
    }

    VerifyFilter(BlockBackend disk, AioContext context, VerifiedDisk shared) {
        super(disk);
        this.context = context;
        this.shared = shared;
        this.sums = shared.sums();
        this.blockBytes = sums.blockBytes();
        this.block = new byte[blockBytes];
        this.zeroesSum = sum();
    }

    /** What is counted under a name of the list. Thread: any. */
    long count(int index) {
        return counts[index];
    }

    @Override
    Checked watch() {
        return new Checked(this);
    }

    // ------------------------------------------------------------------ before

    @Override
    void began(Checked watch, BlockRequest request) {
        locate(watch, request);
        if (watch.count == 0) {
            return;
        }
        if (request.op() == BlockOp.READ) {
            rememberStates(watch);
            return;
        }
        sums.beginWrite(watch.first, watch.count);
        if (watch.summed) {
            Arrays.fill(watch.sums, 0, (int) watch.count, BlockSums.UNKNOWN);
            watch.summed = sumWholes(watch, request, false);
        }
    }

    private void locate(Checked watch, BlockRequest request) {
        long begin = request.offset();
        long end = Math.min(begin + request.lengthBytes(), sums.blocks() * blockBytes);
        watch.first = begin / blockBytes;
        watch.firstWhole = (begin + blockBytes - 1) / blockBytes;
        boolean transfer = request.op() == BlockOp.READ || request.op() == BlockOp.WRITE;
        watch.summed = transfer && request.lengthBytes() <= SUMMED_BYTES_MAX;
        if (begin >= end) {
            watch.count = 0;
            watch.wholes = 0;
            return;
        }
        watch.count = (end + blockBytes - 1) / blockBytes - watch.first;
        watch.wholes = !watch.summed
                ? 0 : (int) Math.max(0, end / blockBytes - watch.firstWhole);
        if (watch.summed && watch.count > watch.sums.length) {
            int room = Integer.highestOneBit((int) watch.count) * 2;
            watch.sums = new int[room];
            watch.states = new long[room];
        }
    }

    private void rememberStates(Checked watch) {
        for (int i = 0; i < watch.wholes; i++) {
            watch.states[i] = sums.stateOf(watch.firstWhole + i);
        }
    }

    /**
     * Sums the whole blocks of a write.
     *
     * @param again whether it was done before, so that what has changed since is unknown
     * @return false if the guest's memory is gone
     */
    private boolean sumWholes(Checked watch, BlockRequest request, boolean again) {
        int before = (int) (watch.firstWhole - watch.first);
        try {
            skipToWhole(watch, request);
            for (int i = before; i < before + watch.wholes; i++) {
                reader.next(block, blockBytes);
                int sum = sum();
                if (again && sum != watch.sums[i]) {
                    sum = BlockSums.UNKNOWN;
                }
                watch.sums[i] = sum;
            }
            return true;
        } catch (InternalError e) {
            throwIfLate(e);
            return false;
        }
    }

    private void skipToWhole(Checked watch, BlockRequest request) {
        reader.start(request);
        if (watch.wholes > 0) {
            reader.next(null, (int) (watch.firstWhole * blockBytes - request.offset()));
        }
    }

    private static void throwIfLate(InternalError fault) {
        if (!MappedMemory.FAULTS_COME_IN_TIME) {
            throw fault;
        }
        // Whoever needs the data says so.
    }

    private int sum() {
        crc.reset();
        crc.update(block, 0, blockBytes);
        return BlockSums.kept(crc.getValue());
    }

    // ------------------------------------------------------------------ after

    @Override
    void ended(Checked watch, BlockRequest request) {
        if (watch.count == 0) {
            return;
        }
        if (request.op() == BlockOp.READ) {
            if (request.errno() == 0 && !isRight(watch, request)) {
                request.setErrno(Posix.EIO);
            }
        } else if (request.errno() != 0) {
            lost(watch, request);
        } else if (request.op() == BlockOp.WRITE_ZEROES) {
            long end = request.offset() + request.lengthBytes();
            sums.endWrite(watch.first, watch.count, watch.firstWhole, end / blockBytes, zeroesSum);
        } else if (watch.summed && sumWholes(watch, request, true)) {
            counts[SUMMED] += watch.wholes;
            sums.endWrite(watch.first, (int) watch.count, watch.sums);
        } else {
            lost(watch, request);
        }
    }

    private boolean isRight(Checked watch, BlockRequest request) {
        boolean right = true;
        try {
            skipToWhole(watch, request);
            for (int i = 0; i < watch.wholes; i++) {
                long number = watch.firstWhole + i;
                boolean quiet = sums.isQuiet(number, watch.states[i]);
                reader.next(quiet ? block : null, blockBytes);
                int found = quiet ? sums.check(number, watch.states[i], sum()) : BlockSums.UNSURE;
                counts[found]++;
                if (found == BlockSums.OTHER) {
                    right = false;
                    shared.tell(number * blockBytes, sums.get(number), sum(), context.nanoTime());
                }
            }
        } catch (InternalError e) {
            throwIfLate(e);
        }
        return right;
    }

    @Override
    void turnedAway(Checked watch, BlockRequest request) {
        if (request.op() != BlockOp.READ) {
            sums.cancelWrite(watch.first, watch.count);
        }
    }

    @Override
    void lost(Checked watch, BlockRequest request) {
        if (request.op() != BlockOp.READ) {
            sums.endWrite(watch.first, watch.count, 0, 0, BlockSums.UNKNOWN);
        }
    }
}
