// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
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

    /** One event of each kind, never committed: asked whether a recording wants their kind. */
    private static final class Kinds {
        final PollBegin pollBegin = new PollBegin();
        final PollEnd pollEnd = new PollEnd();
        final PollGrow grow = new PollGrow();
        final PollShrink shrink = new PollShrink();
        final Wait wait = new Wait();
        final Dispatch dispatch = new Dispatch();
        final Wakeup wakeup = new Wakeup();
    }

    /**
     * Null until there is a recorder: the JVM takes some tens of milliseconds to get to know the
     * event classes, which a server's start shall not wait for.
     */
    private static Kinds kinds;

    static {
        FlightRecorder.addListener(new FlightRecorderListener() {
            @Override
            public void recorderInitialized(FlightRecorder recorder) {
                kinds = new Kinds();
            }
        });
        if (FlightRecorder.isInitialized()) {
            kinds = new Kinds();
        }
    }

    private final String context;

    LoopEvents(String context) {
        this.context = context;
    }

    void pollBegin(long pollNs, long timeoutNs) {
        Kinds wanted = kinds;
        if (wanted != null && wanted.pollBegin.isEnabled()) {
            PollBegin event = new PollBegin();
            event.context = context;
            event.pollNs = pollNs;
            event.timeoutNs = timeoutNs;
            event.commit();
        }
    }

    void pollEnd(boolean progress) {
        Kinds wanted = kinds;
        if (wanted != null && wanted.pollEnd.isEnabled()) {
            PollEnd event = new PollEnd();
            event.context = context;
            event.progress = progress;
            event.commit();
        }
    }

    void pollTime(long oldNs, long newNs) {
        Kinds wanted = kinds;
        if (wanted == null) {
            return;
        }
        if (newNs > oldNs && wanted.grow.isEnabled()) {
            PollGrow event = new PollGrow();
            event.context = context;
            event.oldNs = oldNs;
            event.newNs = newNs;
            event.commit();
        } else if (newNs < oldNs && wanted.shrink.isEnabled()) {
            PollShrink event = new PollShrink();
            event.context = context;
            event.oldNs = oldNs;
            event.newNs = newNs;
            event.commit();
        }
    }

    /** Begins a wait; null while nothing records. */
    Wait waitBegin(long timeoutNs) {
        Kinds wanted = kinds;
        if (wanted == null || !wanted.wait.isEnabled()) {
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
        Kinds wanted = kinds;
        if (wanted == null || !wanted.dispatch.isEnabled()) {
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
        Kinds wanted = kinds;
        if (wanted != null && wanted.wakeup.isEnabled()) {
            Wakeup event = new Wakeup();
            event.context = context;
            event.commit();
        }
    }
}
