// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Each block once in a random order, then all again in another: fio's random map, for requests of
 * one size, without a map. With a sequence, the region is divided into runs of so many blocks, and
 * each run comes once. Thread: the job's.
 */
final class EachOnce implements Places {
    private final RandomStream random;
    private final Permutation runs;
    private final int blockBytes;
    private final long blocks;
    private final int sequence;
    /** How many runs of this pass have begun. */
    private long begun;
    private long block;
    private long runEnd;

    /**
     * A first order.
     *
     * @param sequence blocks in a row
     */
    EachOnce(long regionBytes, int blockBytes, int sequence, RandomStream random) {
        this.random = random;
        this.blockBytes = blockBytes;
        this.blocks = regionBytes / blockBytes;
        this.sequence = sequence;
        this.runs = new Permutation((blocks + sequence - 1) / sequence);
        this.begun = runs.count();
    }

    @Override
    public long take(int direction, int lengthBytes) {
        if (block >= runEnd) {
            beginRun();
        }
        return block++ * blockBytes;
    }

    private void beginRun() {
        if (begun == runs.count()) {
            runs.shuffle(random);
            begun = 0;
        }
        block = runs.at(begun++) * sequence;
        runEnd = Math.min(block + sequence, blocks);
    }

    @Override
    public int lengthBytes() {
        return blockBytes;
    }
}
