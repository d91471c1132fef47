// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.List;

/**
 * How many requests of a kind took how long, interval by interval. Intervals are short at first and
 * twice as long whenever there are too many of them, so a run of any length fits. A record costs
 * some nanoseconds and allocates nothing; joining intervals takes some tens of microseconds, a few
 * times in a run. Thread: the job's, until it has ended.
 */
final class LatencyTimeline {
    /** Most intervals. */
    static final int COLUMNS_MAX = 600;
    /** Of a run with very many jobs. */
    static final int COLUMNS_MIN = 60;
    /** Length of the first intervals: a tenth of a second. */
    static final long INTERVAL_NS = 100_000_000L;
    /** Classes of latency: up to more than a hundred seconds. */
    static final int CLASSES = 240;

    /** What all timelines of a run take, in bytes: the launcher gives a heap of 64 MiB. */
    private static final long MEMORY_MAX = 8 << 20;
    /** Classes of each power of two. */
    private static final int SHARES = 8;
    private static final int SHARE_BITS = 3;
    /** Below 2 to this, 128 ns, all is one class. */
    private static final int FIRST_BIT = 7;

    private final int columns;
    private final int[][] counts;
    private final long[] bytes;
    private long intervalNs = INTERVAL_NS;
    private boolean begun;
    private long originNs;
    private long lastNs;
    private int column;
    private long columnEndNs;

    /** One of at most so many intervals, an even number. */
    LatencyTimeline(int columns) {
        this.columns = columns;
        this.counts = new int[columns][CLASSES];
        this.bytes = new long[columns];
    }

    /** How many intervals so many timelines can have each, so that they fit into the heap. */
    static int columnsFor(int timelines) {
        long columns = MEMORY_MAX / ((long) Math.max(1, timelines) * CLASSES * Integer.BYTES);
        return (int) Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, columns)) & ~1;
    }

    /**
     * Where timelines of several jobs begin together.
     *
     * @param originNs the moment, on the jobs' clock
     * @param intervalNs length of the intervals in which all of them fit
     */
    record Grid(long originNs, long intervalNs) {
        private int columnOf(long ns) {
            return (int) ((ns - originNs) / intervalNs);
        }
    }

    /** Takes a request in; the first one's start is where time begins. */
    void record(long startNs, long endNs, int lengthBytes) {
        if (!begun) {
            begun = true;
            originNs = startNs;
            columnEndNs = originNs + intervalNs;
        }
        if (endNs - columnEndNs >= 0) {
            advance(endNs);
        }
        lastNs = endNs;
        counts[column][classOf(endNs - startNs)]++;
        bytes[column] += lengthBytes;
    }

    private void advance(long endNs) {
        while (endNs - columnEndNs >= 0) {
            if (column + 1 == columns) {
                join();
            } else {
                column++;
                columnEndNs += intervalNs;
            }
        }
    }

    /** Makes one interval of each two. */
    private void join() {
        for (int i = 0; i < columns; i += 2) {
            int[] sum = counts[i];
            int[] second = counts[i + 1];
            for (int c = 0; c < CLASSES; c++) {
                sum[c] = (int) Math.min(Integer.MAX_VALUE, (long) sum[c] + second[c]);
                second[c] = 0;
            }
            counts[i] = counts[i / 2];
            counts[i / 2] = sum;
            long sumBytes = bytes[i] + bytes[i + 1];
            bytes[i] = 0;
            bytes[i + 1] = 0;
            bytes[i / 2] = sumBytes;
        }
        intervalNs *= 2;
        column /= 2;
        columnEndNs = originNs + (column + 1) * intervalNs;
    }

    /** The class of a latency. */
    static int classOf(long ns) {
        if (ns < 1L << FIRST_BIT) {
            return 0;
        }
        int bit = Long.SIZE - 1 - Long.numberOfLeadingZeros(ns);
        int share = (int) (ns >>> bit - SHARE_BITS) & SHARES - 1;
        return Math.min(CLASSES - 1, (bit - FIRST_BIT) * SHARES + share);
    }

    /** The bounds of the classes in nanoseconds, one more than classes. */
    static double[] bounds() {
        double[] bounds = new double[CLASSES + 1];
        for (int i = 0; i <= CLASSES; i++) {
            bounds[i] = (1L << FIRST_BIT + i / SHARES) * (1 + i % SHARES / (double) SHARES);
        }
        return bounds;
    }

    boolean isEmpty() {
        return !begun;
    }

    /** In what all of these fit; null if none has a request. */
    static Grid grid(List<LatencyTimeline> timelines) {
        Grid grid = null;
        for (LatencyTimeline one : timelines) {
            if (!one.isEmpty()) {
                grid = grid == null
                        ? new Grid(one.originNs, one.intervalNs)
                        : new Grid(one.originNs - grid.originNs < 0 ? one.originNs : grid.originNs,
                                Math.max(grid.intervalNs, one.intervalNs));
            }
        }
        for (LatencyTimeline one : timelines) {
            while (!one.isEmpty() && grid.columnOf(one.lastNs) >= COLUMNS_MAX) {
                grid = new Grid(grid.originNs, grid.intervalNs * 2);
            }
        }
        return grid;
    }

    /**
     * What these have in each interval together.
     *
     * @param withClasses whether by class of latency, too
     */
    static Timeline sum(List<LatencyTimeline> timelines, Grid grid, boolean withClasses) {
        int size = 0;
        long endNs = 0;
        for (LatencyTimeline one : timelines) {
            size = Math.max(size, one.isEmpty() ? 0 : grid.columnOf(one.lastNs) + 1);
            endNs = Math.max(endNs, one.isEmpty() ? 0 : one.lastNs - grid.originNs);
        }
        Timeline sum = new Timeline(grid.intervalNs, endNs, new long[size], new long[size],
                withClasses ? new long[size][CLASSES] : new long[0][]);
        for (LatencyTimeline one : timelines) {
            for (int i = 0; i <= one.column && !one.isEmpty(); i++) {
                int to = Math.min(size - 1, grid.columnOf(one.originNs + i * one.intervalNs));
                sum.bytes()[to] += one.bytes[i];
                for (int c = 0; c < CLASSES; c++) {
                    sum.requests()[to] += one.counts[i][c];
                    if (withClasses) {
                        sum.counts()[to][c] += one.counts[i][c];
                    }
                }
            }
        }
        return sum;
    }
}
