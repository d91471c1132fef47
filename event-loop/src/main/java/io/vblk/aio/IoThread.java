// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A named thread that runs one context until closed (QEMU's iothread).
 * Thread: any, except that an IoThread cannot wait for itself.
 */
public final class IoThread implements AutoCloseable {
    private final AioContext context;
    private final Thread thread;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    /** Written by a bottom half on the thread itself. */
    private boolean stopping;

    private IoThread(String name, AioContext context) {
        this.context = context;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    /** Starts a thread with a new context. */
    public static IoThread start(String name, AioOptions options) throws ErrnoException {
        IoThread ioThread = new IoThread(name, AioContext.create(options));
        ioThread.thread.start();
        return ioThread;
    }

    private void run() {
        try {
            while (!stopping) {
                context.poll(true);
            }
            ended.complete(null);
        } catch (Throwable t) {
            // Whoever waits for this thread has to hear of it, whatever it is.
            ended.completeExceptionally(t);
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
        await(CompletableFuture.anyOf(done, ended));
        if (!done.isDone()) {
            throw new IllegalStateException(thread.getName() + " has ended");
        }
    }

    /** Whether the thread still runs; false after close and after an unexpected end. */
    public boolean isAlive() {
        return thread.isAlive();
    }

    /** Ends the thread after the iteration under way and frees its context. */
    @Override
    public void close() {
        context.execute("stop", () -> stopping = true);
        try {
            await(ended);
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            context.close();
        }
    }

    private static void await(CompletableFuture<?> future) {
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
