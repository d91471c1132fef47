// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.aio.BottomHalf;
import io.vblk.aio.DeferredCall;
import io.vblk.aio.EventNotifier;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.QueueStatus;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.virtio.DirtyLog;
import io.vblk.virtio.QueueHandler;
import io.vblk.virtio.QueueProcessor;
import io.vblk.virtio.Virtqueue;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtioFeatures;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * THE hot path: pop, parse, submit, commit, complete, publish used, call. Thread: home.
 *
 * <p>Requests that a backend completes at once are published at the end of each pass over the
 * ring; those that complete later, at the end of the batch of callbacks that brought them.
 */
final class VirtioBlkQueue extends DeferredCall implements QueueProcessor {
    /** Chains taken in one run; the rest waits for a bottom half: others have their turn. */
    static final int CHAINS_PER_RUN_MAX = 256;
    /** Chains after which the guest is shown what is complete, so that it works meanwhile. */
    static final int CHAINS_PER_PASS = 4;
    /** Queued, requests or bytes, a run ends: what is done is shown, and others have their turn. */
    static final int QUEUED_PER_RUN_MAX = 16;
    static final int QUEUED_BYTES_PER_RUN_MAX = 1 << 19;

    private static final Logger LOG = LoggerFactory.getLogger(VirtioBlkQueue.class);

    private final VirtioBlkDevice device;
    private final int index;
    private final AioContext context;
    private final BlockBackend backend;
    private final Virtqueue ring;
    private EventNotifier call;
    private final QueueHandler handler;
    private final BottomHalf resume;
    private final CallCoalescing coalescing;
    private final AioTimer callTimer;
    private final RequestSlots slots;
    private final LatencyRecorder latency;
    private final IoErrorLog errorLog;
    private final QueueCounters counters = new QueueCounters();
    /** Where some requests note their stages, null if none do. */
    private RequestTrace trace;

    /** Requests that the backend had no room for; while there is one, nothing is popped. */
    private VirtioBlkRequest parked;
    private int parkedCount;
    /** Chains popped and not answered, parked ones included. */
    private int inFlight;
    /** Requests that the backend has queued since it was last told to set them off. */
    private int uncommitted;
    private long uncommittedBytes;
    /** Used elements that the driver was not shown. */
    private int unpublished;
    /** Used elements that it was shown, without a decision whether to call. */
    private int uncalled;
    /** Read by control as well. */
    private volatile boolean broken;
    /** Set when the guest's memory is gone: then nothing is written to it any more. */
    private boolean memoryLost;
    private boolean stopping;
    private Runnable whenDrained;

    VirtioBlkQueue(VirtioBlkDevice device, int index, QueueHome home, Virtqueue ring,
            EventNotifier kick, EventNotifier call, CallCoalescing coalescing,
            LatencyRecorder latency) throws ErrnoException {
        this.device = device;
        this.index = index;
        this.context = home.ioThread().context();
        this.backend = home.backend();
        this.ring = ring;
        this.coalescing = coalescing;
        this.call = call;
        this.latency = latency;
        this.errorLog = new IoErrorLog(device, index, context);
        this.handler = new QueueHandler("queue " + index, context, ring, kick, this);
        this.resume = context.bottomHalf("virtio-blk queue " + index, this::resume);
        this.callTimer = context.timer("virtio-blk queue " + index, this::decideCall);
        this.slots = new RequestSlots(this, ring.size());
    }

    void start() throws ErrnoException {
        handler.start();
    }

    /** Takes no more chains and reports when the last request under way has been answered. */
    void stop(Runnable drained) {
        stopping = true;
        handler.close();
        if (!memoryLost) {
            try {
                // If the loop was polling the ring, nobody else switches kicks on again.
                ring.enableKicks();
            } catch (InternalError e) {
                onMemoryFault(e);
            }
        }
        whenDrained = drained;
        reportIfDrained();
    }

    /** Frees what the queue holds; after the report of {@link #stop}. */
    void free() {
        resume.close();
        slots.close();
    }

    void setCall(EventNotifier notifier) {
        call = notifier;
    }

    void setTrace(RequestTrace wanted) {
        trace = wanted;
        if (trace != null) {
            trace.attach(context, ring.size(), device.isNegotiated(VirtioFeatures.IN_ORDER));
        }
    }

    void logWrites(DirtyLog log, long usedLogAddress) {
        ring.logWrites(log, usedLogAddress);
    }

    int base() {
        return ring.base();
    }

