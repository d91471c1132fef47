// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Which block is the most liked, the second, and so on: as in fio the most liked one may have a
 * place, and the others lie all over the region. Other than fio's hash, each rank has a block of
 * its own. Thread: the owner's.
 */
final class Scatter {
    private final long blocks;
    private final Permutation order;
    /** From where the permutation has the most liked block to where it is to be. */
    private final long shift;

    /**
     * A scatter.
     *
     * @param base where the most liked block lies, a share of the region; negative for anywhere
     */
    Scatter(long blocks, double base, RandomStream random) {
        this.blocks = blocks;
        this.order = new Permutation(blocks);
        order.shuffle(random);
        this.shift = base < 0
                ? 0
                : Math.floorMod(Math.min(blocks - 1, (long) (base * blocks)) - order.at(0), blocks);
    }

    /** The block of a rank, the most liked being 0. */
    long block(long rank) {
        long block = order.at(rank) + shift;
        return block < blocks ? block : block - blocks;
    }
}
