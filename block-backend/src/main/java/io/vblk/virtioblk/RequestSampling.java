// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/**
 * Which requests of a queue are looked at closely. Driver and device count them in the order of the
 * ring, so that both know it without a word between them. Immutable; thread: any.
 *
 * <p>Each {@value #SLICES}th slice of the requests has none: how long such a slice takes, beside
 * those before and after it, is what the looking costs.
 */
public final class RequestSampling {
    /** Largest interval. */
    public static final int INTERVAL_MAX = 1 << 20;

    /** Slices from one without a sample to the next. */
    private static final int SLICES = 8;
    private static final int SLICE_REQUESTS_MIN = 256;
    private static final int SAMPLES_PER_SLICE_MIN = 4;

    private final int interval;
    private final int sliceShift;

    /**
     * Looks at one request of so many.
     *
     * @param interval 1 for each of them, up to {@link #INTERVAL_MAX}
     */
    public RequestSampling(int interval) {
        if (interval < 1 || interval > INTERVAL_MAX) {
            throw new IllegalArgumentException(
                    "one request of 1 to " + INTERVAL_MAX + " can be sampled, not of " + interval);
        }
        this.interval = interval;
        int shift = 0;
        while (1L << shift
                < Math.max(SLICE_REQUESTS_MIN, (long) SAMPLES_PER_SLICE_MIN * interval)) {
            shift++;
        }
        sliceShift = shift;
    }

    /** Requests from one sample to the next. */
    public int interval() {
        return interval;
    }

    /** Requests of a slice, a power of two and several intervals. */
    public long sliceRequests() {
        return 1L << sliceShift;
    }

    /** The slice of a request. */
    public long slice(long number) {
        return number >>> sliceShift;
    }

    /** Whether a slice is one without a sample. */
    public boolean isBlank(long slice) {
        return slice % SLICES == SLICES - 1;
    }

    /** The first request from this one on that is sampled. */
    public long next(long number) {
        long found = roundedUp(number);
        return isBlank(slice(found)) ? roundedUp(slice(found) + 1 << sliceShift) : found;
    }

    private long roundedUp(long number) {
        return (number + interval - 1) / interval * interval;
    }
}