    // ------------------------------------------------------------------ from ring to backend

    @Override
    public boolean acceptsWork() {
        return parked == null && !broken && !stopping;
    }

    @Override
    public void process() {
        if (!acceptsWork()) {
            return;
        }
        if (trace != null) {
            trace.noticed(handler.isKicked());
        }
        // While the loop polls the ring, kicks are off already and stay so.
        boolean kicksOn = ring.kicksEnabled();
        int budget = CHAINS_PER_RUN_MAX;
        try {
            do {
                if (kicksOn) {
                    ring.disableKicks();
                }
                budget = takePasses(budget);
                publish();
                if (kicksOn) {
                    ring.enableKicks();
                }
            } while (budget > 0 && acceptsWork() && !hasQueuedEnough() && !ring.isEmpty());
        } catch (VirtioException e) {
            breakDown(e);
        } catch (InternalError e) {
            onMemoryFault(e);
        }
        boolean cutShort = budget <= 0 || hasQueuedEnough();
        settle();
        if (cutShort && acceptsWork() && !ring.isEmpty()) {
            resume.schedule();
        }
    }

    /** Takes what there is, pass by pass; returns how many chains may still be taken. */
    private int takePasses(int budget) throws VirtioException {
        int left = budget;
        int taken;
        do {
            taken = takeChains(CHAINS_PER_PASS);
            // A pass that takes nothing counts too: its end would be the guest's to choose.
            left -= Math.max(1, taken);
            show();
        } while (taken == CHAINS_PER_PASS && left > 0 && acceptsWork()
                && !hasQueuedEnough());
        return left;
    }

    private boolean hasQueuedEnough() {
        return uncommitted >= QUEUED_PER_RUN_MAX || uncommittedBytes >= QUEUED_BYTES_PER_RUN_MAX;
    }

    private int takeChains(int budget) throws VirtioException {
        int taken = 0;
        long startNs = LatencyRecorder.NOT_MEASURED;
        if (trace != null) {
            trace.beginPass(budget);
        }
        while (taken < budget && parked == null && !hasQueuedEnough()) {
            VirtioBlkRequest request = slots.first();
            if (!ring.pop(request.chain)) {
                break;
            }
            slots.takeFirst();
            if (trace != null) {
                trace.popped(request);
            }
            if (taken == 0) {
                startNs = latency.startNs(context);
            }
            request.startNs = startNs;
            taken++;
            boolean submits = request.parse() == VirtioBlkRequest.SUBMIT;
            inFlight++;
            if (submits) {
                submit(request);
            } else {
                answer(request);
            }
        }
        return taken;
    }

    private void submit(VirtioBlkRequest request) {
        boolean traced = trace != null && request.record != RequestTrace.NOT_TRACED;
        while (true) {
            if (traced) {
                trace.submitting(request.record);
            }
            QueueStatus outcome = backend.submit(request.block);
            if (outcome == QueueStatus.QUEUED) {
                if (traced) {
                    trace.queued(request.record);
                }
                uncommitted++;
                uncommittedBytes += request.block.lengthBytes();
                return;
            }
            if (outcome == QueueStatus.BUSY) {
                if (traced) {
                    trace.parked(request.record);
                }
                park(request);
                return;
            }
            if (!nextStep(request)) {
                finish(request);
                return;
            }
        }
    }

    private boolean nextStep(VirtioBlkRequest request) {
        try {
            return request.nextStep();
        } catch (InternalError e) {
            onMemoryFault(e);
            return false;
        }
    }

    /** Holds the queue until a request completes, or for an iteration if none is under way. */
    private void park(VirtioBlkRequest request) {
        counters.busy();
        request.next = parked;
        parked = request;
        parkedCount++;
    }

    private void resume() {
        VirtioBlkRequest waiting = parked;
        parked = null;
        parkedCount = 0;
        while (waiting != null) {
            VirtioBlkRequest request = waiting;
            waiting = request.next;
            try {
                submit(request);
            } catch (InternalError e) {
                onMemoryFault(e);
            }
        }
        if (acceptsWork()) {
            process();
        } else {
            settle();
        }
    }

    /** End of a run: sets off and shows what it has left, and sees to it that there is a next. */
    private void settle() {
        if (uncommitted > 0) {
            uncommitted = 0;
            uncommittedBytes = 0;
            if (trace != null) {
                trace.committing();
            }
            backend.commit();
        }
        publish();
        if (parked != null && parkedCount == inFlight) {
            // The room is taken by others, whose end is not told here.
            resume.schedule();
        }
        reportIfDrained();
    }

