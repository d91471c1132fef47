// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * An interval log of HdrHistogram, format 1.3: total latencies in nanoseconds, an interval of each
 * kind with the tag read, write or trim. The job's thread only counts; packing a histogram takes
 * longer than many requests, and is done by the thread that watches. Thread: as said.
 */
final class HdrLog implements AutoCloseable {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MS_PER_SECOND = 1e3;
    private static final int INTERVAL_DEFAULT_MS = 1_000;
    private static final int DIGITS = 2;

    /** Keeps the first failure, which a print stream would swallow. */
    private static final class Keeping extends FilterOutputStream {
        private IOException failure;

        Keeping(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            try {
                out.write(bytes, offset, count);
            } catch (IOException e) {
                failure = failure == null ? e : failure;
                throw e;
            }
        }
    }

    private final String name;
    private final long intervalNs;
    private final Keeping file;
    private final PrintStream text;
    private final HistogramLogWriter writer;
    private final SingleWriterRecorder[] recorders =
            new SingleWriterRecorder[DirectionStats.KINDS.size()];
    private final Histogram[] taken = new Histogram[recorders.length];
    private volatile boolean begun;
    private long beganNs;
    private long startMs;
    private boolean headed;
    private long sinceNs;

    /**
     * Begins one. Thread: one at a time.
     *
     * @param averageMs length of an interval, 0 for a second
     */
    HdrLog(String name, int averageMs, OutputStream out) {
        this.name = name;
        this.intervalNs = NANOS_PER_MS * (averageMs == 0 ? INTERVAL_DEFAULT_MS : averageMs);
        this.file = new Keeping(out);
        this.text = new PrintStream(
                new BufferedOutputStream(file), false, StandardCharsets.US_ASCII);
        this.writer = new HistogramLogWriter(text);
        for (int i = 0; i < recorders.length; i++) {
            recorders[i] = new SingleWriterRecorder(1, DirectionStats.LATENCY_MAX_NS, DIGITS);
        }
    }

    /** The measured time begins. Thread: the job's. */
    void begin(long nowNs, long wallMs) {
        beganNs = nowNs;
        startMs = wallMs;
        begun = true;
    }

    /** Counts a request. Thread: the job's. */
    void add(Direction direction, long latNs) {
        recorders[direction.ordinal()].recordValue(
                Math.max(0, Math.min(latNs, DirectionStats.LATENCY_MAX_NS)));
    }

    /** Writes an interval if one has passed. Thread: control. */
    void look(long nowNs) {
        if (begun && nowNs - (headed ? sinceNs : beganNs) >= intervalNs) {
            endInterval(nowNs);
        }
    }

    private void endInterval(long nowNs) {
        if (!headed) {
            headed = true;
            sinceNs = beganNs;
            writer.outputComment("[Total latencies of vblk-" + Version.TEXT + ", nanoseconds]");
            writer.outputLogFormatVersion();
            writer.outputStartTime(startMs);
            writer.outputLegend();
        }
        for (int i = 0; i < recorders.length; i++) {
            taken[i] = recorders[i].getIntervalHistogram(taken[i]);
            if (taken[i].getTotalCount() > 0) {
                taken[i].setTag(DirectionStats.KINDS.get(i).name().toLowerCase(Locale.ROOT));
                double start = startMs / MS_PER_SECOND;
                writer.outputIntervalHistogram(
                        start + (sinceNs - beganNs) / NANOS_PER_SECOND,
                        start + (nowNs - beganNs) / NANOS_PER_SECOND, taken[i], NANOS_PER_MS);
            }
        }
        text.flush();
        sinceNs = nowNs;
    }

    /** Writes what is left. The job has ended. Thread: control. */
    @Override
    public void close() {
        if (begun) {
            endInterval(System.nanoTime());
        }
        text.close();
    }

    /** What went wrong, for the operator; null if nothing did. */
    String failure() {
        return file.failure == null ? null : LogFile.failed(name, file.failure);
    }
}
