// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

class EpollHandlerChangeTest extends HandlerChangeContract {
    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.EPOLL;
    }
}
