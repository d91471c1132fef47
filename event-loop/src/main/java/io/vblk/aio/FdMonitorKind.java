// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.Locale;

/** Which system call a context waits with. */
public enum FdMonitorKind {
    /**
     * ppoll(2) for few descriptors, epoll(7) from {@link AioOptions#epollThreshold} on: what was
     * measured to be best, see docs/decisions/0007-fd-monitor.md.
     */
    AUTO,
    /** ppoll(2) always. */
    PPOLL,
    /** epoll(7) always. */
    EPOLL,
    /** io_uring(7) with one poll request per descriptor; readiness shows in memory. */
    IO_URING;

    /** The kind of a name as operators write it. */
    public static FdMonitorKind of(String name) {
        for (FdMonitorKind kind : values()) {
            if (kind.toString().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "fd-monitor=" + name + " is none of auto, ppoll, epoll, io_uring");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
