// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A named thread that runs one context until closed (QEMU's iothread). An exception that leaves a
 * callback ends the thread; whoever waits for the thread then gets that exception.
 *
 * <p>One is different: InternalError, which a JVM throws for a SIGBUS, when another process has cut
 * short the file of memory that it shares. Handlers are asked whose memory it was, and the loop
 * goes on without that handler; but not on a JVM that throws it late, out of something else, which
 * may be half done then.
 *
 * Thread: any, except that an IoThread cannot close itself.
 */
public final class IoThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IoThread.class);

    private final AioContext context;
    private final Thread thread;
    private final boolean adopted;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    /** Written by a bottom half on the thread itself. */
    private boolean stopping;

    private IoThread(String name, AioContext context) {
        this.context = context;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
        this.adopted = false;
    }

    private IoThread(Thread adopted, AioContext context) {
        this.context = context;
        this.thread = adopted;
        this.adopted = true;
    }

    /** Starts a thread with a new context. */
    public static IoThread start(String name, AioOptions options) throws ErrnoException {
        IoThread ioThread = new IoThread(name, AioContext.create(name, options));
        ioThread.thread.start();
        return ioThread;
    }

    /**
     * Starts a thread that runs on one processor only.
     *
     * @throws ErrnoException EINVAL if this process may not use that processor
     */
    public static IoThread startOnCpu(String name, AioOptions options, int cpu)
            throws ErrnoException {
        IoThread ioThread = start(name, options);
        ErrnoException[] refused = new ErrnoException[1];
        boolean pinned = false;
        try {
            ioThread.call(() -> refused[0] = pin(cpu));
            pinned = refused[0] == null;
        } finally {
            if (!pinned) {
                ioThread.close();
            }
        }
        if (!pinned) {
            throw refused[0];
        }
        return ioThread;
    }

    private static ErrnoException pin(int cpu) {
        try {
            Posix.runOnCpu(cpu);
            return null;
        } catch (ErrnoException e) {
            return e;
        }
    }

    /**
     * Takes the calling thread for home: it polls the context itself, step by step if it likes,
     * and whoever waits here on that thread runs the loop meanwhile.
     */
    public static IoThread adoptCurrent(AioOptions options) throws ErrnoException {
        return new IoThread(Thread.currentThread(), AioContext.create(options));
    }

    private void run() {
        try {
            while (!stopping) {
                pollOnce();
            }
            context.leaveHome();
            ended.complete(null);
        } catch (Throwable t) {
            // Whoever waits for this thread has to hear of it, whatever it is; now or much later.
            LOG.error("iothread {} has ended", thread.getName(), t);
            context.leaveHome();
            ended.completeExceptionally(t);
        }
    }

    private void pollOnce() {
        try {
            context.poll(true);
        } catch (InternalError e) {
            if (!MappedMemory.FAULTS_COME_IN_TIME || !context.handlers.claimMemoryFault()) {
                throw e;
            }
        }
    }

    /** The context that this thread runs. */
    public AioContext context() {
        return context;
    }

    /** The thread's id, for counters of allocation and processor time. */
    public long threadId() {
        return thread.getId();
    }

    /**
     * Runs something on the thread and waits for its end; an exception is thrown on here. Fails
     * with IllegalStateException if the thread has ended.
     */
    public void call(Runnable runnable) {
        if (Thread.currentThread() == thread) {
            runnable.run();
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        context.execute("call", () -> {
            try {
                runnable.run();
                done.complete(null);
            } catch (Throwable t) {
                // Belongs to the caller, who waits for it.
                done.completeExceptionally(t);
            }
        });
        await(done);
    }

    /**
     * Waits for what the thread is going to complete; an exception is thrown on here. Fails with
     * IllegalStateException if the thread has ended without doing so.
     */
    public void await(CompletableFuture<?> outcome) {
        if (Thread.currentThread() == thread) {
            while (!outcome.isDone()) {
                context.poll(true);
            }
        }
        get(CompletableFuture.anyOf(outcome, ended));
        if (!outcome.isDone()) {
            throw new IllegalStateException(thread.getName() + " has ended");
        }
    }

    /** Whether the thread still runs; false after close and after an unexpected end. */
    public boolean isAlive() {
        return thread.isAlive();
    }

    /**
     * Ends the thread after the iteration under way and frees its context, which reports what was
     * left in it. Throws what ended the thread if it was not this.
     */
    @Override
    public void close() {
        if (adopted) {
            context.close();
            ended.complete(null);
            return;
        }
        if (Thread.currentThread() == thread) {
            throw new IllegalStateException(thread.getName() + " cannot close itself");
        }
        context.execute("stop", () -> stopping = true);
        joinUninterruptibly();
        context.close();
        get(ended);
    }

    /** Also when interrupted: a context freed under a running loop would be memory gone wrong. */
    private void joinUninterruptibly() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void get(CompletableFuture<?> future) {
        try {
            future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for an iothread", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(cause);
        }
    }
}
