// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.BlockOp;

/** Next operation and block of a job: sequential, random, mixed, by seed. Thread: the job's. */
final class AccessPattern implements RequestSource {
    private static final int PERCENT = 100;

    private final JobSpec spec;
    private final Pacer pacer;
    private final long blocks;
    /** Blocks to go through, or -1 for no end. */
    private final long total;
    private long state;
    private long issued;
    private BlockOp op = BlockOp.READ;
    private long block;

    /**
     * A pattern.
     *
     * @param job number of the job, so that each has its own random numbers
     */
    AccessPattern(JobSpec spec, int job) {
        this(spec, job, null);
    }

    /**
     * A pattern.
     *
     * @param job number of the job, so that each has its own random numbers
     * @param pacer says in a mixed job what comes next; null for a closed loop
     */
    AccessPattern(JobSpec spec, int job, Pacer pacer) {
        this.spec = spec;
        this.pacer = pacer;
        this.blocks = spec.blocks();
        this.total = spec.timeBased() ? -1 : blocks;
        this.state = scramble(spec.randSeed() + scramble(job + 1));
    }

    @Override
    public boolean next() {
        if (issued == total) {
            return false;
        }
        op = nextOp();
        block = spec.rw().random()
                ? Math.floorMod(nextRandom(), blocks)
                : issued % blocks;
        issued++;
        return true;
    }

    private BlockOp nextOp() {
        if (!spec.rw().writes()) {
            return BlockOp.READ;
        }
        if (!spec.rw().reads()) {
            return BlockOp.WRITE;
        }
        if (pacer != null) {
            return pacer.isWrite() ? BlockOp.WRITE : BlockOp.READ;
        }
        boolean read = Math.floorMod(nextRandom(), (long) PERCENT) < spec.rwMixRead();
        return read ? BlockOp.READ : BlockOp.WRITE;
    }

    /** splitmix64: java.util.SplittableRandom's mixer, here without an object. */
    private long nextRandom() {
        state += 0x9E3779B97F4A7C15L;
        return scramble(state);
    }

    static long scramble(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    @Override
    public BlockOp op() {
        return op;
    }

    @Override
    public long block() {
        return block;
    }
}
