// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Configuration of a context, all of it explicit.
 *
 * @param polling adaptive polling; can be changed later with {@link AioContext#setPolling}
 * @param fdMonitor how to wait
 * @param epollThreshold number of descriptors, the context's own included, from which AUTO uses
 *     epoll
 * @param clock time of timers, of polling and of blocking
 * @param wallClock time of the timers that follow the calendar
 * @param ioLimits limits of I/O; can be changed later with {@link AioContext#setIoLimits}
 */
public record AioOptions(
        PollingOptions polling, FdMonitorKind fdMonitor, int epollThreshold, NanoClock clock,
        NanoClock wallClock, IoLimits ioLimits) {
    /** QEMU's threshold. */
    public static final int EPOLL_THRESHOLD_DEFAULT = 64;

    /** Checks the range. */
    public AioOptions {
        if (epollThreshold < 1) {
            throw new IllegalArgumentException(
                    "the epoll threshold must be positive: " + epollThreshold);
        }
    }

    /** With the calendar's time and the default limits. */
    public AioOptions(PollingOptions polling, FdMonitorKind fdMonitor, int epollThreshold,
            NanoClock clock) {
        this(polling, fdMonitor, epollThreshold, clock, NanoClock.REALTIME, IoLimits.DEFAULT);
    }

    /** Defaults with the given polling. */
    public static AioOptions of(PollingOptions polling) {
        return new AioOptions(
                polling, FdMonitorKind.AUTO, EPOLL_THRESHOLD_DEFAULT, NanoClock.MONOTONIC);
    }
}
