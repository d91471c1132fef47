// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * Sizes of reads, writes and trims. Thread: any.
 *
 * @param read of reads
 * @param write of writes
 * @param trim of trims
 */
public record BlockSizes(SizeSplit read, SizeSplit write, SizeSplit trim) {
    /** One size for all. */
    public static BlockSizes of(int bytes) {
        SizeSplit one = SizeSplit.of(bytes);
        return new BlockSizes(one, one, one);
    }

    /** Those of what the job does. */
    public int minBytes(ReadWrite rw) {
        int least = Integer.MAX_VALUE;
        if (rw.reads()) {
            least = Math.min(least, read.minBytes());
        }
        if (rw.writes()) {
            least = Math.min(least, write.minBytes());
        }
        return rw.trims() ? Math.min(least, trim.minBytes()) : least;
    }

    /** The largest of what the job does, in bytes. */
    public int maxBytes(ReadWrite rw) {
        int most = rw.reads() ? read.maxBytes() : 0;
        if (rw.writes()) {
            most = Math.max(most, write.maxBytes());
        }
        return rw.trims() ? Math.max(most, trim.maxBytes()) : most;
    }
}
