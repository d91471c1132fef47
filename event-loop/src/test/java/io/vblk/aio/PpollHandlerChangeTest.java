// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

class PpollHandlerChangeTest extends HandlerChangeContract {
    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.PPOLL;
    }
}
