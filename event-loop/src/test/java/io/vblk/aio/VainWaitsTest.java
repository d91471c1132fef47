// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.ScriptedLoop.Source;
import io.vblk.posix.ErrnoException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waits that polling never shortens, in a loop whose events come by a script. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VainWaitsTest {
    private static final long DISK_NS = 70_000;
    private static final long GUEST_NS = 8_000;
    private static final int LEARNING = 20;
    private static final int TRY_WORTH = PollingPolicy.TRY_WORTH;

    private ScriptedLoop loop;
    private Source queue;
    private Source disk;
    private long diskNs = DISK_NS;

    @BeforeEach
    void create() throws ErrnoException {
        open(PollingOptions.DEFAULT);
    }

    private void open(PollingOptions polling) throws ErrnoException {
        loop = new ScriptedLoop(polling);
        queue = loop.source();
        disk = loop.source();
    }

    @AfterEach
    void close() {
        loop.close();
    }

    /** A guest with one request at a time: a kick, the disk, the next kick, and so on. */
    private void alternate() {
        queue.served = () -> disk.dueIn(diskNs);
        disk.served = () -> queue.dueIn(GUEST_NS);
        queue.dueIn(GUEST_NS);
    }

    /** One source alone whose events come so long after each other. */
    private void repeat(long gapNs) {
        queue.served = () -> queue.dueIn(gapNs);
        queue.dueIn(gapNs);
    }

    @Test
    void afterAKickTheLoopSleepsAndAfterACompletionItPolls() {
        alternate();
        assertLearnt(disk, 1);
        assertEquals(0, disk.polled);
        assertTrue(queue.slept < LEARNING, queue.slept + " kicks");
    }

    @Test
    void underPolicyClassicNothingIsLearnt() throws ErrnoException {
        close();
        open(PollingOptions.classic(PollingOptions.POLL_MAX_NS_DEFAULT, 0, 2));
        alternate();
        loop.run(disk, 200);
        AioStats stats = loop.context.stats();
        assertEquals(0, stats.pollSkips());
        assertTrue(stats.pollPhases() > 300, stats.toString());
    }

    @Test
    void policyClassicPollsAlsoWhereWeightedHasLearntNotTo() {
        alternate();
        loop.run(disk, LEARNING);
        // The next wait would not be polled.
        loop.run(queue, 1);
        AioStats before = loop.context.stats();
        loop.context.setPolling(
                PollingOptions.classic(PollingOptions.POLL_MAX_NS_DEFAULT, 0, 2));
        loop.run(disk, TRY_WORTH);
        AioStats gained = loop.statsSince(before);
        assertEquals(0, gained.pollSkips());
        assertTrue(gained.pollPhases() > TRY_WORTH * 3 / 2, gained.toString());
    }

    @Test
    void sleepsAreInterruptedByOneThatIsPolledToTry() {
        alternate();
        loop.run(disk, LEARNING);
        AioStats before = loop.context.stats();
        int tries = 10;
        loop.run(disk, tries * (TRY_WORTH + 1));
        AioStats gained = loop.statsSince(before);
        assertEquals(tries, gained.pollPhases() - tries * (TRY_WORTH + 1));
        assertEquals(tries * TRY_WORTH, gained.pollSkips());
        long triedNs = gained.pollNs() / tries;
        long maxNs = PollingOptions.POLL_MAX_NS_DEFAULT;
        assertTrue(triedNs >= maxNs && triedNs < maxNs + 2_000, "tried for " + triedNs);
    }

    @Test
    void aTryInVainDoesNotShortenTheTimeThatIsUsefulAfterOtherEvents() {
        alternate();
        loop.run(disk, LEARNING);
        int slept = queue.slept;
        long pollNs = loop.context.stats().pollTimeNs();
        loop.run(disk, 10 * TRY_WORTH);
        assertEquals(slept, queue.slept);
        assertEquals(pollNs, loop.context.stats().pollTimeNs());
    }

    @Test
    void aSteadyQuickSourceIsPolledAlways() {
        repeat(10_000);
        loop.run(queue, 3);
        int slept = queue.slept;
        loop.run(queue, 5_000);
        assertEquals(slept, queue.slept);
        assertEquals(0, loop.context.stats().pollSkips());
    }

    @Test
    void aSourceThatBecomesQuickIsPolledAfterOneShortSleep() {
        alternate();
        loop.run(disk, LEARNING);
        diskNs = 10_000;
        int slept = disk.slept;
        loop.run(disk, 1_000);
        assertEquals(1, disk.slept - slept);
    }

    @Test
    void aSourceThatBecomesQuickIsPolledAlsoIfWakingUpTakesTooLongToSee() {
        alternate();
        loop.run(disk, LEARNING);
        loop.wakeUpNs = 40_000;
        diskNs = 10_000;
        int slept = disk.slept;
        loop.run(disk, 2_000);
        int sleptMore = disk.slept - slept;
        assertTrue(sleptMore <= TRY_WORTH, "slept " + sleptMore + " times");
        assertTrue(sleptMore > 1, "the sleeps did not look long");
    }

    @Test
    void someSlowEventsAmongQuickOnesDoNotEndPolling() {
        // Three in vain in a row, then as many that polling finds.
        int[] count = {0};
        queue.served = () -> queue.dueIn(count[0]++ % 6 < 3 ? DISK_NS : GUEST_NS);
        queue.dueIn(GUEST_NS);
        loop.run(queue, 6_000);
        assertEquals(0, loop.context.stats().pollSkips());
    }

    // ------------------------------------------------------------------ what an event is

    /** Runs some cycles after learning; each has one sleep and one wait that polling ends. */
    private void assertLearnt(Source last, int eventsPerCycle) {
        loop.run(last, LEARNING * eventsPerCycle);
        AioStats before = loop.context.stats();
        int cycles = TRY_WORTH - LEARNING;
        loop.run(last, cycles * eventsPerCycle);
        AioStats gained = loop.statsSince(before);
        assertEquals(cycles, gained.pollSkips(), "slept at once");
        assertEquals(cycles, gained.waits(), "slept");
        assertEquals(cycles, gained.pollPhases(), "polled");
        assertEquals(0, gained.pollNs(), "polled in vain");
    }

    @Test
    void severalAtOnceAreAKindOfTheirOwn() {
        // Both at once, then long nothing, then the queue alone, soon followed by both.
        queue.served = () -> {
            if (queue.events() % 2 == 0) {
                queue.dueIn(DISK_NS);
            } else {
                queue.dueIn(GUEST_NS);
                disk.dueIn(GUEST_NS);
            }
        };
        queue.dueIn(GUEST_NS);
        assertLearnt(queue, 2);
        assertEquals(queue.events(), 2 * disk.events());
    }

    @Test
    void timersAndBottomHalvesOfTheLoopAreNoEvents() {
        AioTimer timer = loop.context.timer("due", Recorder.NOTHING);
        BottomHalf bottomHalf = loop.context.bottomHalf("own", Recorder.NOTHING);
        alternate();
        Runnable kicked = queue.served;
        queue.served = () -> {
            kicked.run();
            timer.modify(loop.now());
            bottomHalf.schedule();
        };
        Runnable completed = disk.served;
        disk.served = () -> {
            completed.run();
            bottomHalf.schedule();
        };
        assertLearnt(disk, 1);
        assertTrue(loop.context.stats().timers() >= TRY_WORTH - 1);
        bottomHalf.close();
    }

    @Test
    void aWakeUpByAnotherThreadIsAnEvent() {
        // Right after a kick a wake-up, while the loop still polls; then long nothing.
        queue.served = () -> {
            loop.wakeNs = loop.now() + 1_000;
            queue.dueIn(DISK_NS);
        };
        queue.dueIn(GUEST_NS);
        loop.run(queue, 1);
        // One that is slept through lets the polling time begin.
        loop.wakeNs = ScriptedLoop.NEVER_NS;
        queue.dueIn(GUEST_NS);
        assertLearnt(queue, 1);
    }

    @Test
    void aWaitThatTimersCutIntoPartsIsPolledToTryInOneOfThem() {
        diskNs = 20 * DISK_NS;
        AioTimer[] timer = new AioTimer[1];
        Runnable tick = () -> {
            loop.timerNs = loop.now() + DISK_NS;
            timer[0].modify(loop.timerNs);
        };
        timer[0] = loop.context.timer("tick", tick);
        alternate();
        Runnable kicked = queue.served;
        queue.served = () -> {
            kicked.run();
            tick.run();
        };
        Runnable completed = disk.served;
        disk.served = () -> {
            completed.run();
            timer[0].cancel();
            loop.timerNs = ScriptedLoop.NEVER_NS;
        };
        loop.run(disk, LEARNING);
        AioStats before = loop.context.stats();
        loop.run(disk, TRY_WORTH + 1);
        AioStats gained = loop.statsSince(before);
        assertTrue(gained.timers() > 10 * TRY_WORTH, gained.toString());
        assertEquals(TRY_WORTH + 1 + 1, gained.pollPhases());
    }

    // ------------------------------------------------------------------ mixed loads

    /** The load of the benchmark MixedLoad; returns the share of fast events that polling found. */
    private double polledShare(long fastNs, long slowNs) {
        SplittableRandom random = new SplittableRandom(1);
        queue.served = () -> queue.dueIn(exponential(random, fastNs));
        disk.served = () -> disk.dueIn(exponential(random, slowNs));
        queue.served.run();
        disk.served.run();
        loop.run(queue, 20_000);
        return (double) queue.polled / queue.events();
    }

    private static long exponential(SplittableRandom random, long meanNs) {
        return (long) (-meanNs * Math.log(1 - random.nextDouble()));
    }

    @Test
    void randomGapsThatArePolledMostlyWithSuccessArePolledOn() throws ErrnoException {
        double share = polledShare(10_000, 300_000);
        assertTrue(share > 0.9, "at 10 us: " + share);
        assertTrue(loop.context.stats().pollSkips() < queue.events() / 1_000);
        close();
        open(PollingOptions.DEFAULT);
        share = polledShare(30_000, 300_000);
        // 0.58 if all waits are polled.
        assertTrue(share > 0.55, "at 30 us: " + share);
        assertTrue(loop.context.stats().pollSkips() < queue.events() / 10);
    }

    @Test
    void randomGapsThatArePolledMostlyInVainAreRarelyPolled() {
        double share = polledShare(100_000, 1_000_000);
        // 8.8 us and 0.12 if all waits are polled.
        long vainNs = loop.context.stats().pollNs() / queue.events();
        assertTrue(vainNs < 2_500, "in vain " + vainNs + " ns an event");
        assertTrue(share > 0.02, "polled " + share);
    }

    @Test
    void randomGapsWhoseSleepsAllLookLongArePolledByTrying() {
        loop.wakeUpNs = 40_000;
        double share = polledShare(20_000, 300_000);
        // 0.09 if all waits are polled for as long as the averages say.
        assertTrue(share > 0.2, "polled " + share);
    }

    @Test
    void whereSleepingAloneMakesWaitsShortTheLoopSleeps() {
        // Polling keeps those from working that the loop waits for.
        loop.wakeUpNs = 5_000;
        queue.dueUnlessPolled = true;
        repeat(10_000);
        loop.run(queue, 1_000);
        AioStats before = loop.context.stats();
        loop.run(queue, 10 * TRY_WORTH);
        AioStats gained = loop.statsSince(before);
        assertTrue(gained.pollPhases() <= 10, gained.toString());
    }
}
