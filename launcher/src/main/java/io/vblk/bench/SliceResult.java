// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import org.HdrHistogram.Histogram;

/**
 * What one short piece of a load measured. Thread: any; the histogram is the holder's.
 *
 * @param latency from start to completion in nanoseconds, of the requests that count
 * @param elapsedNs time that these took, in nanoseconds
 * @param requests requests answered, with those that do not count
 * @param cpuNs processor time of guests, event loops and workers for all of them
 * @param pollHits times that the event loops found work by polling
 * @param waits times that they gave up their processor
 * @param kicks kicks that the guests sent
 * @param calls calls that they received
 * @param failure what went wrong, for people; null if nothing did
 */
public record SliceResult(Histogram latency, long elapsedNs, long requests, long cpuNs,
        long pollHits, long waits, long kicks, long calls, String failure) {}
