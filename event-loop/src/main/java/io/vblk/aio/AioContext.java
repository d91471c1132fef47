// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 *     old mode), without polling perhaps at descriptors too ({@link LookMemory}), announce the
 *     sleep and wait for descriptors;
 * <li>take the wake-up, because what it was for is looked for from here on;
 * <li>bottom halves, because completions free what requests need;
 * <li>ready handlers;
 * <li>timers.
 * </ol>
 * After each of the last three the deferred calls run: what a batch of callbacks has in common is
 * done once. The first four are {@link Poller}'s. {@link AioSource} takes the iteration apart for
 * an outer loop.
 */
public final class AioContext implements AutoCloseable {
    /** A loop that waits for a deadline wants to wake at it: the kernel's default is 50 us late. */
    private static final long TIMER_SLACK_NS = 1;
    private static final Logger LOG = LoggerFactory.getLogger(AioContext.class);

    final HandlerList handlers;
    final ReadyList ready = new ReadyList();
    final BottomHalfQueue bottomHalves = new BottomHalfQueue();
    final TimerGroup timers;
    final DeferredCalls deferred = new DeferredCalls();
    final LoopCounters counters = new LoopCounters();
    final LoopEvents events;
    final WakeProtocol wake;
    final Poller poller;

    private final String name;
    private final NanoClock clock;
    private final EventNotifier notifier;
    private final AioHandler notifierHandler;
    /** Bottom halves that are not closed, for the report at the end. */
    private final Set<BottomHalf> openBottomHalves = ConcurrentHashMap.newKeySet();
    private final IterationBarrier barrier = new IterationBarrier(this);

    private volatile PollingOptions polling;
    private volatile IoLimits ioLimits;
    private volatile Thread home;

    // Home thread only.
    private boolean iterating;
    private boolean finding;
    /** An outer loop waits in this one's place. */
    boolean outerWait;
    private boolean closed;

    private AioContext(String name, AioOptions options) throws ErrnoException {
        this.name = name;
        this.clock = options.clock();
        this.polling = options.polling();
        this.ioLimits = options.ioLimits();
        this.timers = new TimerGroup(options.clock(), options.wallClock());
        this.events = new LoopEvents(name);
        this.notifier = EventNotifier.create();
        try {
            this.handlers = new HandlerList(options.fdMonitor(), options.epollThreshold());
        } catch (ErrnoException e) {
            notifier.close();
            throw e;
        }
        this.wake = new WakeProtocol(notifier);
        this.notifierHandler =
                new AioHandler(notifier.fd(), AioHandler.READ, new WakeupCallbacks(notifier));
        this.poller = new Poller(this, clock, notifierHandler);
    }

    /** Makes a context; no thread runs it yet. */
    public static AioContext create(AioOptions options) throws ErrnoException {
        return create("aio", options);
    }

    /** Makes a context with the name by which messages and recordings call it. */
    public static AioContext create(String name, AioOptions options) throws ErrnoException {
        AioContext context = new AioContext(name, options);
        try {
            context.handlers.add(context.notifierHandler);
        } catch (ErrnoException e) {
            context.close();
            throw e;
        }
        return context;
    }

    // ------------------------------------------------------------------ handlers

    /**
     * Watches a descriptor, polls memory, or both. The handler has to be removed before the
     * descriptor is closed. Thread: any.
     *
     * @param fd an open descriptor, or -1 for memory that is only polled
     * @param interest READ, WRITE, POLL and EXTERNAL bits of {@link AioHandler}
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

    /** Changes what a handler waits for, in place. Thread: any. */
    public void setInterest(AioHandler handler, int interest) throws ErrnoException {
        handlers.update(handler, interest, null);
        wakeup();
    }

