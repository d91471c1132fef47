// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Finds what an iteration has to do: looks at the handlers' memory, busy-polls for a self-tuned
 * time, and gives the processor up when that found nothing. Under policy weighted it does so
 * without busy polling after events after which that is in vain. Thread: home.
 */
final class Poller {
    /**
     * How long descriptors without a poll callback may wait for a look while the loop finds work
     * elsewhere, in nanoseconds.
     */
    static final long FD_LOOK_NS = 50_000;
    static final long FOR_EVER = -1;
    private static final int UNSEEN = -1;
    /** Rounds of polling between two looks at the clock. */
    private static final int ROUNDS_PER_CLOCK = 16;
    /** Iterations that found work at once between two looks at the clock. */
    private static final int HITS_PER_CLOCK = 64;
    /** A shorter time is not worth a phase: it takes as long to switch notifications twice. */
    private static final long PHASE_MIN_NS = 100;
    /** How often to look for handlers that have become idle, in nanoseconds. */
    private static final long IDLE_CHECK_NS = 1_000_000_000L;

    private final NanoClock clock;
    private final HandlerList handlers;
    private final ReadyList ready;
    private final BottomHalfQueue bottomHalves;
    private final TimerGroup timers;
    private final DeferredCalls deferred;
    private final WakeProtocol wake;
    private final PollSet pollSet;
    private final WaitMemory memory;
    private final LookMemory lookMemory = new LookMemory();
    private final LoopCounters counters;
    private final LoopEvents events;

    private int versionSeen = UNSEEN;
    private boolean takingOver;
    private long pollTimeNs;
    private long nowNs;
    private long fdLookNs;
    private long idleCheckNs;
    private int hits;
    private boolean slept;
    /** Whether the last iteration found work without polling: the next may look, then sleep. */
    private boolean mayLookFirst;

    /** A poller over the parts of a context. */
    Poller(AioContext context, NanoClock clock, AioHandler own) {
        this.clock = clock;
        this.handlers = context.handlers;
        this.ready = context.ready;
        this.bottomHalves = context.bottomHalves;
        this.timers = context.timers;
        this.deferred = context.deferred;
        this.wake = context.wake;
        this.counters = context.counters;
        this.events = context.events;
        this.pollSet = new PollSet(own);
        this.memory = new WaitMemory(own);
        this.nowNs = clock.nanoTime();
        this.fdLookNs = nowNs;
        this.idleCheckNs = nowNs;
    }

    /** Takes over what other threads, or callbacks, changed. */
    void takeOverHandlers() {
        int version = handlers.version();
        if (version == versionSeen || takingOver) {
            return;
        }
        takingOver = true;
        // Done again if a callback throws: what is left undone is then done.
        versionSeen = UNSEEN;
        try {
            nowNs = clock.nanoTime();
            handlers.monitor().takeOver(ready);
            pollSet.rebuild(handlers.snapshot(), ready, nowNs);
            versionSeen = version;
        } finally {
            takingOver = false;
        }
    }

    /** Nanoseconds until something is due, 0 if it is, or {@link #FOR_EVER}. */
    long timeoutNs() {
        if (!bottomHalves.isEmpty()) {
            return 0;
        }
        long timerNs = timers.soonestNs();
        long idleNs = bottomHalves.idleTimeoutNs(clock);
        if (timerNs == TimerGroup.NONE) {
            return idleNs;
        }
        return idleNs == BottomHalfQueue.NONE ? timerNs : Math.min(timerNs, idleNs);
    }

    /** Fills the ready list, waiting for something to do if it may. */
    void findWork(boolean blocking, PollingOptions options) {
        slept = false;
        if (options.enabled()) {
            mayLookFirst = false;
            findPolling(blocking, options);
            if (options.policy() == PollingPolicyKind.WEIGHTED) {
                memory.takeEvents(ready, wake.isNotified(), options);
            }
        } else {
            findWaiting(blocking);
        }
    }

    private void findWaiting(boolean blocking) {
        setPollTime(0);
        leavePollMode();
        pollSet.lookAtMemoryOnly(ready, nowNs);
        waitForDescriptors(blocking && ready.size() == 0, blocking);
        mayLookFirst = ready.size() > 0;
    }

