// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.SliceResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import org.HdrHistogram.Histogram;

/**
 * What a worker measured in one slice.
 *
 * @param samples requests that count
 * @param elapsedNs time that these took, in nanoseconds
 * @param p50Ns median latency
 * @param p90Ns latency that 90 % keep
 * @param p99Ns latency that 99 % keep
 * @param maxNs longest latency
 * @param cpuNs processor time per request, in nanoseconds
 * @param pollHitRate share of the event loops' looks for work that polling answered, 0 to 1
 * @param kicks kicks per request
 * @param histogram all latencies, as HdrHistogram's V2 compressed form in Base64
 * @param firstNs from the start of the process to its first answer; 0 if it ran before
 * @param startNs from the start of the process to the end of the slice; 0 if it ran before
 */
record Slice(long samples, long elapsedNs, long p50Ns, long p90Ns, long p99Ns, long maxNs,
        double cpuNs, double pollHitRate, double kicks, String histogram, long firstNs,
        long startNs) {
    /** Twelve days in nanoseconds: more is no slice. */
    private static final long COUNT_MAX = 1_000_000_000_000_000L;
    private static final double P50 = 50;
    private static final double P90 = 90;
    private static final double P99 = 99;
    private static final double NANOS_PER_SECOND = 1e9;

    /** What a runner measured. */
    static Slice of(SliceResult result) {
        Histogram latency = result.latency();
        long requests = Math.max(1, result.requests());
        long looks = result.pollHits() + result.waits();
        return new Slice(latency.getTotalCount(), result.elapsedNs(),
                latency.getValueAtPercentile(P50), latency.getValueAtPercentile(P90),
                latency.getValueAtPercentile(P99), latency.getMaxValue(),
                (double) result.cpuNs() / requests,
                looks == 0 ? 0 : (double) result.pollHits() / looks,
                (double) result.kicks() / requests, encode(latency), 0, 0);
    }

    /** The same as the first of its process. */
    Slice afterStart(long first, long start) {
        return new Slice(samples, elapsedNs, p50Ns, p90Ns, p99Ns, maxNs, cpuNs, pollHitRate,
                kicks, histogram, first, start);
    }

    /** The same with a median or a p99 that is so many times as long. */
    Slice slower(String metric, double times) {
        boolean median = metric.equals("p50");
        return new Slice(samples, elapsedNs, median ? Math.round(times * p50Ns) : p50Ns, p90Ns,
                median ? p99Ns : Math.round(times * p99Ns), maxNs, cpuNs, pollHitRate, kicks,
                histogram, firstNs, startNs);
    }

    /** Requests per second. */
    double iops() {
        return samples * NANOS_PER_SECOND / Math.max(1, elapsedNs);
    }

    /** Adds the fields to an answer or a line of a recording. */
    JsonLine writeTo(JsonLine line) {
        return line.with("samples", samples).with("elapsedNs", elapsedNs)
                .with("p50Ns", p50Ns).with("p90Ns", p90Ns).with("p99Ns", p99Ns)
                .with("maxNs", maxNs).with("cpuNs", cpuNs).with("pollHitRate", pollHitRate)
                .with("kicks", kicks).with("histogram", histogram)
                .with("firstNs", firstNs == 0 ? null : firstNs)
                .with("startNs", startNs == 0 ? null : startNs);
    }

    /** Reads the fields; IOException in words that follow "is ". */
    static Slice readFrom(JsonLine line) throws IOException {
        return new Slice(count(line, "samples"), count(line, "elapsedNs"), count(line, "p50Ns"),
                count(line, "p90Ns"), count(line, "p99Ns"), count(line, "maxNs"),
                line.number("cpuNs"), line.number("pollHitRate"), line.number("kicks"),
                line.text("histogram", ""), countOrNone(line, "firstNs"),
                countOrNone(line, "startNs"));
    }

    private static long count(JsonLine line, String key) throws IOException {
        long value = line.whole(key);
        if (value < 0 || value > COUNT_MAX) {
            throw new IOException("no slice: " + key + " is " + value);
        }
        return value;
    }

    private static long countOrNone(JsonLine line, String key) throws IOException {
        return line.text(key) == null ? 0 : count(line, key);
    }

    private static String encode(Histogram histogram) {
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(bytes, Deflater.BEST_SPEED);
        byte[] used = new byte[length];
        bytes.flip().get(used);
        return Base64.getEncoder().encodeToString(used);
    }

    /** Adds the latencies to a histogram; IOException if they are none. */
    void addTo(Histogram all) throws IOException {
        if (histogram.isEmpty()) {
            return;
        }
        try {
            all.add(Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(histogram)), 0));
        } catch (DataFormatException | RuntimeException e) {
            throw new IOException("the histogram of a slice cannot be read: " + e.getMessage(), e);
        }
    }
}