    /**
     * Changes a handler in place. New callbacks get no readiness that was found for the old ones:
     * they are called in the next iteration at the earliest. Thread: any.
     */
    public void updateHandler(AioHandler handler, int interest, FdCallbacks callbacks)
            throws ErrnoException {
        handlers.update(handler, interest, Objects.requireNonNull(callbacks));
        wakeup();
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

    /**
     * Stops watching, and returns when no callback of the handler runs and none will, and the loop
     * holds its descriptor no more, so that it may be closed and its number used again. On the home
     * thread that is so at once, but for a callback that this is called from; if that is one of
     * those that poll, the monitor lets go in the next iteration. Thread: any, but not one that the
     * loop waits for.
     */
    public void removeAndAwait(AioHandler handler) {
        removeHandler(handler);
        barrier.await();
    }

    /**
     * Leaves handlers that are {@link AioHandler#EXTERNAL} alone until {@link #enableExternal} was
     * called as often (QEMU's drained section). What happens to their descriptors meanwhile is
     * found afterwards. Returns when none of their callbacks runs. Thread: any, but not one that
     * the loop waits for.
     */
    public void disableExternal() {
        handlers.disableExternal();
        wakeup();
        barrier.await();
    }

    /** Undoes one {@link #disableExternal}. Thread: any. */
    public void enableExternal() {
        if (handlers.enableExternal()) {
            wakeup();
        }
    }

    // ------------------------------------------------------------------ bottom halves, timers

    /** Makes a bottom half, to be closed before the context is. Thread: any. */
    public BottomHalf bottomHalf(String bottomHalfName, Runnable callback) {
        BottomHalf bottomHalf = new BottomHalf(this, bottomHalfName, callback);
        openBottomHalves.add(bottomHalf);
        return bottomHalf;
    }

    /** Runs a callback once on the next iteration; allocates. Thread: any. */
    public void execute(String bottomHalfName, Runnable callback) {
        new BottomHalf(this, bottomHalfName, callback).schedule();
    }

    /** Makes a timer on the context's clock, not armed. Thread: any. */
    public AioTimer timer(String timerName, Runnable callback) {
        return new AioTimer(this, timers.monotonic(), timerName, callback);
    }

    /**
     * Makes a timer that follows the calendar: its deadline is in nanoseconds since 1970. A clock
     * that is set forward is noticed within a second. Thread: any.
     */
    public AioTimer realTimeTimer(String timerName, Runnable callback) {
        return new AioTimer(this, timers.realTime(), timerName, callback);
    }

    /** Runs a call once at the end of the current batch of callbacks. Thread: home. */
    public void defer(DeferredCall call) {
        assertHome();
        deferred.add(call);
        wakeUnlessHome();
    }

    /** Makes the loop run an iteration soon; a sleeping one wakes. Thread: any. */
    public void wakeup() {
        if (wake.wake()) {
            events.wakeup();
        }
    }

    // ------------------------------------------------------------------ parameters, statistics

    /** Changes adaptive polling while the loop runs. Thread: any. */
    public void setPolling(PollingOptions options) {
        polling = options;
        wakeup();
    }

    /** The present parameters of adaptive polling. Thread: any. */
    public PollingOptions polling() {
        return polling;
    }

    /** Changes the limits of I/O while the loop runs. Thread: any. */
    public void setIoLimits(IoLimits limits) {
        ioLimits = limits;
    }

    /** The present limits of I/O. Thread: any. */
    public IoLimits ioLimits() {
        return ioLimits;
    }

    /** Now on this context's clock, in nanoseconds. Thread: any. */
    public long nanoTime() {
        return clock.nanoTime();
    }

    /** Which monitor waits at present, never AUTO. Thread: any. */
    public FdMonitorKind fdMonitor() {
        return handlers.monitor().kind();
    }

    /** Whether this iteration slept before the callbacks that it runs now. Thread: home. */
    public boolean hasSlept() {
        return poller.hasSlept();
    }

    /** Whether the caller is the home thread, or no thread is yet. Thread: any. */
    public boolean inHomeThread() {
        Thread owner = home;
        return owner == null || owner == Thread.currentThread();
    }

    void assertHome() {
        assert inHomeThread() : "on " + Thread.currentThread() + ", not on " + home;
    }

    /** The counters. Thread: any; exact only while the loop stands still. */
    public AioStats stats() {
        return counters.snapshot(wake);
    }

    /** Counters of each handler but the loop's own. Thread: any; exact only at a standstill. */
    public List<HandlerStats> handlerStats() {
        List<HandlerStats> stats = new ArrayList<>();
        handlers.others(notifierHandler).forEach(handler -> stats.add(handler.stats()));
        return stats;
    }

    // ------------------------------------------------------------------ one iteration

    /**
     * Runs one iteration. Must not be called from a callback.
     *
     * @param blocking whether to wait until there is something to do
     * @return whether a callback ran; a blocking call may return false after a wake-up
     */
    public boolean poll(boolean blocking) {
        begin(true);
        try {
            poller.takeOverHandlers();
            poller.findWork(blocking, polling);
            return dispatch();
        } finally {
            endDispatch();
        }
    }

    /** Begins an iteration, or a part of one that looks for work or gives it out. */
    void begin(boolean looksForWork) {
        if (home == null && !closed) {
            home = Thread.currentThread();
            Posix.setTimerSlack(TIMER_SLACK_NS);
        }
        if (iterating || closed || !inHomeThread()) {
            throw new IllegalStateException(
                    "poll of context " + name + (closed ? " after close" : inHomeThread()
                            ? " from a callback" : " from a foreign thread"));
        }
        iterating = true;
        finding = looksForWork;
    }

    void end() {
        finding = false;
        iterating = false;
    }

    /** Ends an iteration after {@link #dispatch}; work found that nobody was given is due again. */
    void endDispatch() {
        if (ready.clear()) {
            poller.lookAgain();
        }
        end();
    }

    boolean dispatch() {
        finding = false;
        counters.iterations++;
        wake.accept();
        boolean progress = runBottomHalves();
        progress |= dispatchReady();
        progress |= runTimers();
        return progress;
    }

    private boolean runBottomHalves() {
        int ran = bottomHalves.runSlice();
        counters.bottomHalves += ran;
        counters.idleBottomHalves += bottomHalves.runIdle(clock);
        deferred.run();
        return ran > 0;
    }

    private boolean dispatchReady() {
        boolean progress = false;
        for (int i = 0; i < ready.size(); i++) {
            AioHandler handler = ready.get(i);
            handler.queuedReady = false;
            int readyEvents = handler.readyEvents;
            handler.readyEvents = 0;
            boolean hit = handler.pollHit;
            handler.pollHit = false;
            FdCallbacks callbacks = handler.readyCallbacks;
            if (handler.mayCall(callbacks)) {
                LoopEvents.Dispatch event = events.dispatchBegin(handler, readyEvents, hit);
                dispatch(handler, callbacks, readyEvents, hit);
                events.dispatchEnd(event);
                progress |= handler != notifierHandler;
            }
        }
        deferred.run();
        return progress;
    }

    private void dispatch(
            AioHandler handler, FdCallbacks callbacks, int readyEvents, boolean hit) {
        counters.dispatches++;
        if ((readyEvents & AioHandler.NVAL) != 0) {
            LOG.warn("{} was closed without being removed: dropped", handler);
            removeHandler(handler);
            return;
        }
        if (readyEvents != 0) {
            handler.fdReadies++;
            poller.rejoin(handler);
        }
        if (hit) {
            callbacks.pollReady();
        }
        int endEvents = AioHandler.HUP | AioHandler.ERR;
        boolean reads = (handler.interest & AioHandler.READ) != 0;
        if (reads && (readyEvents & (AioHandler.READ | endEvents)) != 0
                && handler.mayCall(callbacks)) {
            callbacks.onReadable();
        }
        // Nobody can wait for a hang-up not to happen, so somebody has to hear of it.
        int writeEvents = AioHandler.WRITE | (reads ? AioHandler.ERR : endEvents);
        if ((readyEvents & writeEvents) != 0
                && (handler.interest & AioHandler.WRITE) != 0 && handler.mayCall(callbacks)) {
            callbacks.onWritable();
        }
    }

    private boolean runTimers() {
        int ran = timers.runExpired();
        counters.timers += ran;
        deferred.run();
        return ran > 0;
    }

    // ------------------------------------------------------------------ in an outer loop

    /**
     * Takes the iteration apart for an outer loop. Thread: home.
     *
     * @throws IllegalStateException if the monitor is ppoll, which has no descriptor to wait on
     */
    public AioSource source() {
        handlers.upgrade();
        return new AioSource(this, handlers.monitor().fd());
    }

    // ------------------------------------------------------------------ for the parts

    /** Not while the handlers are polled: their list must not change under the walk. */
    void takeOverIfBetweenCallbacks() {
        if (home == Thread.currentThread() && !finding && !closed) {
            poller.takeOverHandlers();
        }
    }

    void enqueue(BottomHalf bottomHalf) {
        bottomHalves.push(bottomHalf);
        wakeUnlessHome();
    }

    void promote() {
        bottomHalves.promote();
        wakeUnlessHome();
    }

    /** The home thread looks for such things before it sleeps, but an outer loop does not. */
    void wakeUnlessHome() {
        if (home != Thread.currentThread() || outerWait) {
            wakeup();
        }
    }

    void forget(BottomHalf bottomHalf) {
        openBottomHalves.remove(bottomHalf);
    }

    // ------------------------------------------------------------------ the end

    /** The home thread polls no more; any other may become home. Thread: home. */
    void leaveHome() {
        home = null;
        barrier.release();
    }

    /**
     * What should have been removed, closed or cancelled before the context is closed, by name.
     * Thread: home, or any once the loop has ended.
     */
    public List<String> leaks() {
        List<String> leaks = new ArrayList<>();
        handlers.others(notifierHandler).forEach(handler -> leaks.add(handler.toString()));
        openBottomHalves.forEach(bottomHalf -> leaks.add(
                bottomHalf + (bottomHalf.isScheduled() ? ", scheduled" : "")));
        timers.armed().forEach(timer -> leaks.add(timer + ", armed"));
        return leaks;
    }

    /**
     * Frees descriptors and memory and reports leaks; a second close does nothing. The loop must
     * have ended, and nobody may wake it any more.
     */
    @Override
    public void close() {
        if (iterating) {
            throw new IllegalStateException("close of a context that is running");
        }
        if (closed) {
            return;
        }
        closed = true;
        for (String leak : leaks()) {
            LOG.warn("context {} is closed, but not its {}", name, leak);
        }
        handlers.close();
        notifier.close();
        leaveHome();
    }
}
