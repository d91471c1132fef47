// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Locale;

/** A JSON report, and what must hold between its numbers however fast the machine is. */
final class FioReport {
    private static final double[] PERCENTILES = {
        1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 99.5, 99.9, 99.95, 99.99
    };
    /** Histograms keep two or three digits. */
    private static final double PRECISION = 1.01;
    private static final double ROUNDING = 0.001;

    private final JsonTree json;
    private final String job;

    private FioReport(JsonTree json, int job) {
        this.json = json;
        this.job = "jobs[" + job + "]";
    }

    /** One job of a run that went well. */
    static FioReport of(VblkRun run, int job) throws IOException {
        return new FioReport(JsonTree.parse(run.succeeded().out()), job);
    }

    long ios(String direction) {
        return json.integer(job + "." + direction + ".total_ios");
    }

    long own(String name) {
        return json.integer(job + ".vblk." + name);
    }

    /** Checks reads, writes and what is of both. */
    FioReport assertConsistent(long blockBytes) {
        direction("read", blockBytes);
        direction("write", blockBytes);
        assertEquals(0, ios("trim"));
        assertEquals(0, json.integer(job + ".error"));
        if (ios("read") + ios("write") > 0) {
            sumIs100("iodepth_level", "1", "2", "4", "8", "16", "32", ">=64");
            sumIs100("iodepth_submit", "0", "4", "8", "16", "32", "64", ">=64");
            sumIs100("iodepth_complete", "0", "4", "8", "16", "32", "64", ">=64");
            assertEquals(100, sum("latency_ns") + sum("latency_us") + sum("latency_ms"), 0.01);
        }
        return this;
    }

    private void direction(String name, long blockBytes) {
        String at = job + "." + name + ".";
        long ios = json.integer(at + "total_ios");
        long bytes = json.integer(at + "io_bytes");
        long ms = json.integer(at + "runtime");
        assertEquals(ios * blockBytes, bytes);
        assertEquals(bytes / 1024, json.integer(at + "io_kbytes"));
        assertEquals(json.integer(at + "bw_bytes") / 1024, json.integer(at + "bw"));
        assertEquals(0, json.integer(at + "short_ios"));
        assertEquals(0, json.integer(at + "drop_ios"));
        if (ios > 0) {
            double iops = json.number(at + "iops");
            // The runtime is cut to milliseconds, the rates were not.
            assertTrue(iops * (ms + 1) / 1000 >= ios * (1 - ROUNDING), name + " iops " + iops);
            assertTrue(iops * ms / 1000 <= ios * (1 + ROUNDING), name + " iops " + iops);
            // Six decimals of iops, and bytes without any.
            assertEquals(iops * blockBytes, json.number(at + "bw_bytes"), blockBytes * 1e-6 + 2);
            long all = json.integer(job + ".job_runtime");
            assertEquals(ms, all, 1 + json.integer("jobs[0].job options.numjobs"));
        }
        for (String kind : new String[] {"slat_ns", "clat_ns", "lat_ns"}) {
            latency(at + kind, ios);
        }
        if (ios > 0) {
            assertEquals(json.number(at + "lat_ns.mean"),
                    json.number(at + "slat_ns.mean") + json.number(at + "clat_ns.mean"),
                    json.number(at + "lat_ns.mean") * 0.02 + 10);
        }
        samples(at + "bw_", "mean");
        samples(at + "iops_", "mean");
    }

    private void latency(String at, long ios) {
        double min = json.number(at + ".min");
        double max = json.number(at + ".max");
        double mean = json.number(at + ".mean");
        assertEquals(ios, json.integer(at + ".N"), at);
        assertTrue(min <= mean * PRECISION && mean <= max * PRECISION, at);
        assertTrue(json.number(at + ".stddev") <= max * PRECISION, at);
        double last = 0;
        for (double percentile : PERCENTILES) {
            String key = at + String.format(Locale.ROOT, ".percentile.%.6f", percentile);
            if (json.has(key)) {
                double value = json.number(key);
                assertTrue(value >= last && value >= min / PRECISION
                        && value <= max * PRECISION, key);
                last = value;
            }
        }
    }

    private void samples(String at, String mean) {
        assertTrue(json.number(at + "min") <= json.number(at + mean) + 1, at);
        assertTrue(json.number(at + mean) <= json.number(at + "max") + 1, at);
    }

    private void sumIs100(String name, String... classes) {
        double sum = 0;
        for (String key : classes) {
            sum += json.number(job + "." + name + "." + key);
        }
        assertEquals(100, sum, 0.01, name);
    }

    private double sum(String name) {
        String prefix = job + "." + name + ".";
        return json.nodes().keySet().stream().filter(key -> key.startsWith(prefix))
                .mapToDouble(json::number).sum();
    }
}
