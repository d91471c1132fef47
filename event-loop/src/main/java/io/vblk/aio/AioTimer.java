// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * A one-shot deadline on the context's clock, armed again by {@link #modify}.
 * Thread: home.
 */
public final class AioTimer {
    final Runnable callback;
    final String name;
    private final AioContext context;

    // Owned by TimerHeap.
    long deadlineNs;
    long sequence;
    int heapIndex = TimerHeap.NOT_ARMED;

    AioTimer(AioContext context, String name, Runnable callback) {
        this.context = context;
        this.name = name;
        this.callback = callback;
    }

    /**
     * Arms the timer, or moves it if armed. A deadline in the past fires on the next iteration,
     * never in the one that is running.
     *
     * @param deadlineNs on the context's clock, see {@link AioContext#nanoTime}
     */
    public void modify(long deadlineNs) {
        context.arm(this, deadlineNs);
    }

    /** Disarms the timer; also one that has expired but not been called yet. */
    public void cancel() {
        context.disarm(this);
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
