// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests are sampled. */
class RequestSamplingTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 63, 64, 65, 100, 1000, 4096})
    void oneOfEachIntervalIsSampledAndNoneInEachEighthSlice(int interval) {
        RequestSampling sampling = new RequestSampling(interval);
        long slice = sampling.sliceRequests();
        long next = sampling.next(0);
        long samples = 0;
        for (long n = 0; n < 16 * slice; n++) {
            boolean sampled = n % interval == 0 && n / slice % 8 != 7;
            assertEquals(sampled, n == next, () -> "request of interval " + interval);
            assertEquals(n / slice % 8 == 7, sampling.isBlank(sampling.slice(n)));
            if (sampled) {
                samples++;
                next = sampling.next(n + 1);
            }
        }
        assertEquals(14 * slice / interval, samples, 14);
        assertTrue(slice >= 4L * interval, "samples in each other slice");
    }

    @Test
    void aStartInTheMiddleFindsTheSameRequests() {
        RequestSampling sampling = new RequestSampling(7);
        for (long n = 0; n < 8 * sampling.sliceRequests(); n++) {
            long stepped = n;
            while (stepped != sampling.next(stepped)) {
                stepped++;
            }
            assertEquals(stepped, sampling.next(n));
        }
    }

    @Test
    void refusesAnIntervalThatIsNone() {
        for (int interval : new int[] {0, -1, RequestSampling.INTERVAL_MAX + 1}) {
            assertThrows(IllegalArgumentException.class, () -> new RequestSampling(interval));
        }
    }
}
