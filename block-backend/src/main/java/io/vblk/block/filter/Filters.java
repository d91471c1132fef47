// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;

/**
 * The filters that an operator asked for.
 *
 * @param delayMinNs shortest delay of a request
 * @param delayMaxNs longest delay of a request; 0 for none at all
 * @param delaySeed seed of the delays
 * @param mayHold whether requests can be held back while the disk is in use
 */
public record Filters(long delayMinNs, long delayMaxNs, long delaySeed, boolean mayHold) {
    /** Longest delay: a guest gives up on a disk that is silent for longer. */
    public static final long DELAY_NS_MAX = 60_000_000_000L;
    /** No filter. */
    public static final Filters NONE = new Filters(0, 0, 1, false);

    /** Checks the range. */
    public Filters {
        if (delayMinNs < 0 || delayMinNs > delayMaxNs || delayMaxNs > DELAY_NS_MAX) {
            throw new IllegalArgumentException("delay-us must be 0 to " + DELAY_NS_MAX / 1_000
                    + ", the smaller number first, not " + delayMinNs / 1_000 + "-"
                    + delayMaxNs / 1_000);
        }
    }

    /** The same, and requests can be held back. */
    public Filters withHold() {
        return new Filters(delayMinNs, delayMaxNs, delaySeed, true);
    }

    /**
     * Puts the filters around a disk. Thread: control.
     *
     * @param view number of this view among those of its disk: each draws delays of its own
     * @param hold what holds requests back, if they can be
     */
    public BlockBackend around(
            BlockBackend backend, AioContext context, int view, HoldSwitch hold) {
        BlockBackend filtered = backend;
        if (delayMaxNs > 0) {
            filtered = new DelayFilter(filtered, context, delayMinNs, delayMaxNs, delaySeed + view);
        }
        return mayHold ? new HoldFilter(filtered, context, hold) : filtered;
    }
}
