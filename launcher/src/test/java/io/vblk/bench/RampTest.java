// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.NanoClock;
import io.vblk.fio.Direction;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RampTest {
    private static final long MS = 1_000_000;

    private final Ramp ramp = new Ramp();

    /** Says who heard of a request. */
    private record Listener(String name, List<String> heard) implements CompletionObserver {
        @Override
        public void completed(Direction direction, long offset, int lengthBytes, long startNs,
                long issueNs, long endNs) {
            heard.add(name);
        }

        @Override
        public CompletionObserver rehearsal() {
            return new Listener("rehearsed", heard);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000 * MS, Long.MAX_VALUE - 50 * MS, -100 * MS})
    void measuredTimeBeginsWhenTheRampIsOverWhateverTheClockShows(long beganNs) {
        ramp.begin(beganNs, 200 * MS);
        int turns = 0;
        for (int ms = 0; ms < 200; ms++) {
            turns += ramp.turns(beganNs + ms * MS) ? 1 : 0;
            assertFalse(ramp.isOver(), "after " + ms + " ms");
        }
        assertTrue(turns >= 5, "rehearsals: " + turns);

        assertTrue(ramp.turns(beganNs + 203 * MS));

        assertTrue(ramp.isOver());
        assertEquals(beganNs + 200 * MS, ramp.fromNs(), "what started late counts, too");
        assertFalse(ramp.turns(beganNs + 3_600_000 * MS), "it stays over");
    }

    @Test
    void aShortRampAndThatOfAJobWithoutRehearsalsIsOnlyWaitedFor() {
        ramp.begin(0, 2 * MS);
        assertEquals(2 * MS, ramp.fromNs());
        assertFalse(ramp.turns(MS));
        assertTrue(ramp.turns(2 * MS) && ramp.isOver());

        ramp.rehearseNothing();
        ramp.begin(0, 1_000 * MS);
        assertFalse(ramp.turns(999 * MS));
        assertTrue(ramp.turns(1_000 * MS) && ramp.isOver());
    }

    @Test
    void aLoadThatEndsInTheRampHasCountedNothing() throws IOException {
        Timing timing = new Timing(0, false, 1_000 * MS, 0, Timing.UNLIMITED.think(),
                Timing.UNLIMITED.rate());
        JobStats stats = Jobs.run(Jobs.blocks(ReadWrite.READ, 10, 4, timing, WaitMode.POLL),
                NanoClock.MONOTONIC);

        assertEquals(10, stats.completed);
        assertEquals(0, stats.ios());
        for (int i = 0; i < stats.levels.classes(); i++) {
            assertEquals(0, stats.levels.percent(i), "levels");
        }
        for (int i = 0; i < stats.submits.classes(); i++) {
            assertEquals(0, stats.submits.percent(i) + stats.completes.percent(i), "batches");
        }
    }

    @Test
    void whatIsRehearsedReachesNoFigureAndNoObserver() {
        Slots slots = new Slots(1);
        slots.describe(0, Direction.READ, 0, Jobs.BLOCK_BYTES);
        List<String> heard = new ArrayList<>();
        Outcomes outcomes = new Outcomes(Jobs.once(ReadWrite.READ, 1), slots, new JobStats());
        outcomes.observe(new Listener("measured", heard));
        outcomes.begin(1_000 * MS);

        outcomes.turn(false, 900 * MS);
        outcomes.ended(0, 910 * MS);
        outcomes.sample(920 * MS);
        assertEquals(List.of("rehearsed"), heard);
        heard.clear();
        outcomes.turn(true, 1_000 * MS);
        assertEquals(0, outcomes.counted().ios());

        outcomes.ended(0, 1_010 * MS);
        assertEquals(1, outcomes.counted().ios());
        assertEquals(List.of("measured"), heard);
    }
}
