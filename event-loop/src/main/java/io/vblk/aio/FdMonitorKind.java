// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/** Which system call a context waits with. */
public enum FdMonitorKind {
    /** ppoll(2) for few descriptors, epoll(7) from {@link AioOptions#epollThreshold} on. */
    AUTO,
    /** ppoll(2) always. */
    PPOLL,
    /** epoll(7) always. */
    EPOLL
}
