// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ReadWrite;
import io.vblk.fio.WaitMode;

/** Jobs for tests, each named by what matters about it. */
final class Jobs {
    static final int BLOCK_BYTES = 4096;

    private Jobs() {}

    private static JobSpec job(ReadWrite rw, int rwMixRead, int blockBytes, boolean timeBased,
            long offset, long sizeBytes, long seed) {
        return new JobSpec(rw, rwMixRead, blockBytes, 1, 1, timeBased ? 1_000_000_000L : 0,
                timeBased, 0, offset, sizeBytes, seed, true, WaitMode.POLL);
    }

    /** A job over a region in bytes. */
    static JobSpec region(ReadWrite rw, int blockBytes, long offset, long sizeBytes) {
        return job(rw, 50, blockBytes, false, offset, sizeBytes, 1);
    }

    /** A job over a number of blocks, once. */
    static JobSpec blocks(ReadWrite rw, long blocks, long seed) {
        return job(rw, 50, BLOCK_BYTES, false, 0, blocks * BLOCK_BYTES, seed);
    }

    /** A job over a number of blocks, again and again. */
    static JobSpec endless(ReadWrite rw, long blocks, long seed) {
        return job(rw, 50, BLOCK_BYTES, true, 0, blocks * BLOCK_BYTES, seed);
    }

    /** A mixed job, again and again. */
    static JobSpec mix(ReadWrite rw, int rwMixRead, long seed) {
        return job(rw, rwMixRead, BLOCK_BYTES, true, 0, 64 * BLOCK_BYTES, seed);
    }
}
