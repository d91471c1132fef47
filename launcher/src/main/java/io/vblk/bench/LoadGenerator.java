// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.NanoClock;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;

/**
 * A clone of a job: keeps requests in flight, times slat, clat and lat, checks data if asked to.
 * Thread: the job's. Without a rate a closed loop: the next request starts when one has ended, so a
 * slow device is also asked less often (fio's way). With a rate an open loop: a request starts when
 * it is due, and if there is no slot for it then, it waits and the wait counts. Allocates
 * nothing in measured time, unless data is verified.
 */
final class LoadGenerator {
    /** Longest sleep of a guest that waits for a call, so that it hears of a stop. */
    private static final long AWAIT_NS = 100_000_000L;
    /** Looks at the used ring before the processor is given away: tens of microseconds. */
    private static final int SPINS_PER_YIELD = 1_000;
    /**
     * A sleep ends this long before the next request is due, for the kernel may wake a thread that
     * much later than asked (timer slack, and a halted processor's wake-up).
     */
    private static final long EARLY_NS = 100_000L;

    private final NanoClock clock;
    private final JobSpec spec;
    private final Queueing queueing;
    private final Timing timing;
    private final int thread;
    private final Region region;
    private StopFlag stop;
    private final JobStats stats = new JobStats();
    private final Slots slots;
    /** Added and not yet shown to the device. */
    private final int[] unshown;
    private final SyncTurns syncs;
    private final Pauses pauses;
    /** Slots whose write is done and whose flush is under way; null without {@code sync}. */
    private final boolean[] flushing;
    final Outcomes outcomes;
    private RequestPort port;
    private JobData data;

    private int unshownCount;
    /** Null in a closed loop. */
    private Pacing pacer;
    private Requests source;
    /** What comes back to when a part of the data has been read back. */
    private Requests plan;
    private boolean sourceHasRequest;
    private boolean sourceEnded;
    private boolean recording;
    final Ramp ramp = new Ramp();
    private long endNs;
    /** The clock as last read: reading it costs as much as half a request. */
    private long nowNs;
    private int spins;
    /** Most requests in flight at the moment. */
    private int depth;
    private boolean draining;
    /** Completions to gather before more is started. */
    private int owed;
    /** Where slow requests are noted; null if nobody asks. */
    private TailSamples tail;

    /**
     * A clone before its run.
     *
     * @param thread number of the clone among all of the run: each has its own random numbers
     */
    LoadGenerator(JobSpec spec, int thread, Region region, StopFlag stop, NanoClock clock) {
        this.clock = clock;
        this.spec = spec;
        this.queueing = spec.queueing();
        this.timing = spec.timing();
        this.thread = thread;
        this.region = region;
        this.stop = stop;
        this.slots = new Slots(spec.iodepth());
        this.unshown = new int[spec.iodepth()];
        this.outcomes = new Outcomes(spec, slots, stats);
        this.syncs = new SyncTurns(spec.syncs());
        this.pauses = new Pauses(spec.timing().think());
        this.flushing = spec.syncs().syncWrites() ? new boolean[spec.iodepth()] : null;
    }

    JobSpec spec() {
        return spec;
    }

    JobStats stats() {
        return stats;
    }

    /** Notes slow requests there from now on, or not any more if null. No job may run. */
    void explainTail(TailSamples samples) {
        tail = samples;
    }

    /** Notes stages there from now on, or not any more if null. No job may run. */
    void trace(AnatomySamples samples) {
        slots.trace(samples);
    }

    /** Tells these of each measured request. No job may run. */
    void observe(CompletionObserver... observers) {
        outcomes.observe(observers);
    }

    /**
     * Uses this way to the disk from now on.
     *
     * @param disk where it leads; null if nobody checks its data
     * @param writer number of this run of the clone: it is in the data that is written
     */
    void use(RequestPort way, OpenTarget disk, int writer) {
        port = way;
        data = new JobData(spec, thread, disk, writer, way::dataAddress);
    }

