// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logs over time: their names, their fields, and that they have all that the report has. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LogFilesTest {
    private static final int BLOCKS = 256;

    @TempDir
    Path directory;

    private String prefix() {
        return directory.resolve("run").toString();
    }

    private List<String> names() {
        return Arrays.stream(directory.toFile().list()).sorted().toList();
    }

    private List<long[]> rows(String name) throws IOException {
        List<long[]> rows = new ArrayList<>();
        for (String line : Files.readAllLines(directory.resolve(name))) {
            rows.add(Arrays.stream(line.split(", ")).mapToLong(Long::parseLong).toArray());
        }
        return rows;
    }

    @Test
    void eachRequestHasALineInEachLogOfItsClone() throws IOException {
        VblkRun.of("bench", "memory:1M", "--rw=randrw", "--numjobs=2", "--wait=event",
                "--write_bw_log=" + prefix(), "--write_lat_log=" + prefix(),
                "--write_iops_log=" + prefix(), "--log_offset=1", "--minimal").succeeded();

        List<String> expected = new ArrayList<>();
        for (String kind : List.of("bw", "clat", "iops", "lat", "slat")) {
            expected.addAll(List.of("run_" + kind + ".1.log", "run_" + kind + ".2.log"));
        }
        assertEquals(expected, names());
        List<long[]> slat = rows("run_slat.1.log");
        List<long[]> clat = rows("run_clat.1.log");
        List<long[]> lat = rows("run_lat.1.log");
        assertEquals(BLOCKS, lat.size());
        boolean[] seen = new boolean[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            long[] row = lat.get(i);
            assertEquals(6, row.length);
            assertEquals(row[1], slat.get(i)[1] + clat.get(i)[1]);
            assertTrue(row[2] == 0 || row[2] == 1, "direction");
            assertEquals(4096, row[3]);
            seen[(int) (row[4] / 4096)] = true;
            assertEquals(0, row[5]);
            assertEquals(1, rows("run_iops.1.log").get(0)[1]);
        }
        for (boolean block : seen) {
            assertTrue(block, "each block once");
        }
    }

    @Test
    void windowsHaveMeansAndRates() throws IOException {
        long beforeMs = Instant.now().toEpochMilli();
        VblkRun.of("bench", "memory:1M", "--rw=randread", "--time_based", "--runtime=1500ms",
                "--rate_iops=400", "--write_bw_log=" + prefix(), "--write_iops_log=" + prefix(),
                "--log_avg_msec=250", "--log_unix_epoch=1", "--minimal").succeeded();
        List<long[]> iops = rows("run_iops.1.log");
        List<long[]> bw = rows("run_bw.1.log");

        assertTrue(iops.size() >= 2 && iops.size() <= 7, iops.size() + " windows");
        for (int i = 0; i < iops.size(); i++) {
            assertEquals(5, iops.get(i).length);
            assertTrue(iops.get(i)[0] >= beforeMs, "since 1970");
            assertEquals(0, iops.get(i)[3], "a window has no size");
            assertEquals(iops.get(i)[1] * 4, bw.get(i)[1], 4, "4 KiB each");
        }
    }

    @Test
    void histogramsHaveEachRequestAndTheColumnsOfTheirCoarseness() throws IOException {
        VblkRun.of("bench", "memory:1M", "--rw=randrw", "--write_hist_log=" + prefix(),
                "--log_hist_msec=10", "--log_hist_coarseness=4", "--minimal").succeeded();
        long sum = 0;
        for (long[] row : rows("run_clat_hist.1.log")) {
            assertEquals(3 + 1856 / 16, row.length);
            assertEquals(4096, row[2]);
            sum += Arrays.stream(row).skip(3).sum();
        }

        assertEquals(List.of("run_clat_hist.1.log"), names());
        assertEquals(BLOCKS, sum);
    }

    @Test
    void hdrHistogramsReaderReadsTheLog() throws IOException {
        VblkRun.of("bench", "memory:1M", "--rw=randrw", "--write_hdr_log=" + prefix(),
                "--minimal").succeeded();
        Map<String, Long> counts = new TreeMap<>();
        try (HistogramLogReader reader =
                new HistogramLogReader(directory.resolve("run.1.hlog").toFile())) {
            EncodableHistogram histogram = reader.nextIntervalHistogram();
            while (histogram != null) {
                counts.merge(histogram.getTag(), ((Histogram) histogram).getTotalCount(),
                        Long::sum);
                assertTrue(histogram.getEndTimeStamp() >= histogram.getStartTimeStamp());
                histogram = reader.nextIntervalHistogram();
            }
        }

        assertEquals(Set.of("read", "write"), counts.keySet());
        assertEquals(BLOCKS, counts.get("read") + counts.get("write"));
    }

    @Test
    void aLogThatCannotBeWrittenIsALine() throws IOException {
        VblkRun absent = VblkRun.of("bench", "memory:64k", "--minimal",
                "--write_bw_log=" + directory.resolve("no/run"));
        absent.failed(1, "no/run_bw.1.log", "no such directory");

        Files.createSymbolicLink(directory.resolve("run_bw.1.log"), Path.of("/dev/full"));
        VblkRun full = VblkRun.of("bench", "memory:1M", "--minimal",
                "--write_bw_log=" + prefix());
        Files.delete(directory.resolve("run_bw.1.log"));
        assertEquals(1, full.code());
        VblkRun.assertOneLine(full.err(), "run_bw.1.log is not whole", "No space left");
        assertEquals(1, full.out().lines().count(), "the report is there all the same");
    }

    @Test
    void severalTargetsHaveNoLogs() {
        VblkRun.of("bench", "memory:1M", "null:1M", "--runtime=1", "--minimal",
                "--write_bw_log=" + prefix()).failed(2, "logs");
    }
}
