// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import java.util.List;

/** Counts of a heat map, neighbours merged until there are few enough. Immutable once made. */
final class HeatCells {
    private final long[][][] counts;
    private final double[] bounds;
    private final int merged;
    private final long countMax;

    private HeatCells(long[][][] counts, double[] bounds, int merged) {
        this.counts = counts;
        this.bounds = bounds;
        this.merged = merged;
        long most = 1;
        for (long[][] panel : counts) {
            for (long[] column : panel) {
                for (long count : column) {
                    most = Math.max(most, count);
                }
            }
        }
        this.countMax = most;
    }

    /** Merges; null if there is no count at all. */
    static HeatCells of(
            List<HeatMap.Panel> panels, double[] bounds, int columnsMax, int rowsMax) {
        int columns = 0;
        int low = Integer.MAX_VALUE;
        int high = -1;
        for (HeatMap.Panel panel : panels) {
            for (int column = 0; column < panel.counts().size(); column++) {
                long[] classes = panel.counts().get(column);
                for (int i = 0; i < Math.min(classes.length, bounds.length - 1); i++) {
                    if (classes[i] > 0) {
                        low = Math.min(low, i);
                        high = Math.max(high, i);
                        columns = Math.max(columns, column + 1);
                    }
                }
            }
        }
        if (high < 0) {
            return null;
        }
        // An empty class on either side, so that few classes are not the whole picture.
        low = Math.max(0, low - 1);
        high = Math.min(bounds.length - 2, high + 1);
        int byColumn = (columns + columnsMax - 1) / columnsMax;
        int byRow = (high - low + rowsMax) / rowsMax;
        int rows = (high - low + byRow) / byRow;
        long[][][] counts = new long[panels.size()][(columns + byColumn - 1) / byColumn][rows];
        for (int p = 0; p < counts.length; p++) {
            List<long[]> from = panels.get(p).counts();
            for (int column = 0; column < Math.min(columns, from.size()); column++) {
                long[] classes = from.get(column);
                for (int i = low; i <= Math.min(high, classes.length - 1); i++) {
                    counts[p][column / byColumn][(i - low) / byRow] += Math.max(0, classes[i]);
                }
            }
        }
        double[] rowBounds = new double[rows + 1];
        for (int row = 0; row <= rows; row++) {
            rowBounds[row] = bounds[Math.min(low + row * byRow, bounds.length - 1)];
        }
        return new HeatCells(counts, rowBounds, byColumn);
    }

    int columns() {
        return counts[0].length;
    }

    int rows() {
        return bounds.length - 1;
    }

    /** Columns that went into one. */
    int merged() {
        return merged;
    }

    /** Lower bound of a row; of the number of rows the upper bound of the last. */
    double bound(int row) {
        return bounds[row];
    }

    long countMax() {
        return countMax;
    }

    /** The step of colour, from 0; -1 of an empty cell. */
    int heat(int panel, int column, int row) {
        long count = counts[panel][column][row];
        if (count == 0) {
            return -1;
        }
        return countMax == 1
                ? Style.HEATS / 2
                : (int) Math.min(Style.HEATS - 1,
                        Style.HEATS * Math.log(count) / Math.log(countMax));
    }

    long count(int panel, int column) {
        long sum = 0;
        for (long count : counts[panel][column]) {
            sum += count;
        }
        return sum;
    }

    /** A quantile of a column, placed within its row by rank; NaN of an empty column. */
    double quantile(int panel, int column, double quantile) {
        double rank = count(panel, column) * quantile;
        double seen = 0;
        for (int row = 0; row < rows(); row++) {
            long count = counts[panel][column][row];
            if (count > 0 && seen + count >= rank) {
                double share = Math.max(0, rank - seen) / count;
                return bounds[row] * Math.pow(bounds[row + 1] / bounds[row], share);
            }
            seen += count;
        }
        return Double.NaN;
    }
}