    /** Takes the plan for done: what it would have written must be there. Before any read. */
    void replay() {
        data.replay(new RequestPlan(spec, region, thread), stop);
    }

    /** Runs the job, measured. */
    void run() {
        ThreadUsage before = ThreadUsage.ofCurrentThread();
        recording = true;
        long beganNs = clock.nanoTime() + timing.startDelayNs();
        ramp.begin(beganNs, timing.rampNs());
        endNs = timing.runtimeNs() == 0 ? Long.MAX_VALUE : ramp.endNs() + timing.runtimeNs();
        if (tail != null) {
            tail.begin(System.nanoTime());
        }
        outcomes.begin(ramp.endNs());
        pacer = Pacing.of(spec, thread);
        if (pacer != null) {
            pacer.begin(beganNs);
        }
        pauses.begin(beganNs - timing.startDelayNs(), timing.startDelayNs());
        drive(new RequestPlan(spec, region, thread));
        if (tail != null) {
            tail.end();
        }
        if (spec.syncs().endFsync() && stats.error == 0) {
            syncs.demand();
            drive(new NoRequests());
        }
        outcomes.end(clock.nanoTime());
        stats.backlog = pacer != null && isOver() ? pacer.dueBefore(endNs) : 0;
        stats.activeNs = stats.elapsedNs + timing.rampNs();
        stats.usage = ThreadUsage.ofCurrentThread().since(before);
        data.report(stats);
    }

    /**
     * Reads back this clone's share of what all have written.
     *
     * @param measured whether these reads are what the job is for
     */
    void readBack(int share, int shares, boolean measured) {
        recording = measured;
        if (!measured) {
            // What ends a load early leaves what it has written to be checked.
            stop = stop.whole();
        }
        ramp.skip(clock.nanoTime());
        endNs = Long.MAX_VALUE;
        pacer = null;
        pauses.end();
        if (measured) {
            outcomes.begin(ramp.fromNs());
        }
        drive(data.readBack(
                region, spec.access().sizes().maxBytes(spec.rw()), share, shares));
        if (measured) {
            outcomes.end(clock.nanoTime());
            stats.activeNs = stats.elapsedNs;
        }
        data.report(stats);
    }

    private void drive(Requests requests) {
        source = requests;
        plan = requests;
        sourceHasRequest = false;
        sourceEnded = false;
        depth = outcomes.depth();
        draining = false;
        owed = 0;
        nowNs = clock.nanoTime();
        look();
        while (true) {
            submit();
            if (slots.inFlight() == 0) {
                if (sourceEnded) {
                    return;
                }
                // Nothing is due, or another job holds the block that is next, for ever if that
                // job has died.
                nowNs = clock.nanoTime();
                if (stop.isRequested() || isOver()) {
                    return;
                }
                if (pacer == null && !pauses.isOn()) {
                    Thread.onSpinWait();
                    continue;
                }
            }
            int slot = port.poll();
            if (slot != RequestPort.NOTHING) {
                reap(slot);
            } else if (isAbandonedAfterWait()) {
                return;
            }
        }
    }

    /** Waits for a completion, or a moment; returns whether none can come any more. */
    private boolean isAbandonedAfterWait() {
        if (queueing.batchCompleteMin() == 0 && slots.hasFree() && !sourceEnded && !pauses.isOn()) {
            return stop.isAbandoned();
        }
        boolean sleeps = queueing.waitMode() == WaitMode.EVENT || port.waitsItself();
        long waitNs = sleeps ? sleepNs() : 0;
        if (waitNs > 0) {
            port.await(waitNs);
            if (tail != null) {
                tail.resume(System.nanoTime());
            }
            return stop.isAbandoned();
        }
        if (tail != null) {
            tail.look(System.nanoTime());
        }
        if (++spins % SPINS_PER_YIELD != 0) {
            Thread.onSpinWait();
            return false;
        }
        // The device may be waiting for this processor.
        Thread.yield();
        return stop.isAbandoned();
    }

