// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.fio.ReadWrite;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which block is next, and what happens to it. */
final class AccessPatternTest {
    private static final int MANY = 100_000;

    private static List<String> steps(JobSpec spec, int job, int count) {
        AccessPattern pattern = new AccessPattern(spec, job);
        List<String> steps = new ArrayList<>();
        while (steps.size() < count && pattern.next()) {
            steps.add(pattern.op() + " " + pattern.block());
        }
        return steps;
    }

    private static long[] blocks(JobSpec spec, int job, int count) {
        AccessPattern pattern = new AccessPattern(spec, job);
        return IntStream.range(0, count).mapToLong(i -> {
            assertTrue(pattern.next());
            return pattern.block();
        }).toArray();
    }

    @ParameterizedTest
    @EnumSource(ReadWrite.class)
    void sameSeedAndJobGiveTheSameSteps(ReadWrite rw) {
        JobSpec spec = Jobs.endless(rw, 100, 7);

        assertEquals(steps(spec, 0, 1000), steps(spec, 0, 1000));
    }

    @Test
    void otherSeedOrJobGivesOthers() {
        List<String> first = steps(Jobs.endless(ReadWrite.RANDREAD, 100, 7), 0, 1000);

        assertNotEquals(first, steps(Jobs.endless(ReadWrite.RANDREAD, 100, 8), 0, 1000));
        assertNotEquals(first, steps(Jobs.endless(ReadWrite.RANDREAD, 100, 7), 1, 1000));
        // Neighbours in both: a plain sum of seed and job would give the same numbers.
        assertNotEquals(steps(Jobs.endless(ReadWrite.RANDREAD, 100, 7), 1, 1000),
                steps(Jobs.endless(ReadWrite.RANDREAD, 100, 8), 0, 1000));
    }

    @ParameterizedTest
    @EnumSource(ReadWrite.class)
    void endsAfterAsManyRequestsAsBlocks(ReadWrite rw) {
        AccessPattern pattern = new AccessPattern(Jobs.blocks(rw, 10, 1), 0);
        for (int i = 0; i < 10; i++) {
            assertTrue(pattern.next());
            assertTrue(pattern.block() >= 0 && pattern.block() < 10);
        }
        assertFalse(pattern.next());
        assertFalse(pattern.next());
    }

    @ParameterizedTest
    @ValueSource(strings = {"READ", "WRITE", "RW"})
    void sequentialCoversEachBlockOnceInOrder(String mode) {
        long[] blocks = blocks(Jobs.blocks(ReadWrite.valueOf(mode), 10, 1), 0, 10);

        for (int i = 0; i < 10; i++) {
            assertEquals(i, blocks[i]);
        }
    }

    @Test
    void sequentialWrapsWhenItGoesOn() {
        long[] blocks = blocks(Jobs.endless(ReadWrite.WRITE, 3, 1), 0, 10);

        for (int i = 0; i < 10; i++) {
            assertEquals(i % 3, blocks[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 64, 1000})
    void randomIsUniform(long count) {
        int[] hits = new int[(int) count];
        for (long block : blocks(Jobs.endless(ReadWrite.RANDREAD, count, 3), 0, MANY)) {
            hits[(int) block]++;
        }
        double expected = (double) MANY / count;
        double chiSquare = 0;
        for (int hit : hits) {
            chiSquare += (hit - expected) * (hit - expected) / expected;
        }
        // Mean count - 1, deviation sqrt(2 (count - 1)): six deviations, and the seed is fixed.
        assertTrue(chiSquare <= count - 1 + 6 * Math.sqrt(2.0 * count), "chi square " + chiSquare);
    }

    @Test
    void randomReachesFarBeyondAnInt() {
        long far = 0;
        for (long block : blocks(Jobs.endless(ReadWrite.RANDREAD, 1L << 40, 3), 0, 1000)) {
            assertTrue(block >= 0 && block < 1L << 40);
            far = Math.max(far, block);
        }
        assertTrue(far > 1L << 39);
    }

    @Test
    void pureModesDoNothingElse() {
        for (ReadWrite rw : ReadWrite.values()) {
            AccessPattern pattern = new AccessPattern(Jobs.endless(rw, 10, 1), 0);
            for (int i = 0; i < 1000; i++) {
                assertTrue(pattern.next());
                BlockOp op = pattern.op();
                assertTrue(op == BlockOp.READ ? rw.reads() : op == BlockOp.WRITE && rw.writes());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30, 50, 70, 99, 100})
    void mixHasTheShareAskedFor(int percent) {
        for (ReadWrite rw : List.of(ReadWrite.RW, ReadWrite.RANDRW)) {
            AccessPattern pattern = new AccessPattern(Jobs.mix(rw, percent, 5), 0);
            int reads = 0;
            for (int i = 0; i < MANY; i++) {
                assertTrue(pattern.next());
                reads += pattern.op() == BlockOp.READ ? 1 : 0;
            }
            double share = percent / 100.0;
            double deviation = Math.sqrt(MANY * share * (1 - share));
            assertEquals(MANY * share, reads, 6 * deviation, rw.fioName());
        }
    }
}