    private void findPolling(boolean blocking, PollingOptions options) {
        if (pollTimeNs > options.pollMaxNs()) {
            setPollTime(options.pollMaxNs());
        }
        if (pollSet.look(ready, nowNs)) {
            counters.pollHits++;
            if (blocking && !pollSet.isStarted()) {
                // Work that comes faster than it is done need not be announced either.
                pollSet.begin();
            }
            if (!blocking || ++hits >= HITS_PER_CLOCK || pollSet.leavesDescriptorsOut()) {
                hits = 0;
                lookAround(!blocking);
            }
            return;
        }
        long timeoutNs = blocking ? timeoutNs() : 0;
        if (timeoutNs == 0) {
            waitForDescriptors(false, blocking);
            return;
        }
        long startNs = clock.nanoTime();
        nowNs = startNs;
        long phaseNs = phaseNs(options);
        boolean polls = phaseNs >= PHASE_MIN_NS;
        boolean found = polls && busyPoll(startNs, phaseNs, timeoutNs);
        if (!found) {
            if (timeoutNs() != 0) {
                dropIdleIfDue();
            }
            waitForDescriptors(ready.size() == 0, true);
            nowNs = clock.nanoTime();
        }
        long blockNs = nowNs - startNs;
        if (options.policy() == PollingPolicyKind.CLASSIC) {
            setTunedTime(found ? pollTimeNs : PollingPolicy.classic(pollTimeNs, blockNs, options));
        } else {
            tuneWeighted(blockNs, options, found);
            memory.waited(blockNs, polls, found, options);
        }
    }

    /** How long to poll in the wait that begins; counts those that are not polled for the event. */
    private long phaseNs(PollingOptions options) {
        if (options.policy() == PollingPolicyKind.CLASSIC) {
            return pollTimeNs;
        }
        long phaseNs = memory.phaseNs(pollTimeNs, options);
        if (phaseNs == 0 && pollTimeNs >= PHASE_MIN_NS) {
            counters.pollSkips++;
        }
        return phaseNs;
    }

    private void tuneWeighted(long blockNs, PollingOptions options, boolean found) {
        long newNs = pollTimeNs;
        if (blockNs > 0) {
            // Work that was found before the first look at the clock came as good as at once.
            long longestNs = pollSet.adapt(blockNs, wake.isNotified(), options);
            newNs = PollingPolicy.weighted(pollTimeNs, longestNs, options);
            if (found || memory.expectsVain()) {
                // Time that found work was not too long, and where none is spent none is saved.
                newNs = Math.max(pollTimeNs, newNs);
            }
        }
        setTunedTime(newNs);
    }

    private void setTunedTime(long newNs) {
        long oldNs = pollTimeNs;
        setPollTime(newNs);
        events.pollTime(oldNs, newNs);
    }

    private void setPollTime(long ns) {
        pollTimeNs = ns;
        counters.pollTimeNs = ns;
        if (ns > counters.pollTimePeakNs) {
            counters.pollTimePeakNs = ns;
        }
    }

    /** Polls for the given time at most; returns true if there is something to do. */
    private boolean busyPoll(long startNs, long phaseNs, long timeoutNs) {
        counters.pollPhases++;
        events.pollBegin(phaseNs, timeoutNs);
        pollSet.begin();
        FdMonitor monitor = handlers.monitor();
        monitor.prepare(false, ready);
        long budgetNs = timeoutNs == FOR_EVER ? phaseNs : Math.min(timeoutNs, phaseNs);
        boolean found = ready.size() > 0;
        while (!found) {
            found = pollRounds(monitor);
            if (!found) {
                lookAround(false);
                found = ready.size() > 0;
                if (!found && nowNs - startNs >= budgetNs) {
                    counters.pollNs += nowNs - startNs;
                    break;
                }
            }
        }
        events.pollEnd(found);
        return found;
    }

    /** Some rounds without a look at the clock; returns true if there is something to do. */
    private boolean pollRounds(FdMonitor monitor) {
        for (int round = 0; round < ROUNDS_PER_CLOCK; round++) {
            if (pollSet.look(ready, nowNs)) {
                counters.pollHits++;
                return true;
            }
            if (wake.isNotified()) {
                return true;
            }
            if (monitor.showsReadiness()) {
                monitor.await(0, ready);
                if (ready.size() > 0) {
                    return true;
                }
            }
            Thread.onSpinWait();
        }
        return false;
    }

    /** Switches notifications on again, and looks for what happened before they were. */
    void leavePollMode() {
        if (pollSet.isStarted()) {
            int version = versionSeen;
            // A callback that throws leaves looks undone, which the next iteration takes over.
            versionSeen = UNSEEN;
            pollSet.end(ready, nowNs);
            versionSeen = version;
        }
    }