    /** How long a guest may sleep so that it still starts the next request when it is due. */
    private long sleepNs() {
        if (pauses.isOn()) {
            return Math.min(AWAIT_NS, pauses.sleepNs(nowNs) - EARLY_NS);
        }
        return pacer == null || !slots.hasFree() || sourceEnded
                ? AWAIT_NS
                : Math.min(AWAIT_NS, pacer.dueNs(source.direction()) - nowNs - EARLY_NS);
    }

    // ------------------------------------------------------------------ submission

    /**
     * Starts what there are slots for, one by one as fio does by default: the device works on the
     * first while the next is made. A request starts when its predecessor has been submitted and
     * is submitted when the device can see it; a kick is the device's business and so in clat. In
     * an open loop it starts when it is due, however late that is noticed.
     */
    private void submit() {
        if (pacer != null || pauses.isOn()) {
            nowNs = clock.nanoTime();
            look();
        }
        if (holdsBack()) {
            return;
        }
        int batch = 0;
        while (slots.inFlight() < depth && !pauses.isOn() && startNext()) {
            if (unshownCount == queueing.batchSubmit()) {
                batch += show();
            }
        }
        batch += show();
        if (batch > 0 && isCounted()) {
            outcomes.counted().submits.count(1, batch);
        }
        draining = slots.inFlight() >= depth && queueing.depthLow() < queueing.iodepth();
    }

    /** Whether nothing is to be started now: a pause, a queue to drain, completions to gather. */
    private boolean holdsBack() {
        return pauses.goesOn(nowNs) || owed > 0 && slots.inFlight() > 0
                || draining && slots.inFlight() > queueing.depthLow();
    }

    /** Starts a request; false if there is none, it is not due, or there is no room. */
    private boolean startNext() {
        int slot = slots.nextFree();
        if (recording && syncs.isDue() && !stop.isRequested()) {
            return startSync(slot);
        }
        if (sourceEnded || !stepSource() || !isDue()) {
            return false;
        }
        Direction direction = source.direction();
        slots.startNs[slot] = pacer == null ? nowNs : pacer.dueNs(direction);
        if (!add(slot, direction)) {
            return false;
        }
        if (pacer != null) {
            pacer.step(direction, source.lengthBytes());
        }
        syncs.started(direction);
        started(slot);
        sourceHasRequest = false;
        if (recording) {
            pauses.started(nowNs);
        }
        return true;
    }

    private boolean startSync(int slot) {
        slots.describe(slot, Direction.SYNC, 0, 0);
        slots.startNs[slot] = nowNs;
        if (!port.add(slot, Direction.SYNC, 0, 0)) {
            return false;
        }
        syncs.flushed();
        started(slot);
        return true;
    }

    private void started(int slot) {
        slots.take();
        unshown[unshownCount++] = slot;
        if (isCounted()) {
            outcomes.counted().levels.count(slots.inFlight(), 1);
        }
    }

    /** Shows the device what was added; returns how many that were. */
    private int show() {
        int count = unshownCount;
        if (count == 0) {
            return 0;
        }
        unshownCount = 0;
        boolean wantsKick = port.publish();
        nowNs = clock.nanoTime();
        for (int i = 0; i < count; i++) {
            slots.issued(unshown[i], nowNs, port);
        }
        if (wantsKick) {
            kick();
        }
        return count;
    }

    private void kick() {
        long beganNs = nowNs;
        port.kick();
        nowNs = clock.nanoTime();
        if (tail != null) {
            tail.kicked(beganNs, nowNs);
        }
        slots.kicked(beganNs, nowNs);
    }

