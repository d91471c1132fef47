// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Places that are drawn without a memory of those before: fio's norandommap, and all
 * distributions that like some blocks better. A place is aligned to the smallest size of its
 * direction and ends at the end of the region. Thread: the job's.
 */
final class Drawn implements Places {
    private final long regionBytes;
    private final int unitBytes;
    private final int[] minBytes;
    private final BlockDraw draw;
    private final RandomStream random;
    private final int sequence;
    /** Requests of this sequence that are to come. */
    private int following;
    private long position;
    private int lengthBytes;

    /**
     * Drawn places.
     *
     * @param minBytes smallest size of each direction, by ordinal
     * @param draw draws blocks of {@code unitBytes}: the same ones are liked by all directions
     * @param sequence requests in a row from each
     */
    Drawn(long regionBytes, int unitBytes, int[] minBytes, BlockDraw draw, int sequence,
            RandomStream random) {
        this.regionBytes = regionBytes;
        this.unitBytes = unitBytes;
        this.minBytes = minBytes.clone();
        this.draw = draw;
        this.sequence = sequence;
        this.random = random;
    }

    @Override
    public long take(int direction, int wantedBytes) {
        long at = position;
        int least = minBytes[direction];
        if (following == 0 || at > regionBytes - least) {
            at = drawn(least);
            following = sequence;
        }
        following--;
        lengthBytes = (int) Math.min(wantedBytes, regionBytes - at);
        position = at + lengthBytes;
        return at;
    }

    private long drawn(int least) {
        long at = draw.next(random) * unitBytes;
        if (least == unitBytes) {
            return at;
        }
        at -= at % least;
        while (at > regionBytes - least) {
            at = draw.next(random) * unitBytes;
            at -= at % least;
        }
        return at;
    }

    @Override
    public int lengthBytes() {
        return lengthBytes;
    }
}
