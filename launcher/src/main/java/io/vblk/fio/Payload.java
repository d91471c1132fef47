// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * What the data of writes looks like, where no check decides that. Thread: any.
 *
 * @param zeroes whether it is zeroes
 * @param pattern bytes that are repeated, as in {@link VerifySpec#pattern}; null for random data
 * @param compressPercent how much of each chunk can be compressed away, 0 to 100
 * @param compressChunkBytes length of a chunk, 0 for the request's own
 * @param refill whether each write gets new data
 * @param scramble whether each write's data differs a little from the others'
 * @param dedupePercent how many writes repeat earlier data, 0 to 100
 */
public record Payload(boolean zeroes, short[] pattern, int compressPercent, int compressChunkBytes,
        boolean refill, boolean scramble, int dedupePercent) {
    /** Random data, made once and scrambled for each write. */
    public static final Payload RANDOM = new Payload(false, null, 0, 0, false, true, 0);

    /** Checks the range. */
    public Payload {
        if (compressPercent < 0 || compressPercent > 100 || dedupePercent < 0
                || dedupePercent > 100 || compressChunkBytes < 0) {
            throw new IllegalArgumentException("buffer_compress_percentage and "
                    + "dedupe_percentage must be 0 to 100");
        }
    }
}
