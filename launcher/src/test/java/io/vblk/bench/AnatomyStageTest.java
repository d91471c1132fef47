// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.virtioblk.RequestTrace;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The stages of a request add up to its time, whatever was noted of them. */
final class AnatomyStageTest {
    private static final int STAGES = AnatomyStage.WITH_DEVICE.size();
    private static final long START = 1_000;

    private static long[] record(long... stampsNs) {
        return Arrays.copyOf(stampsNs, RequestTrace.FIELDS);
    }

    /** Stages of a request that was issued after 10 ns and seen after 1000. */
    private static long[] split(long kickedNs, long[] record) {
        long[] stages = new long[STAGES];
        AnatomyStage.split(START, START + 10, kickedNs, START + 1_000, record, stages, 0);
        return stages;
    }

    @Test
    void eachStageEndsWhereTheNextBegins() {
        assertArrayEquals(new long[] {10, 20, 30, 40, 50, 60, 70, 80, 640},
                split(START + 30, record(START + 60, START + 100, START + 150, START + 210,
                        START + 280, START + 360)));
    }

    @Test
    void aKickEndsWhenItIsNoticed() {
        long[] stages = split(START + 500, record(START + 60, START + 60, START + 60,
                START + 60, START + 60, 0));
        assertEquals(50, stages[AnatomyStage.KICK.ordinal()]);
        assertEquals(0, stages[AnatomyStage.NOTICE.ordinal()]);
        assertEquals(940, stages[AnatomyStage.REAP.ordinal()]);
    }

    @Test
    void withoutAKickAllIsNotice() {
        long[] stages = split(0, record(START + 60, START + 60, START + 60, START + 60,
                START + 60, 0));
        assertEquals(0, stages[AnatomyStage.KICK.ordinal()]);
        assertEquals(50, stages[AnatomyStage.NOTICE.ordinal()]);
    }

    @Test
    void whatCameWhileTheDeviceWasAtItIsNoticedAtOnce() {
        long[] stages = split(0, record(START - 500, START + 40, START + 40, START + 40,
                START + 40, 0));
        assertEquals(0, stages[AnatomyStage.NOTICE.ordinal()]);
        assertEquals(30, stages[AnatomyStage.QUEUE.ordinal()]);
    }

    @Test
    void aCallThatComesAfterTheGuestHasSeenItTakesNoMoreThanTheRest() {
        long[] stages = split(0, record(START + 60, START + 60, START + 60, START + 60,
                START + 60, START + 5_000));
        assertEquals(940, stages[AnatomyStage.CALL.ordinal()]);
        assertEquals(0, stages[AnatomyStage.REAP.ordinal()]);
    }

    @Test
    void stagesAddUpWhateverStampsAreMissingLateOrOutOfOrder() {
        long seed = 4242;
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 200_000; round++) {
            long start = random.nextLong(-1_000_000_000_000L, 1_000_000_000_000L);
            long seen = start + random.nextLong(0, 10_000);
            long[] record = new long[RequestTrace.FIELDS];
            for (int i = 0; i < RequestTrace.FIELDS; i++) {
                record[i] = stamp(random, start, seen);
            }
            long issued = stamp(random, start, seen);
            long kicked = stamp(random, start, seen);
            boolean ofDevice = random.nextBoolean();
            long[] stages = new long[STAGES + 2];
            AnatomyStage.split(
                    start, issued, kicked, seen, ofDevice ? record : null, stages, 1);
            String what = "seed " + seed + ", round " + round;
            assertEquals(seen - start, Arrays.stream(stages).sum(), what);
            assertTrue(Arrays.stream(stages).allMatch(ns -> ns >= 0), what);
            assertEquals(0, stages[0] + stages[STAGES + 1], "beside its place");
        }
    }

    private static long stamp(SplittableRandom random, long start, long seen) {
        return switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> start - random.nextLong(0, 5_000);
            case 2 -> seen + random.nextLong(0, 5_000);
            default -> start + random.nextLong(0, seen - start + 1);
        };
    }

    @Test
    void ofADeviceElsewhereTheRestIsOneStage() {
        long[] stages = split(START + 30, null);
        assertArrayEquals(new long[] {10, 20, 970}, Arrays.copyOf(stages, 3));
    }
}
