// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.Logs;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * fio's logs of a clone: bandwidth, requests per second, latencies, histograms, and an HdrHistogram
 * log. Lines are those of fio 3.33: {@code ms, value, direction, bs[, offset], 0}, the last field
 * being the priority, which is none here. Thread: the job's, but {@link #look} and what stands
 * before and after a run, which is control.
 */
final class JobLogs implements CompletionObserver, AutoCloseable {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BYTES_PER_KIB = 1024;
    /** What fio's bandwidth of a single request is: bytes times this, by nanoseconds. */
    private static final long RATE_SCALE = 1_000_000;
    private static final int KINDS = DirectionStats.KINDS.size();

    private final Logs spec;
    private final List<LogFile> files = new ArrayList<>();
    private LogFile bw;
    private LogFile iops;
    private LogFile slat;
    private LogFile clat;
    private LogFile lat;
    private HistLog hist;
    private HdrLog hdr;

    private long beganNs;
    private long epochMs;
    private long windowNs;
    private final long[] counts = new long[KINDS];
    private final long[] bytes = new long[KINDS];
    private final long[] slatSums = new long[KINDS];
    private final long[] clatSums = new long[KINDS];
    private final long[] latSums = new long[KINDS];

    private JobLogs(Logs spec) {
        this.spec = spec;
    }

    /**
     * Begins the logs.
     *
     * @param number of the clone among all of the run, from 1: it is in the names
     * @throws IOException in words for an operator
     */
    static JobLogs open(Logs spec, int number) throws IOException {
        JobLogs logs = new JobLogs(spec);
        try {
            logs.begin("." + number, LogFile::stream);
            return logs;
        } catch (IOException | RuntimeException e) {
            logs.close();
            throw e;
        }
    }

    @Override
    public JobLogs rehearsal() {
        JobLogs logs = new JobLogs(spec);
        try {
            logs.begin("", name -> OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return logs;
    }

    /** Opens what a log of this name is written to. */
    private interface Place {
        OutputStream open(String name) throws IOException;
    }

    private void begin(String number, Place place) throws IOException {
        String end = number + ".log";
        bw = file(spec.bw(), "_bw" + end, place);
        iops = file(spec.iops(), "_iops" + end, place);
        slat = file(spec.lat(), "_slat" + end, place);
        clat = file(spec.lat(), "_clat" + end, place);
        lat = file(spec.lat(), "_lat" + end, place);
        LogFile bins = file(spec.hist(), "_clat_hist" + end, place);
        hist = bins == null ? null
                : new HistLog(bins, spec.histMs() * NANOS_PER_MS, spec.histCoarseness());
        if (spec.hdr() != null) {
            String name = spec.hdr() + number + ".hlog";
            hdr = new HdrLog(name, spec.averageMs(), place.open(name));
        }
    }

    private LogFile file(String prefix, String end, Place place) throws IOException {
        if (prefix == null) {
            return null;
        }
        LogFile file = new LogFile(prefix + end, place.open(prefix + end));
        files.add(file);
        return file;
    }

    @Override
    public void begun(long nowNs) {
        beganNs = nowNs;
        windowNs = nowNs;
        long wallMs = Instant.now().toEpochMilli() + (nowNs - System.nanoTime()) / NANOS_PER_MS;
        epochMs = spec.unixEpoch() ? wallMs : 0;
        if (hist != null) {
            hist.begin(nowNs, epochMs);
        }
        if (hdr != null) {
            hdr.begin(nowNs, wallMs);
        }
    }

    @Override
    public void completed(Direction direction, long offset, int lengthBytes, long startNs,
            long issueNs, long endNs) {
        if (hist != null) {
            hist.add(direction, endNs - issueNs, lengthBytes, endNs);
        }
        if (hdr != null) {
            hdr.add(direction, endNs - startNs);
        }
        if (files.isEmpty()) {
            return;
        }
        if (spec.averageMs() == 0) {
            each(direction, offset, lengthBytes, startNs, issueNs, endNs);
            return;
        }
        if (endNs - windowNs >= spec.averageMs() * NANOS_PER_MS) {
            endWindow(endNs);
        }
        int kind = direction.ordinal();
        counts[kind]++;
        bytes[kind] += lengthBytes;
        slatSums[kind] += issueNs - startNs;
        clatSums[kind] += endNs - issueNs;
        latSums[kind] += endNs - startNs;
    }

    private void each(Direction direction, long offset, int lengthBytes, long startNs,
            long issueNs, long endNs) {
        long ms = epochMs + (endNs - beganNs) / NANOS_PER_MS;
        int kind = direction.ordinal();
        line(bw, ms, lengthBytes * RATE_SCALE / Math.max(1, endNs - issueNs), kind, lengthBytes,
                offset);
        line(iops, ms, 1, kind, lengthBytes, offset);
        line(slat, ms, issueNs - startNs, kind, lengthBytes, offset);
        line(clat, ms, endNs - issueNs, kind, lengthBytes, offset);
        line(lat, ms, endNs - startNs, kind, lengthBytes, offset);
    }

    /** A line for each kind that was used; a window has no size and no offset. */
    private void endWindow(long nowNs) {
        double seconds = Math.max(1, nowNs - windowNs) / NANOS_PER_SECOND;
        long ms = epochMs + (nowNs - beganNs) / NANOS_PER_MS;
        for (int kind = 0; kind < KINDS; kind++) {
            long count = counts[kind];
            if (count > 0) {
                line(bw, ms, Math.round(bytes[kind] / BYTES_PER_KIB / seconds), kind, 0, 0);
                line(iops, ms, Math.round(count / seconds), kind, 0, 0);
                line(slat, ms, slatSums[kind] / count, kind, 0, 0);
                line(clat, ms, clatSums[kind] / count, kind, 0, 0);
                line(lat, ms, latSums[kind] / count, kind, 0, 0);
            }
            counts[kind] = 0;
            bytes[kind] = 0;
            slatSums[kind] = 0;
            clatSums[kind] = 0;
            latSums[kind] = 0;
        }
        windowNs = nowNs;
    }

    private void line(LogFile file, long ms, long value, int kind, int sizeBytes, long offset) {
        if (file == null) {
            return;
        }
        file.number(ms);
        file.number(value);
        file.number(kind);
        file.number(sizeBytes);
        if (spec.offset()) {
            file.number(offset);
        }
        file.number(0);
        file.endLine();
    }

    @Override
    public void ended(long nowNs) {
        endWindow(nowNs);
        if (hist != null) {
            hist.end(nowNs);
        }
    }

    /** Writes what is due and costs time. Thread: control. */
    void look(long nowNs) {
        if (hdr != null) {
            hdr.look(nowNs);
        }
    }

    /** Ends the logs. The job has ended. Thread: control. */
    @Override
    public void close() {
        files.forEach(LogFile::close);
        if (hdr != null) {
            hdr.close();
        }
    }

    /** What went wrong, a line each, after the end. */
    List<String> failures() {
        List<String> failures = new ArrayList<>();
        files.stream().map(LogFile::failure).filter(Objects::nonNull).forEach(failures::add);
        if (hdr != null && hdr.failure() != null) {
            failures.add(hdr.failure());
        }
        return failures;
    }
}
