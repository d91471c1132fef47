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

    /** Time has passed, requests or not: called about twice a second. */
    default void passed(long nowNs) {}
}
