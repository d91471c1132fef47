// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/** Hears of each measured request: logs, pictures over time. Thread: the job's. */
interface CompletionObserver {
    /**
     * A request has ended well.
     *
     * @param startNs when it was to start, on the job's clock
     * @param issueNs when the device could see it
     * @param endNs when its end was seen
     */
    void completed(Direction direction, long offset, int lengthBytes, long startNs, long issueNs,
            long endNs);

    /** The measured time begins, on the job's clock: it may be later than now. */
    default void begun(long nowNs) {}

    /** The measured time has ended. */
    default void ended(long nowNs) {}

    /** Time has passed, requests or not: called about twice a second. */
    default void passed(long nowNs) {}

    /** One that does the same, and whatever it is told is lost: for a {@link Ramp}. */
    CompletionObserver rehearsal();
}
