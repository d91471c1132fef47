// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Limits for each engine that does I/O on a context, with QEMU's names and meaning. They are read
 * while the loop runs, so that a change holds from the next request on.
 *
 * @param aioMaxBatch most requests handed to the host in one go, so that the first of a long batch
 *     does not wait for the last; 0 for no limit
 * @param threadPoolMin worker threads that stay without work
 * @param threadPoolMax most worker threads at a time
 */
public record IoLimits(int aioMaxBatch, int threadPoolMin, int threadPoolMax) {
    /** QEMU's default. */
    public static final int AIO_MAX_BATCH_DEFAULT = 32;
    /** QEMU's default. */
    public static final int THREAD_POOL_MAX_DEFAULT = 64;
    /** Most threads that may be asked for. */
    public static final int THREAD_POOL_LIMIT = 1024;

    /** What a QEMU iothread starts with. */
    public static final IoLimits DEFAULT =
            new IoLimits(AIO_MAX_BATCH_DEFAULT, 0, THREAD_POOL_MAX_DEFAULT);

    /** Checks the ranges. */
    public IoLimits {
        if (aioMaxBatch < 0) {
            throw new IllegalArgumentException(
                    "aio-max-batch must not be negative: " + aioMaxBatch);
        }
        if (threadPoolMin < 0 || threadPoolMin > THREAD_POOL_LIMIT) {
            throw new IllegalArgumentException("thread-pool-min must be 0 to "
                    + THREAD_POOL_LIMIT + ", not " + threadPoolMin);
        }
        if (threadPoolMax < 1 || threadPoolMax > THREAD_POOL_LIMIT) {
            throw new IllegalArgumentException("thread-pool-max must be 1 to "
                    + THREAD_POOL_LIMIT + ", not " + threadPoolMax);
        }
        if (threadPoolMin > threadPoolMax) {
            throw new IllegalArgumentException("thread-pool-min=" + threadPoolMin
                    + " is more than thread-pool-max=" + threadPoolMax);
        }
    }
}
