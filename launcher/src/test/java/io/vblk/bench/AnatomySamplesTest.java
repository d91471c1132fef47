// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.fio.JobSpec;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import io.vblk.virtioblk.RequestSampling;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a job keeps of its sampled requests, and what is made of it; on times that a test says. */
final class AnatomySamplesTest {
    private static final int JOBS = 64;
    private static final int CAPACITY = (64 << 10) / JOBS;
    private static final int DEPTH = 4;

    private long nowNs = 5_000;
    private long number;

    private static AnatomySamples samples(int interval) {
        return samples(interval, spec());
    }

    private static AnatomySamples samples(int interval, JobSpec spec) {
        AnatomySamples samples = new AnatomySamples(new RequestSampling(interval), JOBS);
        samples.begin(null, spec);
        return samples;
    }

    private static JobSpec spec() {
        return Jobs.blocks(ReadWrite.READ, 1, DEPTH, Timing.UNLIMITED, WaitMode.POLL);
    }

    /** One request at a time, with as much time in each of the guest's stages. */
    private void request(AnatomySamples samples, long submitNs, long kickNs, long deviceNs) {
        long startNs = nowNs;
        nowNs += submitNs;
        samples.issued(0, number++, startNs, nowNs);
        if (kickNs > 0) {
            samples.kicked(nowNs, nowNs + kickNs);
            nowNs += kickNs;
        }
        nowNs += deviceNs;
        samples.seen(0, nowNs);
    }

    private static AnatomyReport report(AnatomySamples... jobs) {
        return AnatomyReport.of(List.of(jobs));
    }

    @Test
    void onlyTheSampledOnesAreKept() {
        AnatomySamples samples = samples(10);
        for (int i = 0; i < 100; i++) {
            request(samples, i % 10 == 0 ? 7 : 5, 0, 100);
        }
        assertEquals(10, samples.count());
        for (int i = 0; i < 10; i++) {
            assertEquals(7, samples.stageNs(i, 0));
        }
    }

    @Test
    void requestsThatPassByUncountedDoNotShiftTheOthers() {
        AnatomySamples samples = samples(10);
        for (int i = 0; i < 100; i++) {
            if (number % 10 == 5) {
                number += 3;
            }
            request(samples, number % 10 == 0 ? 7 : 5, 0, 100);
        }
        assertTrue(samples.count() >= 10);
        for (int i = 0; i < samples.count(); i++) {
            assertEquals(7, samples.stageNs(i, 0));
        }
    }

    @Test
    void requestsWithoutNumbersAreCountedHere() {
        AnatomySamples samples = samples(3);
        for (int i = 0; i < 9; i++) {
            samples.issued(0, RequestPort.UNNUMBERED, nowNs, nowNs + i);
            samples.seen(0, nowNs + 100);
        }
        assertEquals(List.of(0L, 3L, 6L), List.of(samples.stageNs(0, 0), samples.stageNs(1, 0),
                samples.stageNs(2, 0)));
    }

    @Test
    void aKickIsThatOfTheRequestsIssuedWithIt() {
        AnatomySamples samples = samples(1);
        samples.issued(0, 0, 100, 110);
        samples.issued(1, 1, 110, 120);
        samples.issued(2, 2, 110, 120);
        samples.kicked(120, 150);
        samples.issued(3, 3, 150, 160);
        for (int slot = 0; slot < DEPTH; slot++) {
            samples.seen(slot, 1_000);
        }
        assertEquals(List.of(0L, 30L, 30L, 0L), List.of(samples.stageNs(0, 1),
                samples.stageNs(1, 1), samples.stageNs(2, 1), samples.stageNs(3, 1)));
    }

    @Test
    void ofManyAFairDrawIsKept() {
        AnatomySamples samples = samples(1);
        int requests = 8 * CAPACITY;
        for (int i = 0; i < requests; i++) {
            request(samples, 0, 0, i < requests / 2 ? 100 : 200);
        }
        assertEquals(CAPACITY, samples.count());
        assertEquals(requests * 7 / 8, samples.offered(), "each eighth slice is blank");
        int late = 0;
        for (int i = 0; i < CAPACITY; i++) {
            late += samples.stageNs(i, 2) == 200 ? 1 : 0;
        }
        assertTrue(late > CAPACITY * 4 / 10 && late < CAPACITY * 6 / 10, late + " late ones");
    }

