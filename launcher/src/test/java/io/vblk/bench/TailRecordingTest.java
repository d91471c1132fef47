// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the Flight Recorder says, in the clock that requests are timed by. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TailRecordingTest {
    private static final long ROUND = 20_000_000;
    private static final int ROUNDS = 20;

    private static long sink;

    @Test
    void aCollectionIsAPauseAndASafepointWhenItHappened() throws IOException {
        try (TailRecording recording = new TailRecording()) {
            long beforeNs = System.nanoTime();
            System.gc();
            long afterNs = System.nanoTime();
            TailRecording.Found found = recording.finish(List.of(), beforeNs);

            long pausedNs = new Intervals(found.gc()).overlapNs(beforeNs, afterNs);
            long stoppedNs = new Intervals(found.safepoints()).overlapNs(beforeNs, afterNs);
            assertTrue(pausedNs > 0 && pausedNs <= stoppedNs,
                    pausedNs + " ns paused, " + stoppedNs + " ns stopped");
            long all = found.gc().stream().mapToLong(s -> s.toNs() - s.fromNs()).sum();
            assertEquals(all, new Intervals(found.gc()).overlapNs(beforeNs - 1_000_000,
                    afterNs + 1_000_000), "within a millisecond of ours, clocks and all");
            assertTrue(found.operations().values().stream().mapToInt(n -> n).sum() > 0);
        }
    }

    /** Runs code until it is compiled, then takes a way that it never took. */
    private static TailRecording.Found deoptimize(String thread, Runnable code) throws Exception {
        try (TailRecording recording = new TailRecording()) {
            Thread runs = new Thread(code, thread);
            runs.start();
            runs.join();
            return recording.finish(List.of("vblk-guest-"), System.nanoTime());
        }
    }

    private static void stepsOfAGuest() {
        for (int round = 0; round < ROUNDS; round++) {
            for (long i = 0; i < ROUND; i++) {
                sink = stepOfAGuest(sink, false);
            }
            sink = stepOfAGuest(sink, round == ROUNDS - 1);
        }
    }

    private static long stepOfAGuest(long value, boolean rare) {
        return rare ? value * 31 : value ^ value >>> 7;
    }

    private static void stepsOfAnother() {
        for (int round = 0; round < ROUNDS; round++) {
            for (long i = 0; i < ROUND; i++) {
                sink = stepOfAnother(sink, false);
            }
            sink = stepOfAnother(sink, round == ROUNDS - 1);
        }
    }

    private static long stepOfAnother(long value, boolean rare) {
        return rare ? value * 31 : value ^ value >>> 7;
    }

    @Test
    void aDeoptimisationOfAWatchedThreadIsFound() throws Exception {
        TailRecording.Found found =
                deoptimize("vblk-guest-0", TailRecordingTest::stepsOfAGuest);
        assertTrue(found.deoptimized().size() > 0, "none found");
        assertTrue(found.compilations().size() > 0);
        for (Intervals.Span span : found.deoptimized()) {
            assertTrue(span.toNs() >= span.fromNs());
        }
    }

    @Test
    void aDeoptimisationOfAnotherThreadIsNotCounted() throws Exception {
        assertEquals(0, deoptimize("somebody", TailRecordingTest::stepsOfAnother)
                .deoptimized().size());
    }
}
