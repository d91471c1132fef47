// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/** Counters behind {@link AioStats}. Thread: home writes, any reads them as they are. */
final class LoopCounters {
    long iterations;
    long pollPhases;
    long pollSkips;
    long pollHits;
    long pollNs;
    long waits;
    long waitNs;
    long bottomHalves;
    long idleBottomHalves;
    long dispatches;
    long timers;
    long pollTimeNs;
    long pollTimePeakNs;

    AioStats snapshot(WakeProtocol wake) {
        return new AioStats(
                iterations, pollPhases, pollSkips, pollHits, pollNs, waits, waitNs,
                wake.sent(), wake.elided(), bottomHalves, idleBottomHalves, dispatches, timers,
                pollTimeNs, pollTimePeakNs);
    }
}
