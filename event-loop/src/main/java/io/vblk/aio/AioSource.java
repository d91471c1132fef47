// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * A context inside somebody else's loop (QEMU's GSource): another AioContext, or any loop that can
 * wait for a descriptor. Thread: home, which is the outer loop's.
 *
 * <p>Each round of the outer loop:
 * <pre>
 *   timeoutNs = source.prepare()
 *   wait until source.fd() is readable, timeoutNs at most (0: do not wait, -1: for ever)
 *   if (source.check())
 *       source.dispatch()
 * </pre>
 * The context does not busy-poll meanwhile: when to spin is the outer loop's business.
 */
public final class AioSource {
    private final AioContext context;
    private final int fd;

    AioSource(AioContext context, int fd) {
        this.context = context;
        this.fd = fd;
    }

    /** The descriptor to wait on, the same for the life of the context. */
    public int fd() {
        return fd;
    }

    /** Gets ready for a wait; returns how long that may take, in nanoseconds. */
    public long prepare() {
        context.begin(true);
        try {
            context.outerWait = true;
            return context.poller.prepare();
        } finally {
            context.end();
        }
    }

    /** Ends the wait; returns whether there is something to dispatch. */
    public boolean check() {
        context.begin(true);
        try {
            context.outerWait = false;
            return context.poller.check();
        } finally {
            context.end();
        }
    }

    /** Runs bottom halves, ready handlers and timers; returns whether a callback ran. */
    public boolean dispatch() {
        context.begin(false);
        try {
            return context.dispatch();
        } finally {
            context.endDispatch();
        }
    }
}
