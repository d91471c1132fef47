// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.Progress;
import io.vblk.bench.Progress.Count;
import io.vblk.bench.Progress.Totals;
import io.vblk.fio.Access;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The progress line, character by character as fio's. */
final class ProgressLineTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Totals NOTHING = new Totals(new Count(0, 0), new Count(0, 0),
            new Count(0, 0));

    private static JobSpec job(ReadWrite rw, long iops) {
        Timing timing = Timing.of(4 * SECOND, 0);
        return JobSpec.of(Access.of(rw, 4096), Extent.ALL, iops == 0 ? timing
                : timing.withRate(ArrivalRate.ofIops(iops, ArrivalRate.Process.LINEAR)),
                Queueing.of(1, WaitMode.POLL));
    }

    private static String line(List<JobSpec> clones, String states, Totals done, long leftNs) {
        return ProgressLine.text("Jobs", clones,
                new Progress(3 * SECOND, SECOND, done, NOTHING, states, leftNs));
    }

    @Test
    void readsOfSeveralJobs() {
        Totals done = new Totals(new Count(1_017_000, 4_165_632_000L), new Count(0, 0),
                new Count(0, 0));

        assertEquals("Jobs: 2 (f=2): [r(2),P(1)][42.9%][r=3973MiB/s][r=1017k IOPS][eta 00m:04s]",
                line(List.of(job(ReadWrite.RANDREAD, 0), job(ReadWrite.RANDREAD, 0),
                        job(ReadWrite.RANDREAD, 0)), "rrP", done, 4 * SECOND));
    }

    @Test
    void aRateIsThatOfTheJobsThatRun() {
        Totals done = new Totals(new Count(1587, 1587 * 4096), new Count(607, 607 * 4096),
                new Count(0, 0));
        JobSpec job = job(ReadWrite.RANDRW, 1400);

        assertEquals("Jobs: 1 (f=1), 0-2800 IOPS: [_(2),m(1)][33.3%][r=6348KiB/s,w=2428KiB/s]"
                        + "[r=1587,w=607 IOPS][eta 00m:06s]",
                line(List.of(job, job, job), "__m", done, 6 * SECOND));
    }

    @Test
    void whatNobodyKnowsIsNoNumber() {
        assertEquals("Jobs: 1 (f=1): [/(1)][-.-%][eta --]",
                line(List.of(job(ReadWrite.READ, 0)), "/", NOTHING, -1));
    }

    @Test
    void longTimesHaveHoursAndDays() {
        List<JobSpec> jobs = List.of(job(ReadWrite.READ, 0));

        assertTrue(line(jobs, "R", NOTHING, 3_725 * SECOND).endsWith("[eta 01h:02m:05s]"));
        assertTrue(line(jobs, "R", NOTHING, 90_061 * SECOND).endsWith("[eta 01d:01h:01m:01s]"));
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeHasNoneUnlessAskedFor() {
        String[] words = {"bench", "memory:16M", "--rw=randread", "--number_ios=800",
            "--rate_iops=400", "--minimal", "--eta-interval=250ms", "--eta=always"};
        VblkRun asked = VblkRun.of(words);

        assertEquals(0, asked.code());
        assertTrue(asked.err().matches("(?s)Jobs: 1 \\(f=1\\), 0-400 IOPS: \\[r\\(1\\)\\]"
                + "\\[\\d+\\.\\d%\\].*\\[eta 00m:0[0-4]s\\]\n.*"), "by requests: " + asked.err());
        assertTrue(asked.err().lines().count() >= 3, asked.err());
        words[words.length - 1] = "--eta=auto";
        VblkRun.of(words).succeeded();
    }
}
