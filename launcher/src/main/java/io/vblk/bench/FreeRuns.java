// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Each block once in a random order, then all again in another, for requests of several sizes:
 * fio's random map. A place starts at the first free block from a random one on and ends at the
 * next block that has had its turn. Thread: the job's.
 */
final class FreeRuns implements Places {
    /** Most blocks of a map: 64 MiB of bits for each thread, 2 TiB in blocks of 4 KiB. */
    static final long BLOCKS_MAX = 1L << 29;

    private final int unitBytes;
    /** Blocks of the smallest size of each direction, by ordinal. */
    private final int[] minUnits;
    private final FreeMap map;
    private final long units;
    private final RandomStream random;
    private final int sequence;
    private int following;
    private long position;
    private int lengthBytes;

    /**
     * A map of free blocks.
     *
     * @param minBytes smallest size of each direction, by ordinal; 0 where there is none
     * @param sequence requests in a row from each random block, if they are free
     * @throws IllegalArgumentException in words for an operator, if the map would be too large
     */
    FreeRuns(long regionBytes, int unitBytes, int[] minBytes, int sequence, RandomStream random) {
        this.unitBytes = unitBytes;
        this.units = regionBytes / unitBytes;
        if (units > BLOCKS_MAX) {
            throw new IllegalArgumentException("a random map of " + units + " blocks of "
                    + unitBytes + " bytes for requests of several sizes is too large, " + BLOCKS_MAX
                    + " at most: set norandommap=1, or a smaller size or a larger bs");
        }
        this.minUnits = new int[minBytes.length];
        for (int i = 0; i < minBytes.length; i++) {
            minUnits[i] = Math.max(1, minBytes[i] / unitBytes);
        }
        this.map = new FreeMap(units);
        this.sequence = sequence;
        this.random = random;
    }

    @Override
    public long take(int direction, int wantedBytes) {
        if (map.free() == 0) {
            map.freeAll();
            following = 0;
        }
        long block = position;
        if (following == 0 || block == units || !map.isFree(block)) {
            int step = minUnits[direction];
            block = map.nextFree(random.below(units / step) * step);
            following = sequence;
        }
        following--;
        int run = map.takeRun(block, (wantedBytes + unitBytes - 1) / unitBytes);
        position = block + run;
        lengthBytes = Math.min(wantedBytes, run * unitBytes);
        return block * unitBytes;
    }

    @Override
    public int lengthBytes() {
        return lengthBytes;
    }
}
