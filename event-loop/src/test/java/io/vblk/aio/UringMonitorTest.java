// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

class UringMonitorTest extends FdMonitorContract {
    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.IO_URING;
    }
}
