// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import java.util.Arrays;

/**
 * fio's histogram log: for each kind and interval a line {@code ms, direction, bs, bins...} of
 * completion latencies, the bins being those of the interval. Thread: the job's.
 */
final class HistLog {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int KINDS = DirectionStats.KINDS.size();

    private final LogFile file;
    private final long intervalNs;
    /** Bins that are one column. */
    private final int merged;
    private final int[][] bins = new int[KINDS][FioBins.COUNT];
    private final int[] sizes = new int[KINDS];
    private long beganNs;
    private long epochMs;
    private long sinceNs;

    /**
     * A log.
     *
     * @param coarseness how often pairs of bins are merged
     */
    HistLog(LogFile file, long intervalNs, int coarseness) {
        this.file = file;
        this.intervalNs = intervalNs;
        this.merged = 1 << coarseness;
    }

    void begin(long nowNs, long startMs) {
        beganNs = nowNs;
        sinceNs = nowNs;
        epochMs = startMs;
    }

    void add(Direction direction, long clatNs, int lengthBytes, long nowNs) {
        if (nowNs - sinceNs >= intervalNs) {
            end(nowNs);
        }
        int kind = direction.ordinal();
        bins[kind][FioBins.index(clatNs)]++;
        sizes[kind] = lengthBytes;
    }

    /** Ends the interval. */
    void end(long nowNs) {
        for (int kind = 0; kind < KINDS; kind++) {
            if (sizes[kind] > 0) {
                write(kind, epochMs + (nowNs - beganNs) / NANOS_PER_MS);
                Arrays.fill(bins[kind], 0);
                sizes[kind] = 0;
            }
        }
        sinceNs = nowNs;
    }

    private void write(int kind, long ms) {
        file.number(ms);
        file.number(kind);
        file.number(sizes[kind]);
        for (int i = 0; i < FioBins.COUNT; i += merged) {
            long sum = 0;
            for (int j = i; j < i + merged; j++) {
                sum += bins[kind][j];
            }
            file.number(sum);
        }
        file.endLine();
    }
}
