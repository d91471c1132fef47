// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Arrays;

/**
 * One place after the other, with a hole after each, or backwards. Reads and writes have each
 * their position, as in fio; the trims of a trimwrite lead its writes. Thread: the job's.
 */
final class InOrder implements Places {
    /** No position yet: at the start, or at the end if it goes backwards. */
    private static final long START = -1;

    private final long regionBytes;
    private final long skipBytes;
    private final int[] minBytes;
    private final long[] positions;
    private int lengthBytes;

    /**
     * Places in order.
     *
     * @param skipBytes hole after each; with less than the negative length of a request it goes
     *     backwards
     * @param minBytes smallest size of each direction, by ordinal
     */
    InOrder(long regionBytes, long skipBytes, int[] minBytes) {
        this.regionBytes = regionBytes;
        this.skipBytes = skipBytes;
        this.minBytes = minBytes.clone();
        this.positions = new long[minBytes.length];
        Arrays.fill(positions, START);
    }

    @Override
    public long take(int direction, int wantedBytes) {
        long at = positions[direction];
        if (at < 0 || at > regionBytes - minBytes[direction]) {
            boolean backwards = wantedBytes + skipBytes < 0;
            at = backwards ? Math.max(0, regionBytes - wantedBytes) : 0;
        }
        lengthBytes = (int) Math.min(wantedBytes, regionBytes - at);
        positions[direction] = at + lengthBytes + skipBytes;
        return at;
    }

    @Override
    public int lengthBytes() {
        return lengthBytes;
    }
}
