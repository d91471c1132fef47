// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * What a loop tells the JDK Flight Recorder (QEMU's trace points). Thread: home, except
 * {@link #wakeup}.
 *
 * <p>While nothing records, each method is one test of a constant: the JVM instruments the event
 * classes only when a recording starts, and no event is made before the test.
 */
final class LoopEvents {
    @Name("vblk.PollBegin")
    @Label("Busy polling begins")
    @Category("vblk")
    @StackTrace(false)
    static final class PollBegin extends Event {
        @Label("Context") String context;
        @Label("Polling time") @Timespan long pollNs;
        @Label("Time-out, -1 for none") long timeoutNs;
    }

    @Name("vblk.PollEnd")
    @Label("Busy polling ended")
    @Category("vblk")
    @StackTrace(false)
    static final class PollEnd extends Event {
        @Label("Context") String context;
        @Label("Found work") boolean progress;
    }

    @Name("vblk.PollGrow")
    @Label("Polling time grew")
    @Category("vblk")
    @StackTrace(false)
    static final class PollGrow extends Event {
        @Label("Context") String context;
        @Label("Before") @Timespan long oldNs;
        @Label("After") @Timespan long newNs;
    }

    @Name("vblk.PollShrink")
    @Label("Polling time shrank")
    @Category("vblk")
    @StackTrace(false)
    static final class PollShrink extends Event {
        @Label("Context") String context;
        @Label("Before") @Timespan long oldNs;
        @Label("After") @Timespan long newNs;
    }

    @Name("vblk.Wait")
    @Label("Wait for descriptors")
    @Category("vblk")
    @StackTrace(false)
    static final class Wait extends Event {
        @Label("Context") String context;
        @Label("Time-out, -1 for none") long timeoutNs;
        @Label("Handlers ready") int ready;
    }

    @Name("vblk.Dispatch")
    @Label("Handler called")
    @Category("vblk")
    @StackTrace(false)
    static final class Dispatch extends Event {
        @Label("Context") String context;
        @Label("Handler") String handler;
        @Label("Descriptor") int fd;
        @Label("Events of poll(2)") int events;
        @Label("Found by polling") boolean polled;
    }

    @Name("vblk.Wakeup")
    @Label("Wake-up written to the eventfd")
    @Category("vblk")
    @StackTrace(false)
    static final class Wakeup extends Event {
        @Label("Context") String context;
    }

    private final String context;
    /** Never committed: asked whether a recording wants their kind. */
    private final PollBegin pollBeginKind = new PollBegin();
    private final PollEnd pollEndKind = new PollEnd();
    private final PollGrow growKind = new PollGrow();
    private final PollShrink shrinkKind = new PollShrink();
    private final Wait waitKind = new Wait();
    private final Dispatch dispatchKind = new Dispatch();
    private final Wakeup wakeupKind = new Wakeup();

    LoopEvents(String context) {
        this.context = context;
    }

    void pollBegin(long pollNs, long timeoutNs) {
        if (pollBeginKind.isEnabled()) {
            PollBegin event = new PollBegin();
            event.context = context;
            event.pollNs = pollNs;
            event.timeoutNs = timeoutNs;
            event.commit();
        }
    }

    void pollEnd(boolean progress) {
        if (pollEndKind.isEnabled()) {
            PollEnd event = new PollEnd();
            event.context = context;
            event.progress = progress;
            event.commit();
        }
    }

    void pollTime(long oldNs, long newNs) {
        if (newNs > oldNs && growKind.isEnabled()) {
            PollGrow event = new PollGrow();
            event.context = context;
            event.oldNs = oldNs;
            event.newNs = newNs;
            event.commit();
        } else if (newNs < oldNs && shrinkKind.isEnabled()) {
            PollShrink event = new PollShrink();
            event.context = context;
            event.oldNs = oldNs;
            event.newNs = newNs;
            event.commit();
        }
    }

    /** Begins a wait; null while nothing records. */
    Wait waitBegin(long timeoutNs) {
        if (!waitKind.isEnabled()) {
            return null;
        }
        Wait event = new Wait();
        event.context = context;
        event.timeoutNs = timeoutNs;
        event.begin();
        return event;
    }

    void waitEnd(Wait event, int ready) {
        if (event != null) {
            event.ready = ready;
            event.commit();
        }
    }

    /** Begins a dispatch; null while nothing records. */
    Dispatch dispatchBegin(AioHandler handler, int events, boolean polled) {
        if (!dispatchKind.isEnabled()) {
            return null;
        }
        Dispatch event = new Dispatch();
        event.context = context;
        event.handler = handler.callbacks.name();
        event.fd = handler.fd;
        event.events = events;
        event.polled = polled;
        event.begin();
        return event;
    }

    void dispatchEnd(Dispatch event) {
        if (event != null) {
            event.commit();
        }
    }

    void wakeup() {
        if (wakeupKind.isEnabled()) {
            Wakeup event = new Wakeup();
            event.context = context;
            event.commit();
        }
    }
}
