// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loop (QEMU's AioContext). Thread: home is the one that calls {@link #poll}; methods
 * that any thread may call say so.
 *
 * <p>One iteration, in this order:
 * <ol>
 * <li>take over changed handlers, because another thread may have changed them;
 * <li>work out the time-out, because what is already due must not wait;
 * <li>poll the handlers' memory, because finding work there costs no system call;
 * <li>if that found nothing, leave poll mode, look once more (the other side may have gone by the
 *     old mode), announce the sleep and wait for descriptors;
 * <li>take the wake-up, because what it was for is looked for from here on;
 * <li>bottom halves, because completions free what requests need;
 * <li>ready handlers;
 * <li>timers.
 * </ol>
 * After each of the last three the deferred calls run: what a batch of callbacks has in common is
 * done once.
 */
public final class AioContext implements AutoCloseable {
    /**
     * How long descriptors without a poll callback may wait for a look while the loop finds work
     * elsewhere, in nanoseconds.
     */
    static final long FD_LOOK_NS = 50_000;
    /** Rounds of polling between two looks at the clock. */
    private static final int ROUNDS_PER_CLOCK = 16;
    /** Iterations that found work at once between two looks at the clock. */
    private static final int HITS_PER_CLOCK = 64;
    /** How often to look for handlers that have become idle, in nanoseconds. */
    private static final long IDLE_CHECK_NS = 1_000_000_000L;
    private static final long FOR_EVER = -1;

    private static final Logger LOG = LoggerFactory.getLogger(AioContext.class);

    private final NanoClock clock;
    private final HandlerList handlers;
    private final ReadyList ready = new ReadyList();
    private final PollSet pollSet;
    private final BottomHalfQueue bottomHalves = new BottomHalfQueue();
    private final TimerHeap timers = new TimerHeap();
    private final EventNotifier notifier;
    private final AioHandler notifierHandler;
    private final WakeProtocol wake;

    private volatile PollingOptions polling;
    private volatile Thread home;

    // Home thread only.
    private int versionSeen = -1;
    private boolean iterating;
    private boolean closed;
    private long pollTimeNs;
    private long nowNs;
    private long fdLookNs;
    private long idleCheckNs;
    private int hits;
    private DeferredCall deferredFirst;
    private DeferredCall deferredLast;

    // Counters: written by home, read by any as they are.
    private long iterations;
    private long pollPhases;
    private long pollHits;
    private long pollNs;
    private long waits;
    private long waitNs;
    private long bottomHalvesRun;
    private long dispatches;
    private long pollTimePeakNs;

    private AioContext(AioOptions options) throws ErrnoException {
        this.clock = options.clock();
        this.polling = options.polling();
        this.handlers = new HandlerList(options.fdMonitor(), options.epollThreshold());
        this.notifier = EventNotifier.create();
        this.wake = new WakeProtocol(notifier);
        this.notifierHandler =
                new AioHandler(notifier.fd(), AioHandler.READ, notifier::testAndClear);
        this.pollSet = new PollSet(notifierHandler);
        this.nowNs = clock.nanoTime();
        this.fdLookNs = nowNs;
        this.idleCheckNs = nowNs;
    }

    /** Makes a context; no thread runs it yet. */
    public static AioContext create(AioOptions options) throws ErrnoException {
        AioContext context = new AioContext(options);
        context.handlers.add(context.notifierHandler);
        return context;
    }

    // ------------------------------------------------------------------ registration

    /**
     * Watches a descriptor, polls memory, or both. The handler has to be removed before the
     * descriptor is closed. Thread: any.
     *
     * @param fd an open descriptor, or -1 for memory that is only polled
     * @param interest READ, WRITE and POLL bits of {@link AioHandler}
     * @throws ErrnoException EBADF for a closed descriptor
     * @throws IllegalArgumentException for a descriptor that has a handler already
     */
    public AioHandler addHandler(int fd, int interest, FdCallbacks callbacks)
            throws ErrnoException {
        if (fd < AioHandler.NO_FD) {
            throw new IllegalArgumentException("no descriptor: " + fd);
        }
        AioHandler handler = new AioHandler(fd, interest, callbacks);
        handlers.add(handler);
        wakeup();
        return handler;
    }

    /**
     * Stops watching. No callback starts after this on the home thread; on another thread, one
     * that has begun may still be running when this returns. Thread: any.
     */
    public void removeHandler(AioHandler handler) {
        try {
            if (handlers.remove(handler)) {
                wakeup();
            }
        } catch (ErrnoException e) {
            throw new IllegalStateException(handler + " cannot be removed", e);
        }
    }

    /** Changes what a handler waits for, in place. Thread: any. */
    public void setInterest(AioHandler handler, int interest) throws ErrnoException {
        handlers.setInterest(handler, interest);
        wakeup();
    }

