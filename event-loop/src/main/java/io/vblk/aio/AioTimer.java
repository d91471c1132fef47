// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * A one-shot deadline on one of the context's clocks, armed again by {@link #modify}.
 * Thread: home.
 */
public final class AioTimer {
    final Runnable callback;
    private final AioContext context;
    private final TimerHeap heap;
    private final String name;

    // Owned by TimerHeap.
    long deadlineNs;
    long sequence;
    int heapIndex = TimerHeap.NOT_ARMED;

    AioTimer(AioContext context, TimerHeap heap, String name, Runnable callback) {
        this.context = context;
        this.heap = heap;
        this.name = name;
        this.callback = callback;
    }

    /**
     * Arms the timer, or moves it if armed. A deadline in the past fires when timers are looked
     * at next; if the callback of a timer on the same clock sets it, in the next iteration, so that
     * a timer that always does so cannot hold the loop.
     *
     * @param deadlineNs on the timer's clock, see {@link AioContext#nanoTime}; the clock may wrap,
     *     so it has to lie within 292 years of now
     */
    public void modify(long deadlineNs) {
        context.assertHome();
        heap.arm(this, deadlineNs);
        context.wakeUnlessHome();
    }

    /** Disarms the timer; also one that has expired but not been called yet. */
    public void cancel() {
        context.assertHome();
        heap.disarm(this);
    }

    /** Whether the timer waits for its deadline. */
    public boolean isArmed() {
        return heapIndex >= 0;
    }

    @Override
    public String toString() {
        return "timer " + name;
    }
}