    @Test
    void nothingIsAllocatedForARequest() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        AnatomySamples samples = samples(2);
        manyRequests(samples);
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        manyRequests(samples);
        long allocated =
                threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertTrue(allocated < 1_000, allocated + " bytes for 100000 requests");
    }

    private void manyRequests(AnatomySamples samples) {
        for (int i = 0; i < 100_000; i++) {
            request(samples, 10, 20, 30);
        }
    }

    // ------------------------------------------------------------------ the report

    @Test
    void meansOfStagesAddUpToThatOfTheWhole() {
        AnatomySamples samples = samples(1);
        for (int i = 0; i < 500; i++) {
            request(samples, i % 7, i % 3 * 11, 100 + i % 5);
        }
        AnatomyReport report = report(samples);
        double sum = report.stages().stream().mapToDouble(AnatomyReport.Stage::meanNs).sum();
        double shares = report.stages().stream().mapToDouble(AnatomyReport.Stage::share).sum();
        assertEquals(report.totalMeanNs(), sum, 1e-9);
        assertEquals(1, shares, 1e-12);
        assertEquals(500, report.total().getTotalCount());
        assertEquals(500, report.bands().stream().mapToInt(AnatomyReport.Band::requests).sum());
        assertFalse(report.ofDevice());
    }

    @Test
    void theStageThatMakesTheSlowestSlowIsNamed() {
        AnatomySamples samples = samples(1);
        for (int i = 0; i < 1_000; i++) {
            // The device takes most of the time, but always the same.
            request(samples, i % 100 == 42 ? 100 : 10, i % 100 == 42 ? 4_000 : 50, 9_000);
        }
        AnatomyWhy why = report(samples).why();
        assertEquals(AnatomyStage.KICK, why.stage());
        assertEquals(9_060, why.medianNs());
        assertEquals(3_950.0 / 4_040, why.share(), 0.02);
        assertTrue(why.sentence().contains("is kick"), why.sentence());
    }

    @Test
    void whereNoneIsSlowerNoneIsBlamed() {
        AnatomySamples samples = samples(1);
        for (int i = 0; i < 1_000; i++) {
            request(samples, 10, 20, 30);
        }
        assertTrue(report(samples).why().sentence().contains("no longer than"),
                report(samples).why().sentence());
    }

    @Test
    void aRunWithoutSamplesHasNoAnswer() {
        AnatomyReport report = report(samples(1));
        assertTrue(report.toText("").contains("0 looked at"), report.toText(""));
        assertEquals(0, report.bands().size());
        assertTrue(report.picture("none").toSvg().contains("</svg>"));
    }

    @Test
    void whatLookingCostsIsFoundByTheSlicesWithout() {
        AnatomySamples samples = samples(4);
        RequestSampling sampling = new RequestSampling(4);
        for (int i = 0; i < 8 * 256 * 30; i++) {
            boolean blank = sampling.isBlank(sampling.slice(number));
            request(samples, 0, 0, blank ? 1_000 : 1_080);
        }
        AnatomyCost cost = report(samples).cost();
        assertTrue(cost.slices() >= 28, cost.toString());
        assertEquals(8, cost.percent(), 0.1);
        assertEquals(80, cost.requestNs(), 1);
        assertTrue(cost.lowPercent() <= 8.01 && cost.highPercent() >= 7.99, cost.toString());
    }

    @Test
    void theCostOfAFewSlicesIsNotGuessed() {
        AnatomySamples samples = samples(1);
        for (int i = 0; i < 8 * 256 * 5; i++) {
            request(samples, 0, 0, 1_000);
        }
        assertFalse(report(samples).cost().isKnown());
        assertTrue(report(samples).toText("").contains("not known"));
    }

    @Test
    void runsAfterOneAnotherAreOneReportAndTheirBreakIsNoSlice() {
        AnatomySamples samples = samples(1);
        for (int run = 0; run < 2; run++) {
            for (int i = 0; i < 1_000; i++) {
                request(samples, 0, 0, 1_000);
            }
            nowNs += 1_000_000_000;
            samples.begin(null, spec());
        }
        assertEquals(List.of(samples), AnatomySamples.union(List.of(samples), List.of(samples)));
        for (int i = 0; i < samples.slices(); i++) {
            assertTrue(Math.abs(samples.sliceNs(i)) <= 256_000, "slice " + i);
        }
    }
}
