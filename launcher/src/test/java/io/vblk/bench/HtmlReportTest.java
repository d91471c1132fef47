// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.chart.Point;
import io.vblk.chart.StackedBars;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** The page of a run, of data as they seldom are. */
final class HtmlReportTest {
    private static final String HOSTILE = "<script>alert(1)</script>\u0007&\"'";
    private static final long SECOND = 1_000_000_000L;

    /** Requests of a kind whose latencies are spread over so many powers of ten. */
    private static HtmlReportData.Kind kind(String job, String name, int requests, long fastestNs,
            double decades) {
        Random random = new Random(7);
        Histogram lat = DirectionStats.histogram();
        LatencyTimeline timeline = new LatencyTimeline(LatencyTimeline.COLUMNS_MAX);
        for (int i = 0; i < requests; i++) {
            long ns = (long) (fastestNs * Math.pow(10, decades * random.nextDouble()));
            DirectionStats.record(lat, ns);
            long endNs = DirectionStats.LATENCY_MAX_NS
                    + (long) (10.0 * SECOND * (i + 1) / requests);
            timeline.record(endNs - ns, endNs, 4096);
        }
        HtmlReportData.Latency latency = new HtmlReportData.Latency(
                lat.getMean(), lat.getMaxValue(), PercentileCurve.of(lat));
        List<LatencyTimeline> all = List.of(timeline);
        return new HtmlReportData.Kind(job, name, requests, requests * 4096L, 10, latency, latency,
                latency, requests == 0
                        ? null : LatencyTimeline.sum(all, LatencyTimeline.grid(all), true));
    }

    private static HtmlReportData data(List<HtmlReportData.Kind> all,
            List<HtmlReportData.Kind> jobs, boolean isOpenLoop) {
        return new HtmlReportData(HOSTILE, HOSTILE, HOSTILE, isOpenLoop, false, all, jobs,
                List.of(new HtmlReportData.Anatomy("Reads", List.of("popped", HOSTILE),
                        List.of(new StackedBars.Bar("p50", List.of(1.0, 2.0))), HOSTILE)),
                List.of(new HtmlReportData.Loop("iothread 0", 1e9, 2e8, 7e9)),
                Map.of("Device", Map.of("disk", HOSTILE)), Map.of("Text", HOSTILE),
                List.of(HOSTILE));
    }

    private static String write(HtmlReportData data) throws Exception {
        String html = new HtmlReport(data).write();
        Document page = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new InputSource(new StringReader(html)));
        assertEquals(0, page.getElementsByTagName("script").getLength());
        assertFalse(html.contains("NaN") || html.contains("Infinity"), "no number");
        return html;
    }

    @Test
    void oneRequestMakesAPage() throws Exception {
        String html = write(data(List.of(kind("", "read", 1, 4711, 0)), List.of(), false));

        assertTrue(html.contains("4.7"), html);
        assertFalse(html.contains("nothing was measured"));
    }

    @Test
    void noRequestMakesAPageToo() throws Exception {
        String html = write(data(List.of(), List.of(), false));

        assertTrue(html.contains("nothing was measured"));
    }

    @Test
    void extremesFit() throws Exception {
        write(data(List.of(kind("", "read", 100_000, 200, 5), kind("", "write", 50, 1_000, 0)),
                List.of(), true));
        write(data(List.of(kind("", "read", 10_000_000, 900, 3)), List.of(), false));
    }

    @Test
    void manyJobsStayReadableInSize() throws Exception {
        List<HtmlReportData.Kind> jobs = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            jobs.add(kind(HOSTILE + i, "read", 2_000, 1_000 + i * 100, 2));
        }
        String html = write(data(List.of(kind("", "read", 128_000, 1_000, 2)), jobs, false));

        assertTrue(html.length() < 1_000_000, html.length() + " characters");
        assertTrue(html.contains("56 more"));
    }

    @Test
    void aPercentileThatSoFewRequestsCannotTellIsLeftOut() {
        HtmlReportData.Kind few = kind("", "read", 99, 1_000, 1);
        HtmlReportData.Kind enough = kind("", "read", 100, 1_000, 1);

        assertTrue(Double.isNaN(few.lat().at(99, few.requests())));
        assertTrue(enough.lat().at(99, enough.requests()) > 1_000);
    }

    @Test
    void curvesHaveTheHistogramsPercentiles() {
        Histogram histogram = DirectionStats.histogram();
        for (int i = 1; i <= 100_000; i++) {
            DirectionStats.record(histogram, i * 10L);
        }
        HtmlReportData.Latency latency = new HtmlReportData.Latency(
                0, histogram.getMaxValue(), PercentileCurve.of(histogram));

        for (double percentile : new double[] {50, 90, 99, 99.9, 99.99}) {
            assertEquals(histogram.getValueAtPercentile(percentile),
                    latency.at(percentile, 100_000), percentile + "%");
        }
        histogram.reset();
        DirectionStats.record(histogram, 100);
        assertEquals(List.of(new Point(0, 100), new Point(100, 100)),
                PercentileCurve.of(histogram));
        assertEquals(List.of(), PercentileCurve.of(DirectionStats.histogram()));
    }
}
