// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.EventNotifier;
import io.vblk.aio.FdCallbacks;
import io.vblk.posix.ErrnoException;

/**
 * Binds a ring and its kick to a context: work arrives by a kick or is found by polling the ring;
 * while the loop polls, kicks are off. Thread: home.
 */
public final class QueueHandler implements FdCallbacks, AutoCloseable {
    private final String name;
    private final AioContext context;
    private final Virtqueue queue;
    private final EventNotifier kick;
    private final QueueProcessor processor;
    private AioHandler handler;
    private long kicks;
    private boolean kicked;

    /** Prepares; nothing is watched before {@link #start}. */
    public QueueHandler(String name, AioContext context, Virtqueue queue, EventNotifier kick,
            QueueProcessor processor) {
        this.name = name;
        this.context = context;
        this.queue = queue;
        this.kick = kick;
        this.processor = processor;
    }

    /** Starts watching, and serves what is there already: its kick may have come before. */
    public void start() throws ErrnoException {
        int interest = AioHandler.READ | AioHandler.POLL | AioHandler.EXTERNAL;
        handler = context.addHandler(kick.fd(), interest, this);
        if (poll()) {
            processor.process();
        }
    }

    /** Kicks seen so far. */
    public long kicks() {
        return kicks;
    }

    /** Whether the queue is being served because of its kick, and not of a look at the ring. */
    public boolean isKicked() {
        return kicked;
    }

    @Override
    public void onReadable() {
        // Cleared before looking at the ring: a kick that comes after the look stays set.
        if (kick.testAndClear()) {
            kicks++;
        }
        kicked = true;
        processor.process();
        kicked = false;
    }

    @Override
    public boolean poll() {
        try {
            return !queue.isEmpty() && processor.acceptsWork();
        } catch (InternalError e) {
            processor.onMemoryFault(e);
            return false;
        }
    }

    @Override
    public void pollReady() {
        processor.process();
    }

    @Override
    public void pollBegin() {
        try {
            queue.disableKicks();
        } catch (InternalError e) {
            processor.onMemoryFault(e);
        }
    }

    @Override
    public void pollEnd() {
        try {
            queue.enableKicks();
        } catch (InternalError e) {
            processor.onMemoryFault(e);
        }
    }

    @Override
    public boolean onMemoryFault() {
        return processor.onMemoryFault();
    }

    @Override
    public String name() {
        return name;
    }

    /** Stops watching; the ring and the kick stay the caller's. */
    @Override
    public void close() {
        if (handler != null) {
            context.removeHandler(handler);
            handler = null;
        }
    }
}
