// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.AioContext;
import io.vblk.aio.BottomHalf;
import io.vblk.aio.IoLimits;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.Posix;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blocking calls on worker threads of one context (QEMU's thread pool).
 * Thread: home; the private methods of the worker side say so.
 *
 * <p>A batch is handed over under one lock. Workers are woken and started one at a time, and each
 * that arrives calls the next if requests still wait: many requests that block get many workers
 * within microseconds, while requests from the page cache are done before a second worker comes.
 * Ended requests come back over a stack without a lock and one bottom half. Requests are linked
 * through themselves: nothing is allocated, except for a new worker.
 */
final class ThreadsEngine implements IoEngine {
    /** How long a worker waits for a request before it ends, in nanoseconds. */
    static final long IDLE_MAX_NS = 10_000_000_000L;

    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final Logger LOG = LoggerFactory.getLogger(ThreadsEngine.class);
    private static final AtomicInteger WORKER_NUMBER = new AtomicInteger();
    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup()
                    .findVarHandle(ThreadsEngine.class, "ended", BlockRequest.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final BlockingIo io;
    private final AioContext context;
    private final BottomHalf completeEnded;
    private final long idleMaxNs;
    private final ThreadFactory threads;
    private final AtomicBoolean errorLogged = new AtomicBoolean();

    // Home thread only.
    private BlockRequest batchFirst;
    private BlockRequest batchLast;
    private int batchSize;
    private int underWay;
    /** Ended requests whose completion is still to be called, the oldest first. */
    private BlockRequest endedFirst;
    private BlockRequest endedLast;

    // Guarded by the lock.
    private final Object lock = new Object();
    private final List<Thread> workers = new ArrayList<>();
    private BlockRequest waitingFirst;
    private BlockRequest waitingLast;
    private int waiting;
    /** Workers that wait for a request, those about to wake included. */
    private int idle;
    /** A notified worker has not arrived yet. */
    private boolean waking;
    /** A new worker has not arrived yet. */
    private boolean starting;
    private boolean stopping;

    /** Stack of ended requests, the newest on top: workers push, the home thread takes all. */
    private BlockRequest ended;

    /**
     * An engine with as many workers as are to be there at least.
     *
     * @param context whose {@link AioContext#ioLimits} say how many workers and how large batches
     * @param idleMaxNs how long a worker above the minimum stays without a request
     * @param threads makes the workers
     */
    ThreadsEngine(
            BlockingIo io, AioContext context, long idleMaxNs, ThreadFactory threads) {
        this.io = io;
        this.context = context;
        this.completeEnded = context.bottomHalf("aio=threads", this::completeEnded);
        this.idleMaxNs = idleMaxNs;
        this.threads = threads;
        startMinimum();
    }

    /** A worker with the name by which operators find it. */
    static Thread worker(Runnable work) {
        Runnable unbound = () -> {
            // The loop that starts it may be bound to a processor; workers run beside it.
            Posix.runOnAllCpus();
            work.run();
        };
        Thread worker = new Thread(unbound, "vblk-aio-" + WORKER_NUMBER.incrementAndGet());
        worker.setDaemon(true);
        return worker;
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        assert context.inHomeThread();
        request.setNext(null);
        if (batchLast == null) {
            batchFirst = request;
        } else {
            batchLast.setNext(request);
        }
        batchLast = request;
        batchSize++;
        underWay++;
        int batchMax = context.ioLimits().aioMaxBatch();
        if (batchMax > 0 && batchSize >= batchMax) {
            commit();
        }
        return QueueStatus.QUEUED;
    }

    @Override
    public void commit() {
        if (batchFirst == null) {
            return;
        }
        boolean start;
        synchronized (lock) {
            if (waitingLast == null) {
                waitingFirst = batchFirst;
            } else {
                waitingLast.setNext(batchFirst);
            }
            waitingLast = batchLast;
            waiting += batchSize;
            start = callHelp();
        }
        batchFirst = null;
        batchLast = null;
        batchSize = 0;
        if (start && !startWorker()) {
            workHereIfAlone();
        }
    }

    /** Ends all workers and waits for them. */
    @Override
    public void close() {
        assert underWay == 0 : underWay + " requests under way";
        List<Thread> left;
        synchronized (lock) {
            stopping = true;
            left = new ArrayList<>(workers);
            lock.notifyAll();
        }
        boolean interrupted = false;
        for (Thread worker : left) {
            interrupted |= !joined(worker);
        }
        completeEnded.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean joined(Thread worker) {
        try {
            worker.join();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void completeEnded() {
        takeEnded();
        try {
            while (endedFirst != null) {
                BlockRequest request = endedFirst;
                endedFirst = request.next();
                request.setNext(null);
                underWay--;
                request.completion().complete(request);
            }
        } finally {
            // Only if a completion threw: the others are told next time.
            if (endedFirst != null) {
                completeEnded.schedule();
            }
        }
    }

    /** Appends what has ended since, the oldest first. */
    private void takeEnded() {
        // E1: pairs with ThreadsEngine.end
        BlockRequest newest = (BlockRequest) ENDED.getAndSetAcquire(this, (BlockRequest) null);
        BlockRequest oldest = null;
        BlockRequest last = newest;
        while (newest != null) {
            BlockRequest older = newest.next();
            newest.setNext(oldest);
            oldest = newest;
            newest = older;
        }
        if (endedFirst == null) {
            endedFirst = oldest;
        } else if (oldest != null) {
            endedLast.setNext(oldest);
        }
        endedLast = last != null ? last : endedLast;
    }

    // ------------------------------------------------------------------ any thread

    /**
     * Wakes or asks for one more worker if one is needed. Holds the lock.
     *
     * @return whether the caller has to start one
     */
    private boolean callHelp() {
        if (waiting > 0 && idle > 0 && !waking) {
            waking = true;
            lock.notify();
        }
        return mayStart(waiting > idle);
    }

    /**
     * Asks for one more worker if one is wanted or the minimum is not there. Holds the lock.
     *
     * @return whether the caller has to start one
     */
    private boolean mayStart(boolean wanted) {
        IoLimits limits = context.ioLimits();
        boolean start = (wanted || workers.size() < limits.threadPoolMin())
                && !starting && !stopping && workers.size() < limits.threadPoolMax();
        starting |= start;
        return start;
    }

    /** Starts the workers that are to be there before the first request. */
    private void startMinimum() {
        boolean start;
        synchronized (lock) {
            start = mayStart(false);
        }
        if (start) {
            startWorker();
        }
    }

    /** Starts a worker; false when the host has no thread to give. */
    private boolean startWorker() {
        Thread worker = null;
        try {
            worker = threads.newThread(this::work);
            synchronized (lock) {
                if (stopping) {
                    starting = false;
                    return true;
                }
                workers.add(worker);
            }
            worker.start();
            return true;
        } catch (OutOfMemoryError e) {
            synchronized (lock) {
                workers.remove(worker);
                starting = false;
            }
            logOnce("no more worker threads", e);
            return false;
        }
    }

    /** Without a single worker the home thread has to do the work, rather than nobody. */
    private void workHereIfAlone() {
        while (true) {
            BlockRequest request;
            synchronized (lock) {
                if (waiting == 0 || !workers.isEmpty()) {
                    return;
                }
                request = removeFirst();
            }
            runAndEnd(request);
        }
    }

    private BlockRequest removeFirst() {
        BlockRequest request = waitingFirst;
        waitingFirst = request.next();
        if (waitingFirst == null) {
            waitingLast = null;
        }
        waiting--;
        return request;
    }

    private void runAndEnd(BlockRequest request) {
        try {
            io.run(request);
        } catch (Throwable t) {
            // Whatever it is, the guest has to get an answer.
            request.setErrno(Posix.EIO);
            logOnce("a request failed on " + Thread.currentThread().getName(), t);
        }
        end(request);
    }

    private void end(BlockRequest request) {
        BlockRequest top;
        do {
            // E1: pairs with ThreadsEngine.end of who came before
            top = (BlockRequest) ENDED.getAcquire(this);
            request.setNext(top);
            // E1: pairs with ThreadsEngine.takeEnded, which sees the request and its data
        } while (!ENDED.weakCompareAndSetRelease(this, top, request));
        completeEnded.schedule();
    }

    private void logOnce(String what, Throwable cause) {
        if (errorLogged.compareAndSet(false, true)) {
            LOG.error("{}; told once", what, cause);
        }
    }

    // ------------------------------------------------------------------ worker threads

    private void work() {
        boolean start;
        synchronized (lock) {
            starting = false;
            start = mayStart(false);
        }
        if (start) {
            startWorker();
        }
        BlockRequest request = take();
        while (request != null) {
            runAndEnd(request);
            request = take();
        }
    }

    /** The next request, waiting for one if need be; null when this worker has to end. */
    private BlockRequest take() {
        BlockRequest request;
        boolean start;
        synchronized (lock) {
            boolean stays = !isAboveMaximum() && (waiting > 0 || awaitRequest());
            if (stays && !isAboveMaximum()) {
                request = removeFirst();
            } else {
                workers.remove(Thread.currentThread());
                request = null;
            }
            // Also who leaves passes the word on: it may have been the one that was woken.
            start = callHelp();
        }
        if (start) {
            startWorker();
        }
        return request;
    }

    /** Waits until there is a request; false when it is time to end. Holds the lock. */
    private boolean awaitRequest() {
        long deadlineNs = System.nanoTime() + idleMaxNs;
        while (waiting == 0) {
            long leftNs = deadlineNs - System.nanoTime();
            if (stopping || (leftNs <= 0 && isSurplus())) {
                return false;
            }
            if (leftNs <= 0) {
                deadlineNs += idleMaxNs;
                leftNs = idleMaxNs;
            }
            idle++;
            try {
                lock.wait(leftNs / NANOS_PER_MILLI + 1);
            } catch (InterruptedException e) {
                // Workers end through close() alone.
                LOG.debug("interrupted", e);
            }
            idle--;
            waking = false;
        }
        return true;
    }

    /** Whether a worker has to end, work or not. Holds the lock. */
    private boolean isAboveMaximum() {
        return workers.size() > context.ioLimits().threadPoolMax();
    }

    /** Whether a worker may end for want of work. Holds the lock. */
    private boolean isSurplus() {
        return workers.size() > context.ioLimits().threadPoolMin();
    }
}