    /** Looks at the time: what counts may begin anew. */
    private void look() {
        if (ramp.turns(nowNs)) {
            outcomes.turn(ramp.isOver(), nowNs);
            if (pacer != null) {
                // Of a guest that was too slow while it warmed up measured time hears nothing.
                pacer.skipTo(ramp.fromNs());
            }
        }
    }

    /** Whether it is time for the next request; never for one that is due after the end. */
    private boolean isDue() {
        if (pacer == null) {
            return true;
        }
        long dueNs = pacer.dueNs(source.direction());
        return dueNs - nowNs <= 0 && (endNs == Long.MAX_VALUE || dueNs - endNs < 0);
    }

    private boolean isCounted() {
        return recording && nowNs - ramp.fromNs() >= 0;
    }

    /** Makes the source's next request available; false if there is none. */
    private boolean stepSource() {
        if (!sourceHasRequest) {
            if (source == plan && recording) {
                Requests backlog = data.backlogDue();
                source = backlog == null ? plan : backlog;
            }
            if (stop.isRequested() || !source.next()) {
                if (source != plan && !stop.isRequested()) {
                    source = plan;
                    return stepSource();
                }
                sourceEnded = true;
                return false;
            }
            sourceHasRequest = true;
        }
        return true;
    }

    private boolean add(int slot, Direction direction) {
        long offset = source.offset();
        int lengthBytes = source.lengthBytes();
        if (!data.begin(slot, direction, offset, lengthBytes)) {
            return false;
        }
        slots.describe(slot, direction, offset, lengthBytes);
        if (port.add(slot, direction, offset, lengthBytes)) {
            return true;
        }
        data.cancel(slot);
        return false;
    }

    // ------------------------------------------------------------------ completion

    private void reap(int first) {
        nowNs = clock.nanoTime();
        look();
        if (tail != null) {
            tail.reaped(nowNs);
        }
        int before = slots.inFlight();
        int count = 0;
        int slot = first;
        while (slot != RequestPort.NOTHING) {
            complete(slot);
            count++;
            slot = count < queueing.batchCompleteMax() ? port.poll() : RequestPort.NOTHING;
        }
        owed = owed > 0 ? owed - count : Math.min(queueing.batchCompleteMin(), before) - count;
        if (isCounted()) {
            outcomes.counted().completes.count(count, 1);
        }
        if (recording) {
            sourceEnded |= outcomes.sample(nowNs);
        }
        if (isOver()) {
            sourceEnded = true;
        }
        if (tail != null) {
            nowNs = tail.settle(nowNs, stats);
        }
    }

    private boolean isOver() {
        return endNs != Long.MAX_VALUE && nowNs - endNs >= 0;
    }

    private void complete(int slot) {
        boolean ok = port.isOk(slot);
        if (flushing != null && flushesAfter(slot, ok)) {
            return;
        }
        slots.give(slot);
        Direction direction = slots.directions[slot];
        if (recording) {
            stats.completed++;
        }
        if (!ok) {
            sourceEnded |= outcomes.failed(slot, port.errno(slot));
        } else if (recording && slots.startNs[slot] - ramp.fromNs() >= 0) {
            sourceEnded |= outcomes.ended(slot, nowNs);
            depth = outcomes.depth();
            if (tail != null && ramp.isOver() && direction != Direction.SYNC) {
                tail.completed(slots.issueNs[slot], nowNs);
            }
            slots.seen(slot, nowNs, ramp.isOver());
        }
        sourceEnded |= direction != Direction.SYNC && data.end(slot, ok);
    }

    /** With {@code sync} a write is done when it has been flushed, too. */
    private boolean flushesAfter(int slot, boolean ok) {
        if (flushing[slot]) {
            flushing[slot] = false;
            return false;
        }
        if (slots.directions[slot] != Direction.WRITE || !ok
                || !port.add(slot, Direction.SYNC, 0, 0)) {
            return false;
        }
        flushing[slot] = true;
        if (port.publish()) {
            kick();
        }
        return true;
    }
}
