// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.HandlerStats;
import java.util.ArrayList;
import java.util.List;

/**
 * What an event loop did during a run.
 *
 * @param iothread its number
 * @param monitor how it waits
 * @param stats its counters
 * @param handlers the counters of its handlers
 */
record LoopReport(
        int iothread, FdMonitorKind monitor, AioStats stats, List<HandlerStats> handlers) {
    /** What was gained since an earlier report of the same loop. */
    LoopReport since(LoopReport earlier) {
        List<HandlerStats> gained = new ArrayList<>();
        for (HandlerStats handler : handlers) {
            HandlerStats before = earlier.handlers.stream()
                    .filter(other -> other.fd() == handler.fd()
                            && other.name().equals(handler.name()))
                    .findFirst().orElse(null);
            gained.add(before == null ? handler : handler.since(before));
        }
        return new LoopReport(iothread, monitor, stats.since(earlier.stats), gained);
    }
}
