// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.bench.Intervals.Span;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Overlaps of spans with a request's time, against counting moment by moment. */
final class IntervalsTest {
    private static final int END = 5;

    private static List<Span> allSpans() {
        List<Span> spans = new ArrayList<>();
        for (int from = 0; from <= END; from++) {
            for (int to = from; to <= END; to++) {
                spans.add(new Span(from, to));
            }
        }
        return spans;
    }

    private static long naive(List<Span> spans, int from, int to) {
        long sum = 0;
        for (int moment = from; moment < to; moment++) {
            int now = moment;
            sum += spans.stream().anyMatch(s -> s.fromNs() <= now && now < s.toNs()) ? 1 : 0;
        }
        return sum;
    }

    private static void check(List<Span> spans) {
        Intervals intervals = new Intervals(spans);
        RecentSpans recent = new RecentSpans();
        boolean disjoint = true;
        long lastNs = 0;
        for (Span span : spans) {
            disjoint &= span.fromNs() >= lastNs;
            lastNs = span.toNs();
            recent.add(span.fromNs(), span.toNs());
        }
        for (int from = 0; from <= END; from++) {
            for (int to = from; to <= END; to++) {
                long expected = naive(spans, from, to);
                assertEquals(expected, intervals.overlapNs(from, to),
                        () -> "overlap of " + spans);
                if (disjoint) {
                    assertEquals(expected, recent.overlapNs(from, to),
                            () -> "recent " + spans);
                }
            }
        }
    }

    @Test
    void overlapCountsEachMomentOnceForUpToThreeSpans() {
        List<Span> all = allSpans();
        check(List.of());
        for (Span one : all) {
            check(List.of(one));
            for (Span two : all) {
                check(List.of(one, two));
                for (Span three : all) {
                    check(List.of(one, two, three));
                }
            }
        }
    }

    @Test
    void recentSpansForgetTheOldest() {
        RecentSpans recent = new RecentSpans();
        for (int i = 0; i < 17; i++) {
            recent.add(10 * i, 10 * i + 1);
        }
        assertEquals(0, recent.overlapNs(0, 10), "the first has made room");
        assertEquals(16, recent.overlapNs(0, 1000));
    }

    @Test
    void recentSpansStandTheWrapOfTheClock() {
        RecentSpans recent = new RecentSpans();
        recent.add(Long.MAX_VALUE - 5, Long.MIN_VALUE + 4);
        assertEquals(10, recent.overlapNs(Long.MAX_VALUE - 10, Long.MIN_VALUE + 10));
        assertEquals(3, recent.overlapNs(Long.MAX_VALUE - 2, Long.MIN_VALUE));
    }
}
