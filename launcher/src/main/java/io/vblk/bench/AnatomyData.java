// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtioblk.PollState;
import io.vblk.virtioblk.RequestTrace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;

/** The samples of all jobs, by how long they took. Thread: control. */
final class AnatomyData {
    /** Percentiles between the bands of the picture. */
    private static final double[] BORDERS = {0, 50, 90, 99, 99.9, 100};
    private static final double SLOW_PERCENTILE = 99;
    private static final double MEDIAN = 50;
    private static final double PERCENT = 100;
    /** 16 bits are the number of a sample, the rest is its time. */
    private static final int NUMBER_BITS = 16;
    private static final int NUMBER_MASK = (1 << NUMBER_BITS) - 1;
    private static final long TIME_MAX_NS = (1L << Long.SIZE - 1 - NUMBER_BITS) - 1;

    private final List<AnatomyStage> stages;
    private final AnatomySamples[] jobOf;
    private final int[] sampleOf;
    /** Times and numbers of all samples, the fastest first. */
    private final long[] order;

    AnatomyData(List<AnatomyStage> stages, List<AnatomySamples> jobs) {
        this.stages = stages;
        int size = 0;
        for (AnatomySamples job : jobs) {
            size += job.count();
        }
        jobOf = new AnatomySamples[size];
        sampleOf = new int[size];
        order = new long[size];
        int number = 0;
        for (AnatomySamples job : jobs) {
            for (int i = 0; i < job.count(); i++) {
                jobOf[number] = job;
                sampleOf[number] = i;
                order[number] = Math.min(totalNs(number), TIME_MAX_NS) << NUMBER_BITS | number;
                number++;
            }
        }
        Arrays.sort(order);
    }

    int size() {
        return order.length;
    }

    private int numberAt(int rank) {
        return (int) order[rank] & NUMBER_MASK;
    }

    private long stageNs(int number, int stage) {
        return jobOf[number].stageNs(sampleOf[number], stage);
    }

    private long info(int number) {
        return jobOf[number].info(sampleOf[number]);
    }

    private long totalNs(int number) {
        long sum = 0;
        for (int stage = 0; stage < stages.size(); stage++) {
            sum += stageNs(number, stage);
        }
        return sum;
    }

    /** The first rank that is not below a percentile. */
    private int rankOf(double percentile) {
        return (int) Math.min(order.length, Math.ceil(order.length * percentile / PERCENT));
    }

    private long percentileNs(double percentile) {
        return order.length == 0
                ? 0 : totalNs(numberAt(Math.max(0, rankOf(percentile) - 1)));
    }

    // ------------------------------------------------------------------ stages

    /** Each stage over all samples. */
    List<AnatomyReport.Stage> stages() {
        List<AnatomyReport.Stage> all = new ArrayList<>();
        double totalNs = totalMeanNs();
        for (int stage = 0; stage < stages.size(); stage++) {
            Histogram histogram = DirectionStats.histogram();
            for (int number = 0; number < order.length; number++) {
                histogram.recordValue(
                        Math.min(stageNs(number, stage), DirectionStats.LATENCY_MAX_NS));
            }
            double meanNs = meanNs(stage, 0, order.length);
            all.add(new AnatomyReport.Stage(stages.get(stage), histogram, meanNs,
                    totalNs == 0 ? 0 : meanNs / totalNs));
        }
        return all;
    }

    /** From start to end, as fio's lat. */
    Histogram total() {
        Histogram histogram = DirectionStats.histogram();
        for (int number = 0; number < order.length; number++) {
            histogram.recordValue(Math.min(totalNs(number), DirectionStats.LATENCY_MAX_NS));
        }
        return histogram;
    }

    double totalMeanNs() {
        double sum = 0;
        for (int number = 0; number < order.length; number++) {
            sum += totalNs(number);
        }
        return order.length == 0 ? 0 : sum / order.length;
    }

    private double meanNs(int stage, int fromRank, int toRank) {
        double sum = 0;
        for (int rank = fromRank; rank < toRank; rank++) {
            sum += stageNs(numberAt(rank), stage);
        }
        return fromRank == toRank ? 0 : sum / (toRank - fromRank);
    }

    // ------------------------------------------------------------------ bands

    /** Mean stages from percentile to percentile; of bands that have requests. */
    List<AnatomyReport.Band> bands() {
        List<AnatomyReport.Band> bands = new ArrayList<>();
        for (int i = 0; i + 1 < BORDERS.length; i++) {
            int from = rankOf(BORDERS[i]);
            int to = rankOf(BORDERS[i + 1]);
            if (from < to) {
                double[] meansNs = new double[stages.size()];
                for (int stage = 0; stage < meansNs.length; stage++) {
                    meansNs[stage] = meanNs(stage, from, to);
                }
                bands.add(new AnatomyReport.Band(
                        BORDERS[i], BORDERS[i + 1], to - from, meansNs));
            }
        }
        return bands;
    }

    // ------------------------------------------------------------------ why

    /** Why the slowest of a hundred are slow; null without samples. */
    AnatomyWhy why() {
        if (order.length == 0) {
            return null;
        }
        int from = Math.min(rankOf(SLOW_PERCENTILE), order.length - 1);
        double[] excessNs = new double[stages.size()];
        double sum = 0;
        for (int stage = 0; stage < excessNs.length; stage++) {
            excessNs[stage] = Math.max(0,
                    meanNs(stage, from, order.length) - medianNs(stage));
            sum += excessNs[stage];
        }
        int most = 0;
        double[] shares = new double[excessNs.length];
        for (int stage = 0; stage < shares.length; stage++) {
            shares[stage] = sum == 0 ? 0 : excessNs[stage] / sum;
            most = excessNs[stage] > excessNs[most] ? stage : most;
        }
        boolean ofDevice = stages.contains(AnatomyStage.DISK);
        return new AnatomyWhy(order.length - from, percentileNs(MEDIAN),
                percentileNs(SLOW_PERCENTILE), stages.get(most), shares[most], shares,
                ofDevice ? group(from) : null, ofDevice ? group(0) : null);
    }

    private long medianNs(int stage) {
        long[] times = new long[order.length];
        for (int number = 0; number < times.length; number++) {
            times[number] = stageNs(number, stage);
        }
        Arrays.sort(times);
        return times[(times.length - 1) / 2];
    }

    private AnatomyWhy.Group group(int fromRank) {
        double[] polls = new double[PollState.values().length];
        double ahead = 0;
        double together = 0;
        double queued = 0;
        for (int rank = fromRank; rank < order.length; rank++) {
            long info = info(numberAt(rank));
            polls[RequestTrace.pollState(info).ordinal()]++;
            ahead += RequestTrace.ahead(info);
            together += RequestTrace.together(info);
            queued += RequestTrace.isQueued(info) ? 1 : 0;
        }
        int size = order.length - fromRank;
        for (int i = 0; i < polls.length; i++) {
            polls[i] /= size;
        }
        return new AnatomyWhy.Group(size, polls, ahead / size, together / size, queued / size);
    }
}
