// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import org.HdrHistogram.Histogram;

/**
 * Shares of requests per class of total latency, in percent, in fio's classes.
 *
 * @param ns up to each limit of LATENCY_NS
 * @param us up to each limit of LATENCY_US, without what is in {@code ns}
 * @param ms up to each limit of LATENCY_MS and above, without what is in the others
 */
record LatencyClasses(double[] ns, double[] us, double[] ms) {
    private static final long NS_PER_US = 1_000;
    private static final long NS_PER_MS = 1_000_000;

    /** The classes of all requests of a job, of all kinds together. */
    static LatencyClasses of(JobStats job) {
        Histogram all = job.read.lat.copy();
        all.add(job.write.lat);
        all.add(job.trim.lat);
        double[] ns = shares(all, FioFormat.LATENCY_NS, 1, 0);
        double[] us = shares(all, FioFormat.LATENCY_US, NS_PER_US, 1_000);
        double[] below = shares(all, FioFormat.LATENCY_MS, NS_PER_MS, NS_PER_MS);
        double[] ms = new double[below.length + 1];
        System.arraycopy(below, 0, ms, 0, below.length);
        long last = FioFormat.LATENCY_MS[below.length - 1] * NS_PER_MS;
        ms[below.length] = share(all, last, DirectionStats.LATENCY_MAX_NS);
        return new LatencyClasses(ns, us, ms);
    }

    private static double[] shares(Histogram all, int[] limits, long unitNs, long fromNs) {
        double[] shares = new double[limits.length];
        long low = fromNs;
        for (int i = 0; i < limits.length; i++) {
            long high = limits[i] * unitNs;
            shares[i] = share(all, low, high);
            low = Math.max(low, high);
        }
        return shares;
    }

    private static double share(Histogram all, long aboveNs, long upToNs) {
        if (all.getTotalCount() == 0 || upToNs <= aboveNs) {
            return 0;
        }
        long low = aboveNs == 0 ? 0 : all.nextNonEquivalentValue(aboveNs);
        long count = low > upToNs ? 0 : all.getCountBetweenValues(low, upToNs);
        return 100.0 * count / all.getTotalCount();
    }
}
