// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/** A way to run a context, for tests: round by round, each with one wait at most. Thread: home. */
abstract class LoopDrive implements AutoCloseable {
    final AioContext context;
    /** Runs once when the drive is about to wait. */
    Runnable beforeWait = Recorder.NOTHING;
    int rounds;

    LoopDrive(AioContext context) {
        this.context = context;
    }

    private static AioContext create(FdMonitorKind kind, PollingOptions polling)
            throws ErrnoException {
        return AioContext.create(new AioOptions(polling, kind, 64, NanoClock.MONOTONIC));
    }

    /** Waits until there may be something to do, and does it. */
    void round() {
        rounds++;
        waitAndDispatch();
    }

    abstract void waitAndDispatch();

    void runBeforeWait() {
        Runnable hook = beforeWait;
        beforeWait = Recorder.NOTHING;
        hook.run();
    }

    @Override
    public void close() {
        context.close();
    }

    /** The context's own loop. */
    static LoopDrive direct(FdMonitorKind kind, PollingOptions polling) throws ErrnoException {
        return new LoopDrive(create(kind, polling)) {
            @Override
            void waitAndDispatch() {
                runBeforeWait();
                context.poll(true);
            }
        };
    }

    /** A foreign loop that waits with ppoll(2). */
    static LoopDrive foreign(FdMonitorKind kind, PollingOptions polling) throws ErrnoException {
        AioContext context = create(kind, polling);
        AioSource source = context.source();
        MappedMemory memory = MappedMemory.anonymous(Posix.TIMESPEC_BYTES + 8);
        long pollFd = memory.address() + Posix.TIMESPEC_BYTES;
        NativeMemory.putInt(pollFd, source.fd());
        return new LoopDrive(context) {
            @Override
            void waitAndDispatch() {
                long timeoutNs = source.prepare();
                runBeforeWait();
                NativeMemory.putInt(pollFd + 4, AioHandler.READ);
                Posix.ppoll(pollFd, 1, timeoutNs, memory.address());
                if (source.check()) {
                    source.dispatch();
                }
            }

            @Override
            public void close() {
                super.close();
                memory.close();
            }
        };
    }

    /** Another context, with a handler for the source and a timer for its time-out. */
    static LoopDrive nested(FdMonitorKind outerKind, FdMonitorKind kind, PollingOptions polling)
            throws ErrnoException {
        AioContext outer = create(outerKind, PollingOptions.OFF);
        AioContext context = create(kind, polling);
        AioSource source = context.source();
        outer.addHandler(source.fd(), AioHandler.READ, Recorder.NOTHING::run);
        AioTimer timeout = outer.timer("source", Recorder.NOTHING);
        return new LoopDrive(context) {
            @Override
            void waitAndDispatch() {
                long timeoutNs = source.prepare();
                if (timeoutNs > 0) {
                    timeout.modify(outer.nanoTime() + timeoutNs);
                }
                runBeforeWait();
                outer.poll(timeoutNs != 0);
                timeout.cancel();
                if (source.check()) {
                    source.dispatch();
                }
            }

            @Override
            public void close() {
                outer.close();
                super.close();
            }
        };
    }
}