    /** Makes a bottom half. Thread: any. */
    public BottomHalf bottomHalf(String name, Runnable callback) {
        return new BottomHalf(this, name, callback);
    }

    /** Runs a callback once on the next iteration; allocates. Thread: any. */
    public void execute(String name, Runnable callback) {
        bottomHalf(name, callback).schedule();
    }

    /** Makes a timer, not armed. Thread: any. */
    public AioTimer timer(String name, Runnable callback) {
        return new AioTimer(this, name, callback);
    }

    /** Runs a call once at the end of the current batch of callbacks. Thread: home. */
    public void defer(DeferredCall call) {
        assert inHomeThread();
        if (call.deferred) {
            return;
        }
        call.deferred = true;
        call.next = null;
        if (deferredLast == null) {
            deferredFirst = call;
        } else {
            deferredLast.next = call;
        }
        deferredLast = call;
    }

    /** Makes the loop run an iteration soon; a sleeping one wakes. Thread: any. */
    public void wakeup() {
        wake.wake();
    }

    /** Changes adaptive polling while the loop runs. Thread: any. */
    public void setPolling(PollingOptions options) {
        polling = options;
        wakeup();
    }

    /** The present parameters of adaptive polling. Thread: any. */
    public PollingOptions polling() {
        return polling;
    }

    /** Now on this context's clock, in nanoseconds. Thread: any. */
    public long nanoTime() {
        return clock.nanoTime();
    }

    /** Which monitor waits at present, never AUTO. Thread: any. */
    public FdMonitorKind fdMonitor() {
        return handlers.monitor().kind();
    }

    /** Whether the caller is the home thread, or no thread is yet. Thread: any. */
    public boolean inHomeThread() {
        Thread owner = home;
        return owner == null || owner == Thread.currentThread();
    }

    /** The counters. Thread: any; exact only while the loop stands still. */
    public AioStats stats() {
        return new AioStats(
                iterations, pollPhases, pollHits, pollNs, waits, waitNs, wake.sent(),
                wake.elided(), bottomHalvesRun, dispatches, pollTimeNs, pollTimePeakNs);
    }

    // ------------------------------------------------------------------ one iteration

    /**
     * Runs one iteration. Must not be called from a callback.
     *
     * @param blocking whether to wait until there is something to do
     * @return whether a callback ran; a blocking call may return false after a wake-up
     */
    public boolean poll(boolean blocking) {
        if (home == null) {
            home = Thread.currentThread();
        }
        if (iterating || closed || !inHomeThread()) {
            throw new IllegalStateException(
                    "poll from a callback, from a foreign thread or of a closed context");
        }
        iterating = true;
        iterations++;
        try {
            takeOverHandlers();
            PollingOptions options = polling;
            if (options.enabled()) {
                findWorkPolling(blocking, options);
            } else {
                findWorkWaiting(blocking);
            }
            wake.accept();
            boolean progress = runBottomHalves();
            progress |= dispatchReady();
            progress |= runTimers();
            return progress;
        } finally {
            ready.clear();
            iterating = false;
        }
    }

    private void takeOverHandlers() {
        int version = handlers.version();
        if (version != versionSeen) {
            versionSeen = version;
            nowNs = clock.nanoTime();
            pollSet.rebuild(handlers.snapshot(), ready, nowNs);
        }
    }

    private long timeoutNs() {
        if (!bottomHalves.isEmpty()) {
            return 0;
        }
        return timers.isEmpty() ? FOR_EVER : timers.soonestNs(clock.nanoTime());
    }

    private void findWorkWaiting(boolean blocking) {
        pollTimeNs = 0;
        if (pollSet.isStarted()) {
            pollSet.end();
            pollSet.look(ready, nowNs);
        }
        pollSet.lookAtMemoryOnly(ready, nowNs);
        waitForDescriptors(blocking && ready.size() == 0, blocking);
    }

