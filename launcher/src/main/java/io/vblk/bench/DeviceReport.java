// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.block.filter.FilterReport;
import io.vblk.virtioblk.VirtioBlkStats;
import java.util.List;

/**
 * What a device in this process and its event loops did.
 *
 * @param setup what they were told
 * @param loops the event loops, at least one
 * @param stats the device's counters
 * @param filters what the filters of its disk did since it was opened
 */
record DeviceReport(DeviceSetup setup, List<LoopReport> loops, VirtioBlkStats stats,
        List<FilterReport> filters) {
    /** The counters of all loops together. */
    AioStats loopTotal() {
        AioStats total = loops.get(0).stats();
        for (LoopReport loop : loops.subList(1, loops.size())) {
            total = total.plus(loop.stats());
        }
        return total;
    }
}
