// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.bench.Intervals.Span;
import io.vblk.bench.TailCause.Background;
import io.vblk.bench.TailCause.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which cause a slow request is given, on made-up times. */
final class TailCauseTest {
    private static final long MEDIAN_NS = 10;
    private static final long ISSUED_NS = 1_000;
    private static final long ENDED_NS = 1_050;
    /** It took 50 and 40 more than the median: half of that is what counts. */
    private static final long HALF_NS = 20;

    private static Intervals covering(long ns) {
        return new Intervals(List.of(new Span(ISSUED_NS + 5, ISSUED_NS + 5 + ns)));
    }

    private static Intervals covering(boolean most) {
        return most ? covering(HALF_NS) : covering(HALF_NS - 1);
    }

    private static Background background(
            boolean gc, boolean safepoint, boolean deoptimized, boolean stolen) {
        return new Background(covering(gc), covering(safepoint), covering(deoptimized),
                covering(stolen));
    }

    private static long ns(boolean most) {
        return most ? HALF_NS : HALF_NS - 1;
    }

    /** The order that the documentation promises, written a second time. */
    private static TailCause expected(boolean gc, boolean safepoint, boolean compiles,
            boolean deoptimized, boolean stolen, boolean waited, boolean measured, boolean faulted,
            boolean held, boolean woken) {
        return gc ? TailCause.GC
                : safepoint ? TailCause.SAFEPOINT
                : compiles && waited ? TailCause.JIT
                : waited ? TailCause.SCHEDULER
                : measured ? TailCause.MEASURING
                : faulted ? TailCause.PAGE_FAULT
                : deoptimized ? TailCause.DEOPTIMISED
                : stolen ? TailCause.HOST_STEAL
                : held ? TailCause.HELD_UP
                : woken ? TailCause.WAKE_UP : TailCause.UNEXPLAINED;
    }

    @Test
    void theFirstCauseThatCoversHalfOfTheExcessCounts() {
        for (int bits = 0; bits < 1 << 10; bits++) {
            boolean[] is = new boolean[10];
            for (int i = 0; i < is.length; i++) {
                is[i] = (bits >> i & 1) == 1;
            }
            Sample sample = new Sample(ISSUED_NS, ENDED_NS, ns(is[5]), ns(is[2]), is[7] ? 1 : 0,
                    ns(is[8]), ns(is[9]), ns(is[6]));
            assertEquals(
                    expected(is[0], is[1], is[2], is[3], is[4], is[5], is[6], is[7], is[8], is[9]),
                    TailCause.of(sample, background(is[0], is[1], is[3], is[4]), MEDIAN_NS),
                    "case " + bits);
        }
    }

    @Test
    void onlyTimeWithinTheRequestCounts() {
        Background none = background(false, false, false, false);
        Sample sample = new Sample(ISSUED_NS, ENDED_NS, 0, 0, 0, 0, 0, 0);
        for (long from = ISSUED_NS - 60; from <= ENDED_NS + 10; from++) {
            Intervals pause = new Intervals(List.of(new Span(from, from + 45)));
            long covered = pause.overlapNs(ISSUED_NS, ENDED_NS);
            Background background = new Background(
                    pause, none.safepoints(), none.deoptimized(), none.stolen());
            assertEquals(covered >= HALF_NS ? TailCause.GC : TailCause.UNEXPLAINED,
                    TailCause.of(sample, background, MEDIAN_NS), "a pause from " + from);
        }
    }

    @Test
    void severalShortPausesAddUp() {
        Intervals pauses = new Intervals(List.of(new Span(1_001, 1_011), new Span(1_020, 1_030)));
        Background background = new Background(Intervals.NONE, pauses, Intervals.NONE,
                Intervals.NONE);
        assertEquals(TailCause.SAFEPOINT, TailCause.of(
                new Sample(ISSUED_NS, ENDED_NS, 0, 0, 0, 0, 0, 0), background, MEDIAN_NS));
    }

    @Test
    void aRequestNotSlowerThanTheMedianIsNotBlamedOnNothing() {
        Background background = new Background(Intervals.NONE, Intervals.NONE, Intervals.NONE,
                Intervals.NONE);
        assertEquals(TailCause.UNEXPLAINED, TailCause.of(
                new Sample(ISSUED_NS, ENDED_NS, 0, 0, 0, 0, 0, 0), background, 100));
    }
}
