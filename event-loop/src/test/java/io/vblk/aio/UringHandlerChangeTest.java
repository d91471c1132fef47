// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

class UringHandlerChangeTest extends HandlerChangeContract {
    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.IO_URING;
    }
}
