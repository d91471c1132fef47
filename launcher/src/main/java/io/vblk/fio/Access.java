// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * What a job does and where: kinds, sizes and offsets of its requests. Thread: any.
 *
 * @param rw what to do
 * @param rwMixRead percentage of reads in a mixed job
 * @param sizes sizes of requests
 * @param distribution which offsets a random job likes
 * @param randomMap whether a random job asks for each block once before it asks for one again
 * @param randSeed seed of offsets, sizes, mixes and data
 * @param sequence requests in a row from each random offset ({@code rw=randread:8}), at least 1
 * @param skipBytes hole left after each sequential request ({@code rw=read:4k}), may be negative
 * @param zeroesForTrims whether trims are WRITE_ZEROES and not DISCARD
 */
public record Access(ReadWrite rw, int rwMixRead, BlockSizes sizes, Distribution distribution,
        boolean randomMap, long randSeed, int sequence, long skipBytes,
        boolean zeroesForTrims) {
    /** Seed if none is given. */
    public static final long RANDSEED_DEFAULT = 1;
    /** Share of reads if none is given. */
    public static final int RWMIX_DEFAULT = 50;

    /** Checks the range. */
    public Access {
        if (rwMixRead < 0 || rwMixRead > 100) {
            throw new IllegalArgumentException("rwmixread must be 0 to 100: " + rwMixRead);
        }
        if (sequence < 1) {
            throw new IllegalArgumentException("rw=" + rw.fioName() + ":" + sequence
                    + ": at least 1 request for each offset");
        }
    }

    /** Requests of one size. */
    public static Access of(ReadWrite rw, int bytes) {
        return new Access(rw, RWMIX_DEFAULT, BlockSizes.of(bytes), Distribution.UNIFORM, true,
                RANDSEED_DEFAULT, 1, 0, false);
    }

    /** The same with another share of reads. */
    public Access withMix(int percent) {
        return new Access(rw, percent, sizes, distribution, randomMap, randSeed, sequence,
                skipBytes, zeroesForTrims);
    }

    /** The same with another seed. */
    public Access withSeed(long seed) {
        return new Access(rw, rwMixRead, sizes, distribution, randomMap, seed, sequence, skipBytes,
                zeroesForTrims);
    }

    /** The same with or without a random map. */
    public Access withMap(boolean map) {
        return new Access(rw, rwMixRead, sizes, distribution, map, randSeed, sequence, skipBytes,
                zeroesForTrims);
    }

    /**
     * Size of the unit that the region consists of, the smallest of all requests. Sequential
     * requests of a kind with a larger smallest size step by that.
     */
    public int unitBytes() {
        return sizes.minBytes(rw);
    }
}