    // ------------------------------------------------------------------ from backend to ring

    /** A queued block request has ended. */
    void completed(VirtioBlkRequest request) {
        try {
            if (nextStep(request)) {
                submit(request);
            } else {
                finish(request);
            }
        } catch (InternalError e) {
            onMemoryFault(e);
        }
        context.defer(this);
    }

    private void finish(VirtioBlkRequest request) {
        request.takeOutcome();
        int errno = request.block.errno();
        if (errno != 0) {
            counters.failed(errno);
            errorLog.note(request.op(), errno);
        } else {
            counters.succeeded(request);
        }
        answer(request);
    }

    private void answer(VirtioBlkRequest request) {
        counters.answered(request);
        // First: whatever becomes of the guest's memory, the host is done with this one.
        inFlight--;
        if (memoryLost) {
            slots.release(request);
            return;
        }
        if (trace != null) {
            trace.answered(request);
        }
        request.writeStatus();
        ring.addUsed(request.chain, request.usedBytes());
        unpublished++;
        if (request.startNs != LatencyRecorder.NOT_MEASURED) {
            latency.answered(request.startNs, request.op(), context);
        }
        slots.release(request);
    }

    /** Lets the guest see what is complete. */
    private void show() {
        if (unpublished > 0 && !memoryLost) {
            if (trace != null) {
                trace.showing(unpublished);
            }
            uncalled += unpublished;
            unpublished = 0;
            counters.batch();
            ring.publishUsed();
            latency.shown(context);
        }
    }

    /** Shows it, and calls a guest that may be asleep, now or later. */
    private void publish() {
        show();
        if (uncalled == 0 || memoryLost) {
            return;
        }
        if (inFlight == 0 || !coalescing.isOn() || uncalled >= coalescing.completionsMax()) {
            decideCall();
        } else if (!callTimer.isArmed()) {
            callTimer.modify(context.nanoTime() + coalescing.delayNs());
        }
    }

    /** Decides about a call for what was shown, and sends it. */
    private void decideCall() {
        if (uncalled == 0 || memoryLost) {
            return;
        }
        uncalled = 0;
        if (callTimer.isArmed()) {
            // It was for the completions that this decision is about.
            callTimer.cancel();
        }
        boolean wanted = ring.needsCall();
        if (trace != null) {
            trace.calling(wanted);
        }
        if (wanted) {
            counters.call();
            call.set();
        }
    }

    /** End of a batch of completions. */
    @Override
    protected void runDeferred() {
        if (parked != null) {
            resume.schedule();
        }
        try {
            settle();
        } catch (InternalError e) {
            onMemoryFault(e);
            reportIfDrained();
        }
    }

    private void reportIfDrained() {
        if (whenDrained != null && inFlight == 0) {
            Runnable drained = whenDrained;
            whenDrained = null;
            publish();
            callTimer.cancel();
            drained.run();
        }
    }

    // ------------------------------------------------------------------ errors

    private void breakDown(VirtioException e) {
        broken = true;
        handler.close();
        LOG.warn("{}queue {} stopped, the guest broke the ring: {}", device.logPrefix(), index,
                e.getMessage());
        device.queueBroke(index);
    }

    @Override
    public void onMemoryFault(InternalError fault) {
        if (!MappedMemory.FAULTS_COME_IN_TIME) {
            // What it came out of may be half done, such as a request on its way to the host.
            throw fault;
        }
        loseMemory();
    }

    @Override
    public boolean onMemoryFault() {
        if (!memoryLost && !ring.isMemoryThere()) {
            loseMemory();
        }
        return memoryLost;
    }

    private void loseMemory() {
        if (!memoryLost) {
            memoryLost = true;
            broken = true;
            handler.close();
            LOG.warn("{}queue {} stopped: shared memory is gone", device.logPrefix(), index);
            device.queueBroke(index);
        }
    }

    // ------------------------------------------------------------------ for the request

    BlockLimits limits() {
        return device.limits();
    }

    boolean offers(long feature) {
        return device.isNegotiated(feature);
    }

    boolean writesThrough() {
        return device.writesThrough();
    }

    byte[] serial() {
        return device.serial();
    }

    boolean isBroken() {
        return broken;
    }

    VirtioBlkStats stats() {
        return counters.snapshot(handler.kicks());
    }
}