    /** What must go on while polling finds work: time, idle handlers leaving, descriptors. */
    private void lookAround(boolean alwaysAtDescriptors) {
        nowNs = clock.nanoTime();
        dropIdleIfDue();
        lookAtDescriptorsIfDue(alwaysAtDescriptors);
    }

    private void dropIdleIfDue() {
        if (nowNs - idleCheckNs > IDLE_CHECK_NS) {
            idleCheckNs = nowNs;
            pollSet.dropIdle(ready, nowNs);
        }
    }

    /** Looks at descriptors while work is found elsewhere, so that they are not starved. */
    private void lookAtDescriptorsIfDue(boolean always) {
        if (always || (pollSet.leavesDescriptorsOut() && nowNs - fdLookNs >= FD_LOOK_NS)) {
            fdLookNs = nowNs;
            handlers.monitor().await(0, ready);
        }
    }

    /** Waits if it may and there is nothing due; otherwise looks when a look is due. */
    private void waitForDescriptors(boolean mayWait, boolean blocking) {
        // What a poll or pollEnd callback deferred has no batch that it ends, nor has what was
        // deferred between two iterations. Who waits for it has had what he waits for.
        boolean ran = deferred.run();
        // Worked out again after each callback, which may have scheduled something or nothing more.
        long timeoutNs = mayWait && !ran ? timeoutNs() : 0;
        if (timeoutNs != 0 && pollSet.isStarted()) {
            leavePollMode();
            ran = deferred.run();
            timeoutNs = ready.size() == 0 && !ran ? timeoutNs() : 0;
        }
        nowNs = clock.nanoTime();
        boolean looks = timeoutNs != 0 && mayLookFirst && lookMemory.wantsLook();
        if (looks && findsBeforeSleep()) {
            lookMemory.spared();
        } else if (timeoutNs == 0) {
            lookAtDescriptorsIfDue(!blocking || nowNs - fdLookNs >= FD_LOOK_NS);
        } else if (sleep(timeoutNs)) {
            long startNs = nowNs;
            nowNs = clock.nanoTime();
            fdLookNs = nowNs;
            counters.waitNs += nowNs - startNs;
            if (looks) {
                lookMemory.slept(nowNs - startNs);
            }
        } else {
            lookAtDescriptorsIfDue(nowNs - fdLookNs >= FD_LOOK_NS);
        }
    }

    /** A look instead of a sleep; returns whether it has found something. */
    private boolean findsBeforeSleep() {
        fdLookNs = nowNs;
        handlers.monitor().await(0, ready);
        nowNs = clock.nanoTime();
        return ready.size() > 0;
    }

    /** Waits for descriptors; returns false, without a wait, if a wake-up came before. */
    private boolean sleep(long timeoutNs) {
        try {
            if (!wake.announceSleep()) {
                return false;
            }
            counters.waits++;
            slept = true;
            LoopEvents.Wait event = events.waitBegin(timeoutNs);
            handlers.monitor().await(timeoutNs, ready);
            events.waitEnd(event, ready.size());
            return true;
        } finally {
            wake.withdrawSleep();
        }
    }

    // ------------------------------------------------------------------ an outer loop waits

    /** Gets ready for a wait by somebody else; returns the time-out as {@link #timeoutNs} does. */
    long prepare() {
        takeOverHandlers();
        leavePollMode();
        deferred.run();
        FdMonitor monitor = handlers.monitor();
        monitor.prepare(true, ready);
        boolean due = ready.size() > 0 || monitor.showsReadiness();
        // The sleep is announced in any case: check() withdraws it.
        return !wake.announceSleep() || due ? 0 : timeoutNs();
    }

    /** After a wait by somebody else: whether there is something to do. */
    boolean check() {
        slept = true;
        wake.withdrawSleep();
        takeOverHandlers();
        pollSet.lookAtMemoryOnly(ready, nowNs);
        handlers.monitor().await(0, ready);
        return ready.size() > 0 || wake.isNotified() || timeoutNs() == 0;
    }

    /** Whether the present iteration gave the processor up, or its outer loop may have. */
    boolean hasSlept() {
        return slept;
    }

    /** Work was found and not given out: the next iteration looks for it. */
    void lookAgain() {
        versionSeen = UNSEEN;
    }

    /** A handler's descriptor announced something: poll it again from now on. */
    void rejoin(AioHandler handler) {
        pollSet.rejoin(handler, nowNs);
    }
}