    private void findWorkPolling(boolean blocking, PollingOptions options) {
        pollTimeNs = Math.min(pollTimeNs, options.pollMaxNs());
        if (pollSet.look(ready, nowNs)) {
            pollHits++;
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
        if (pollTimeNs > 0 && busyPoll(startNs, timeoutNs)) {
            return;
        }
        if (timeoutNs() != 0) {
            leavePollMode();
        }
        waitForDescriptors(ready.size() == 0, true);
        nowNs = clock.nanoTime();
        pollTimeNs = PollingPolicy.next(pollTimeNs, nowNs - startNs, options);
        pollTimePeakNs = Math.max(pollTimePeakNs, pollTimeNs);
    }

    /** Polls for the self-tuned time at most; returns true if there is something to do. */
    private boolean busyPoll(long startNs, long timeoutNs) {
        pollPhases++;
        pollSet.begin();
        long budgetNs = timeoutNs == FOR_EVER ? pollTimeNs : Math.min(timeoutNs, pollTimeNs);
        while (true) {
            for (int round = 0; round < ROUNDS_PER_CLOCK; round++) {
                if (pollSet.look(ready, nowNs)) {
                    pollHits++;
                    return true;
                }
                if (wake.isNotified()) {
                    return true;
                }
                Thread.onSpinWait();
            }
            lookAround(false);
            if (ready.size() > 0) {
                return true;
            }
            if (nowNs - startNs >= budgetNs) {
                pollNs += nowNs - startNs;
                return false;
            }
        }
    }

    private void leavePollMode() {
        dropIdleIfDue();
        if (pollSet.isStarted()) {
            pollSet.end();
            // What the other side did before it saw the notifications on, nobody announces.
            pollSet.look(ready, nowNs);
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
        // What a poll or pollEnd callback deferred has no batch that it ends.
        runDeferred();
        // Worked out again: a pollEnd callback may have scheduled something.
        long timeoutNs = mayWait ? timeoutNs() : 0;
        if (timeoutNs == 0) {
            nowNs = clock.nanoTime();
            lookAtDescriptorsIfDue(!blocking || nowNs - fdLookNs >= FD_LOOK_NS);
            return;
        }
        nowNs = clock.nanoTime();
        if (sleep(timeoutNs)) {
            long startNs = nowNs;
            nowNs = clock.nanoTime();
            fdLookNs = nowNs;
            waitNs += nowNs - startNs;
        } else {
            lookAtDescriptorsIfDue(nowNs - fdLookNs >= FD_LOOK_NS);
        }
    }

    /** Waits for descriptors; returns false, without a wait, if a wake-up came before. */
    private boolean sleep(long timeoutNs) {
        try {
            if (!wake.announceSleep()) {
                return false;
            }
            waits++;
            handlers.monitor().await(timeoutNs, ready);
            return true;
        } finally {
            wake.withdrawSleep();
        }
    }

    private boolean runBottomHalves() {
        int ran = bottomHalves.runSlice();
        bottomHalvesRun += ran;
        runDeferred();
        return ran > 0;
    }

    private boolean dispatchReady() {
        boolean progress = false;
        for (int i = 0; i < ready.size(); i++) {
            AioHandler handler = ready.get(i);
            handler.queuedReady = false;
            int events = handler.readyEvents;
            handler.readyEvents = 0;
            boolean hit = handler.pollHit;
            handler.pollHit = false;
            if (!handler.removed) {
                dispatch(handler, events, hit);
                progress |= handler != notifierHandler;
            }
        }
        runDeferred();
        return progress;
    }

    private void dispatch(AioHandler handler, int events, boolean hit) {
        dispatches++;
        if ((events & AioHandler.NVAL) != 0) {
            LOG.warn("{} was closed without being removed: dropped", handler);
            removeHandler(handler);
            return;
        }
        if (events != 0) {
            pollSet.rejoin(handler, nowNs);
        }
        if (hit) {
            handler.callbacks.pollReady();
        }
        int endEvents = AioHandler.HUP | AioHandler.ERR;
        boolean reads = (handler.interest & AioHandler.READ) != 0;
        if (reads && (events & (AioHandler.READ | endEvents)) != 0 && !handler.removed) {
            handler.callbacks.onReadable();
        }
        // Nobody can wait for a hang-up not to happen, so somebody has to hear of it.
        int writeEvents = AioHandler.WRITE | (reads ? AioHandler.ERR : endEvents);
        if ((events & writeEvents) != 0
                && (handler.interest & AioHandler.WRITE) != 0 && !handler.removed) {
            handler.callbacks.onWritable();
        }
    }

    private boolean runTimers() {
        int ran = timers.isEmpty() ? 0 : timers.runExpired(clock.nanoTime());
        runDeferred();
        return ran > 0;
    }

    private void runDeferred() {
        while (deferredFirst != null) {
            DeferredCall call = deferredFirst;
            deferredFirst = call.next;
            if (deferredFirst == null) {
                deferredLast = null;
            }
            call.next = null;
            call.deferred = false;
            call.runDeferred();
        }
    }

    // ------------------------------------------------------------------ for the parts

    void enqueue(BottomHalf bottomHalf) {
        bottomHalves.push(bottomHalf);
        if (home != Thread.currentThread()) {
            wakeup();
        }
    }

    void arm(AioTimer timer, long deadlineNs) {
        assert inHomeThread();
        timers.arm(timer, deadlineNs);
    }

    void disarm(AioTimer timer) {
        assert inHomeThread();
        timers.disarm(timer);
    }

    /** Frees descriptors and memory; a second close does nothing. The loop must have ended. */
    @Override
    public void close() {
        if (iterating) {
            throw new IllegalStateException("close of a context that is running");
        }
        if (closed) {
            return;
        }
        closed = true;
        handlers.close();
        notifier.close();
    }
}
