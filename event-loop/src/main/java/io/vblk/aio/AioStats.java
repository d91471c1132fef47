// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Counters of a loop at one moment.
 *
 * @param iterations calls of poll
 * @param pollPhases times the loop busy-polled
 * @param pollSkips times it did not, because polling after such an event is in vain
 * @param pollHits times that polling found work, at once or after some busy polling
 * @param pollNs time spent in polling phases that found nothing, in nanoseconds
 * @param waits times the loop gave up the processor to wait for descriptors
 * @param waitNs time spent so, in nanoseconds
 * @param wakeupsSent wake-ups that needed an eventfd write
 * @param wakeupsElided wake-ups that did not, since the loop was awake
 * @param bottomHalves bottom halves run, the idle ones not
 * @param idleBottomHalves idle bottom halves run
 * @param dispatches ready handlers served, the loop's own notifier included
 * @param timers timers that expired
 * @param pollTimeNs current self-tuned polling time in nanoseconds
 * @param pollTimePeakNs highest polling time so far in nanoseconds
 */
public record AioStats(
        long iterations,
        long pollPhases,
        long pollSkips,
        long pollHits,
        long pollNs,
        long waits,
        long waitNs,
        long wakeupsSent,
        long wakeupsElided,
        long bottomHalves,
        long idleBottomHalves,
        long dispatches,
        long timers,
        long pollTimeNs,
        long pollTimePeakNs) {

    /** The counters of two loops together; the polling times are the larger ones. */
    public AioStats plus(AioStats other) {
        return new AioStats(
                iterations + other.iterations,
                pollPhases + other.pollPhases,
                pollSkips + other.pollSkips,
                pollHits + other.pollHits,
                pollNs + other.pollNs,
                waits + other.waits,
                waitNs + other.waitNs,
                wakeupsSent + other.wakeupsSent,
                wakeupsElided + other.wakeupsElided,
                bottomHalves + other.bottomHalves,
                idleBottomHalves + other.idleBottomHalves,
                dispatches + other.dispatches,
                timers + other.timers,
                Math.max(pollTimeNs, other.pollTimeNs),
                Math.max(pollTimePeakNs, other.pollTimePeakNs));
    }

    /** The counters gained since an earlier snapshot; the polling times are this one's. */
    public AioStats since(AioStats earlier) {
        return new AioStats(
                iterations - earlier.iterations,
                pollPhases - earlier.pollPhases,
                pollSkips - earlier.pollSkips,
                pollHits - earlier.pollHits,
                pollNs - earlier.pollNs,
                waits - earlier.waits,
                waitNs - earlier.waitNs,
                wakeupsSent - earlier.wakeupsSent,
                wakeupsElided - earlier.wakeupsElided,
                bottomHalves - earlier.bottomHalves,
                idleBottomHalves - earlier.idleBottomHalves,
                dispatches - earlier.dispatches,
                timers - earlier.timers,
                pollTimeNs,
                pollTimePeakNs);
    }
}
