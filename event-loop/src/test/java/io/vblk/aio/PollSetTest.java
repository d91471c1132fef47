// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PollSetTest {
    private static final int READ = AioHandler.READ;
    private static final int WRITE = AioHandler.WRITE;
    private static final int POLL = AioHandler.POLL;
    private static final long IDLE_NS = PollSet.IDLE_NS;

    private final List<String> log = new ArrayList<>();
    private final ReadyList ready = new ReadyList();
    private final AioHandler own = new AioHandler(3, READ, new Recorder("own", log));
    private final PollSet set = new PollSet(own);
    private final Recorder a = new Recorder("a", log);
    private final Recorder b = new Recorder("b", log);
    private final AioHandler handlerA = new AioHandler(4, READ | POLL, a);
    private final AioHandler handlerB = new AioHandler(5, READ | POLL, b);

    private void rebuild(AioHandler... handlers) {
        set.rebuild(handlers, ready, 0);
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    @Test
    void onlyInterestedHandlersArePolledAndAllOfThem() {
        Recorder plain = new Recorder("plain", log);
        rebuild(own, handlerA, new AioHandler(6, READ | WRITE, plain), handlerB);
        assertFalse(set.look(ready, 0));
        a.look = () -> true;
        b.look = () -> true;
        assertTrue(set.look(ready, 0));
        assertEquals(2, ready.size());
        assertEquals(handlerA, ready.get(0));
        assertEquals(handlerB, ready.get(1));
        assertEquals(2, a.looks);
        assertEquals(2, b.looks);
        assertEquals(0, plain.looks);
    }

    @Test
    void beginAndEndComeInPairsForEachHandler() {
        rebuild(own, handlerA);
        assertFalse(set.isStarted());
        set.begin();
        set.begin();
        assertEquals(List.of("a begin"), taken());
        rebuild(own, handlerA, handlerB);
        assertTrue(set.isStarted());
        set.begin();
        assertEquals(List.of("b begin"), taken());
        set.end(ready, 0);
        set.end(ready, 0);
        assertEquals(List.of("a end", "b end"), taken());
        assertFalse(set.isStarted());
    }

    @Test
    void whoIsAddedAfterBeginGetsNoEndWithoutItsOwnBegin() {
        rebuild(own, handlerA);
        set.begin();
        rebuild(own, handlerA, handlerB);
        set.end(ready, 0);
        assertEquals(List.of("a begin", "a end"), taken());
    }

    @Test
    void whoIsRemovedIsNeitherPolledNorCalled() {
        rebuild(own, handlerA, handlerB);
        set.begin();
        taken();
        a.look = () -> true;
        handlerA.removed = true;
        assertFalse(set.look(ready, 0));
        rebuild(own, handlerB);
        set.end(ready, 0);
        assertEquals(List.of("b end"), taken());
        assertEquals(0, a.looks);
    }

    @Test
    void whoLosesInterestLeavesPollModeAndIsLookedAtOnceMore() {
        rebuild(own, handlerA);
        set.begin();
        handlerA.interest = READ;
        a.onEnd = () -> a.look = () -> true;
        rebuild(own, handlerA);
        assertEquals(List.of("a begin", "a end"), taken());
        assertEquals(1, ready.size());
        set.look(ready, 0);
        assertEquals(1, a.looks);
    }

    @Test
    void descriptorsAreLeftOutOnlyIfNobodyPollsForThem() {
        assertFalse(leavesOut(own, handlerA));
        assertFalse(leavesOut(new AioHandler(6, POLL, b), new AioHandler(-1, POLL, b)));
        assertFalse(leavesOut(new AioHandler(6, 0, b)));
        assertTrue(leavesOut(new AioHandler(6, READ, b)));
        assertTrue(leavesOut(new AioHandler(6, READ | POLL | WRITE, b)));
    }

    private boolean leavesOut(AioHandler... handlers) {
        PollSet fresh = new PollSet(own);
        fresh.rebuild(handlers, ready, 0);
        return fresh.leavesDescriptorsOut();
    }

    @Test
    void onlyMemoryIsLookedAtWhilePollingIsOff() {
        AioHandler memory = new AioHandler(AioHandler.NO_FD, POLL, b);
        rebuild(own, handlerA, memory);
        b.look = () -> true;
        assertTrue(set.lookAtMemoryOnly(ready, 0));
        assertEquals(1, ready.size());
        assertEquals(0, a.looks);
    }

    @Test
    void theIdleLeaveAfterTheirTimeNotBefore() {
        rebuild(own, handlerA, handlerB);
        set.begin();
        b.look = () -> true;
        assertTrue(set.look(ready, 1_000));
        b.look = () -> false;
        taken();
        set.dropIdle(ready, IDLE_NS);
        assertEquals(List.of(), taken());
        set.dropIdle(ready, IDLE_NS + 1);
        assertEquals(List.of("a end"), taken());
        assertTrue(set.leavesDescriptorsOut());
        int looks = a.looks;
        set.look(ready, IDLE_NS + 2);
        assertEquals(looks, a.looks);
        set.dropIdle(ready, IDLE_NS + 1_001);
        assertEquals(List.of("b end"), taken());
    }

    @Test
    void theIdleAreLookedAtOnceMoreAndStayIfThatFindsWork() {
        rebuild(own, handlerA);
        set.begin();
        a.onEnd = () -> a.look = () -> true;
        set.dropIdle(ready, IDLE_NS + 1);
        assertEquals(1, ready.size());
        assertFalse(set.leavesDescriptorsOut());
        set.begin();
        assertEquals(List.of("a begin", "a end", "a begin"), taken());
    }

    @Test
    void memoryWithoutADescriptorNeverLeaves() {
        AioHandler memory = new AioHandler(AioHandler.NO_FD, POLL, a);
        rebuild(own, memory);
        set.dropIdle(ready, 100 * IDLE_NS);
        assertEquals(0, a.looks);
        set.look(ready, 100 * IDLE_NS);
        assertEquals(1, a.looks);
    }

    @Test
    void whoIsAnnouncedByItsDescriptorComesBackOnce() {
        rebuild(own, handlerA, handlerB);
        set.dropIdle(ready, IDLE_NS + 1);
        assertTrue(set.leavesDescriptorsOut());
        a.looks = 0;
        b.looks = 0;
        set.rejoin(handlerA, IDLE_NS + 2);
        set.rejoin(handlerA, IDLE_NS + 2);
        set.look(ready, IDLE_NS + 3);
        assertEquals(1, a.looks);
        assertEquals(0, b.looks);
        assertTrue(set.leavesDescriptorsOut());
        set.rejoin(handlerB, IDLE_NS + 2);
        assertFalse(set.leavesDescriptorsOut());
    }

    @Test
    void beingAnnouncedCountsAsNotIdle() {
        rebuild(own, handlerA);
        set.rejoin(handlerA, IDLE_NS);
        set.dropIdle(ready, IDLE_NS + 1);
        set.look(ready, IDLE_NS + 1);
        assertEquals(1, a.looks);
        assertFalse(set.leavesDescriptorsOut());
    }

    @Test
    void thePlainAndTheRemovedDoNotJoin() {
        AioHandler plain = new AioHandler(6, READ, a);
        rebuild(own, plain, handlerB);
        set.rejoin(plain, 0);
        handlerB.removed = true;
        rebuild(own, plain);
        set.rejoin(handlerB, 0);
        set.look(ready, 0);
        assertEquals(0, a.looks + b.looks);
    }
}
