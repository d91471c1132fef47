// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/** Monotonic time in nanoseconds, so that tests can own it. Thread: any. */
@FunctionalInterface
public interface NanoClock {
    /** CLOCK_MONOTONIC as the JVM reads it. */
    NanoClock MONOTONIC = System::nanoTime;

    /** Nanoseconds since an arbitrary origin; only differences mean something. */
    long nanoTime();
}
