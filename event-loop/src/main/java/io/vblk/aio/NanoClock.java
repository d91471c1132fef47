// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Time in nanoseconds, so that tests can own it. Thread: any. */
public interface NanoClock {
    /** CLOCK_MONOTONIC. */
    NanoClock MONOTONIC = System::nanoTime;

    /** CLOCK_REALTIME: since 1970, and jumps when somebody sets the host's clock. */
    NanoClock REALTIME = () -> {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    };

    /** Now. */
    long nanoTime();
}
