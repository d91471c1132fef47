// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Bottom halves on a queue without a context: a context has a descriptor, and a stress test makes
 * states by the ten thousand.
 */
final class TestQueue {
    private final BottomHalfQueue queue = new BottomHalfQueue();

    /** Makes a bottom half for {@link #schedule}. */
    static BottomHalf bottomHalf(Runnable callback) {
        return new BottomHalf(null, "stress", callback);
    }

    /** What BottomHalf.schedule does, with this queue for that of the context. */
    void schedule(BottomHalf bottomHalf) {
        try {
            bottomHalf.schedule();
        } catch (NullPointerException noContext) {
            // The flags are set and said that it has to be queued; that is the context's part.
            queue.push(bottomHalf);
        }
    }

    /** Runs what is queued; returns how many callbacks ran. */
    int runSlice() {
        return queue.runSlice();
    }
}
