// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.bench.AnatomyWhy.Group;
import org.junit.jupiter.api.Test;

/** The answer to "why is my p99 high", in words. */
final class AnatomyWhyTest {
    private static final Group USUAL =
            new Group(1_000, new double[] {0.9, 0.08, 0.02}, 1, 2, 0.1);

    private static String answer(Group slow) {
        return answer(10, slow);
    }

    private static String answer(int slowest, Group slow) {
        return new AnatomyWhy(slowest, 1_000, 9_000, AnatomyStage.NOTICE, 0.8, new double[9], slow,
                USUAL).sentence();
    }

    @Test
    void namesTheStageAndHowMuchOfTheDifferenceItIs() {
        assertEquals("p99 is 9.00 us and p50 1.00 us: 80 % of what the slowest hundredth takes "
                + "longer is notice (until the event loop turned to the queue)", answer(USUAL));
    }

    @Test
    void saysThatAFewAreNoAnswer() {
        String answer = answer(2, USUAL);
        assertTrue(answer.endsWith("; they are 2 only: run longer, or look at more"), answer);
    }

    @Test
    void saysThatTheLoopWasAsleep() {
        String answer = answer(new Group(10, new double[] {0.1, 0.9, 0}, 1, 2, 0.1));
        assertTrue(answer.endsWith("; 90 % of them were woken (of all 8 %)"), answer);
        assertFalse(answer.contains("polled"), answer);
    }

    @Test
    void saysThatTheyCameInLargeBatches() {
        String answer = answer(new Group(10, new double[] {0.9, 0.08, 0.02}, 9, 12, 0.1));
        assertTrue(answer.contains("; 9.0 others were taken before them (usually 1.0)"), answer);
        assertTrue(answer.endsWith("; they were shown in batches of 12.0 (usually 2.0)"), answer);
    }

    @Test
    void saysThatTheDiskHadThemToWait() {
        String answer = answer(new Group(10, new double[] {0.9, 0.08, 0.02}, 1, 2, 0.95));
        assertTrue(answer.endsWith("; 95 % of them the disk did not finish at once (of all 10 %)"),
                answer);
    }
}
