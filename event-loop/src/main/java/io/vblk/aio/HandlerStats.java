// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Counters of one handler at one moment.
 *
 * @param name what its callbacks call it
 * @param fd its descriptor, -1 of one that is only polled
 * @param pollTimeNs its share of the polling time in nanoseconds; 0 under policy classic
 * @param pollTimePeakNs highest share so far in nanoseconds
 * @param pollHits times that polling found work
 * @param fdReadies times that its descriptor was ready
 */
public record HandlerStats(
        String name, int fd, long pollTimeNs, long pollTimePeakNs, long pollHits,
        long fdReadies) {

    /** The counters gained since an earlier snapshot; the polling times are this one's. */
    public HandlerStats since(HandlerStats earlier) {
        return new HandlerStats(name, fd, pollTimeNs, pollTimePeakNs,
                pollHits - earlier.pollHits, fdReadies - earlier.fdReadies);
    }
}
