// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * Which part of the disk a job is about, and how much of it. Thread: any.
 *
 * @param offset start of the region of the first clone
 * @param size length of the region, none for all to the end of the disk
 * @param offsetIncrement how much later the region of each further clone starts
 * @param ioSize how much to transfer, none for once the region
 * @param loops how often
 * @param numberIos most requests of a clone, 0 for no limit
 */
public record Extent(Amount offset, Amount size, Amount offsetIncrement, Amount ioSize, int loops,
        long numberIos) {
    /** All of the disk, once. */
    public static final Extent ALL =
            new Extent(Amount.NONE, Amount.NONE, Amount.NONE, Amount.NONE, 1, 0);

    /** Checks the range. */
    public Extent {
        if (loops < 1 || numberIos < 0) {
            throw new IllegalArgumentException(
                    "loops must be at least 1 and number_ios not negative");
        }
    }

    /** A region, once. */
    public static Extent of(long offset, long sizeBytes) {
        return new Extent(Amount.ofBytes(offset), Amount.ofBytes(sizeBytes), Amount.NONE,
                Amount.NONE, 1, 0);
    }
}
