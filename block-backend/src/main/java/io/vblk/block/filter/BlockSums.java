// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A sum of each block of a disk, or that it is not known, outside of the heap. Thread: any.
 *
 * <p>Blocks that are far enough apart share a stripe, which says how many writers there are,
 * whether there were several at a time, and by its version whether there was one meanwhile:
 *
 * <pre>
 *   63        version        24  23 several  22      writers      0
 * </pre>
 *
 * <p>Writers of a block set its sum while they are counted, and all of them, the last one
 * included, to unknown when there were several, since who of them came last on the disk is not
 * known. A reader trusts what it read only of a stripe without writers whose version did not change
 * from before it began until after it has looked at the sum. Other blocks of a stripe may so be
 * taken for written when they are not; that leaves them unchecked or unknown, never wrong.
 */
final class BlockSums implements AutoCloseable {
    /** What is not known; the sum that happens to be this is kept as another one. */
    static final int UNKNOWN = 0;
    /** What a reader finds. */
    static final int SAME = 0;
    static final int OTHER = 1;
    static final int LEARNT = 2;
    static final int UNSURE = 3;

    /** Most memory for the sums of a disk. */
    static final long BYTES_MAX = 1L << 30;
    static final int STRIPES = 1 << 16;

    private static final long SEVERAL = 1L << 23;
    private static final long WRITERS = SEVERAL - 1;
    private static final long VERSION = 1L << 24;

    private final int blockBytes;
    private final long blocks;
    private final MappedMemory sums;
    private final AtomicLongArray stripes = new AtomicLongArray(STRIPES);

    /** Nothing is known of the disk. */
    BlockSums(long capacityBytes, int blockBytes) throws ErrnoException {
        this.blockBytes = blockBytes;
        this.blocks = capacityBytes / blockBytes;
        this.sums = MappedMemory.anonymous(Math.max(1, bytesFor(capacityBytes, blockBytes)));
    }

    static long bytesFor(long capacityBytes, int blockBytes) {
        return capacityBytes / blockBytes * Integer.BYTES;
    }

    int blockBytes() {
        return blockBytes;
    }

    /** How many blocks there are sums of; what a disk gains later has none. */
    long blocks() {
        return blocks;
    }

    /** A sum as it is kept. */
    static int kept(long sum) {
        return (int) sum == UNKNOWN ? 1 : (int) sum;
    }

    // ------------------------------------------------------------------ writers

    /** A writer of some blocks begins. */
    void beginWrite(long first, long count) {
        for (long i = 0; i < Math.min(count, STRIPES); i++) {
            int stripe = stripe(first + i);
            long state;
            do {
                state = stripes.get(stripe);
            } while (!stripes.compareAndSet(stripe, state, begun(state)));
        }
    }

    private static long begun(long state) {
        return ((state & WRITERS) > 0 ? state | SEVERAL : state) + VERSION + 1;
    }

    /**
     * A writer of some blocks, at most as many as there are stripes, has ended.
     *
     * @param now their sums, in the array's first elements
     */
    void endWrite(long first, int count, int[] now) {
        assert count <= STRIPES;
        for (int i = 0; i < count; i++) {
            endBlock(first + i, now[i]);
        }
    }

    private void endBlock(long block, int sum) {
        int stripe = stripe(block);
        long state;
        do {
            state = stripes.get(stripe);
            put(block, (state & SEVERAL) == 0 ? sum : UNKNOWN);
        } while (!stripes.compareAndSet(stripe, state, ended(state)));
    }

    /**
     * A writer of any number of blocks has ended; those of a range have this sum now, the others
     * are unknown.
     */
    void endWrite(long first, long count, long rangeBegin, long rangeEnd, int sum) {
        for (long i = 0; i < Math.min(count, STRIPES); i++) {
            int stripe = stripe(first + i);
            long state;
            do {
                state = stripes.get(stripe);
                boolean known = (state & SEVERAL) == 0;
                for (long block = first + i; block < first + count; block += STRIPES) {
                    put(block, known && block >= rangeBegin && block < rangeEnd ? sum : UNKNOWN);
                }
            } while (!stripes.compareAndSet(stripe, state, ended(state)));
        }
    }

    /** A writer of some blocks has not written. */
    void cancelWrite(long first, long count) {
        for (long i = 0; i < Math.min(count, STRIPES); i++) {
            int stripe = stripe(first + i);
            long state;
            do {
                state = stripes.get(stripe);
            } while (!stripes.compareAndSet(stripe, state, ended(state)));
        }
    }

    private static long ended(long state) {
        long left = state - 1;
        return (left & WRITERS) == 0 ? left & ~SEVERAL : left;
    }

    // ------------------------------------------------------------------ readers

    /** To be taken before a block is read, and shown afterwards. */
    long stateOf(long block) {
        return stripes.get(stripe(block));
    }

    /** Whether nobody writes the block, or has since this was its state. */
    boolean isQuiet(long block, long state) {
        return (state & WRITERS) == 0 && stateOf(block) == state;
    }

    /** Compares what was read of a block since it had this state; learns what is not known. */
    int check(long block, long state, int sum) {
        int stripe = stripe(block);
        int expected = get(block);
        // Not only a look: it keeps the sum from being looked at later than the stripe.
        if ((state & WRITERS) != 0 || !stripes.compareAndSet(stripe, state, state)) {
            return UNSURE;
        }
        if (expected != UNKNOWN) {
            return expected == sum ? SAME : OTHER;
        }
        // Who learns is a writer, or its sum could come after that of a write meanwhile.
        if (!stripes.compareAndSet(stripe, state, begun(state))) {
            return UNSURE;
        }
        endBlock(block, sum);
        return LEARNT;
    }

    /** The sum that is kept of a block. */
    int get(long block) {
        return NativeMemory.getInt(sums.address() + block * Integer.BYTES);
    }

    private void put(long block, int sum) {
        NativeMemory.putInt(sums.address() + block * Integer.BYTES, sum);
    }

    private static int stripe(long block) {
        return (int) (block & STRIPES - 1);
    }

    @Override
    public void close() {
        sums.close();
    }
}
