// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockLimits;

/**
 * A disk with a limited rate. Discards and zeroes count as one write each and as no bytes, since
 * they move none; flushes do not count.
 *
 * @param text the operator's words
 * @param requests most requests a second
 * @param bytes most bytes a second
 * @param burstNs for how long a disk that was idle is faster: so much of the rate is saved up
 */
public record RateSpec(String text, Limits requests, Limits bytes, long burstNs)
        implements FilterSpec {
    /** What is saved up unless told otherwise, as QEMU does. */
    public static final long BURST_NS_DEFAULT = 100_000_000;
    /** Longest time whose rate is saved up: an hour. */
    public static final long BURST_NS_MAX = 3_600_000_000_000L;

    /**
     * Limits of one measure, 0 for none.
     *
     * @param total of reads and writes together
     * @param reads of reads
     * @param writes of writes
     */
    public record Limits(long total, long reads, long writes) {
        /** Checks the ranges. */
        public Limits {
            if (total < 0 || reads < 0 || writes < 0) {
                throw new IllegalArgumentException("a rate is at least 1, or 0 for no limit");
            }
        }

        private boolean isNone() {
            return total == 0 && reads == 0 && writes == 0;
        }
    }

    /** Checks that something is limited. */
    public RateSpec {
        if (requests.isNone() && bytes.isNone()) {
            throw new IllegalArgumentException("no rate is limited: give one of iops, read-iops,"
                    + " write-iops, bps, read-bps, write-bps");
        }
        if (burstNs < 0 || burstNs > BURST_NS_MAX) {
            throw new IllegalArgumentException(
                    "burst is at most " + BURST_NS_MAX / 1_000_000_000 + " s");
        }
    }

    @Override
    public DiskFilter open(BlockLimits limits) {
        return new LimitedDisk(this);
    }
}
