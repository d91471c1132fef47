// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;

class NestedEpollDriveTest extends LoopDriveContract {
    @Override
    LoopDrive open(PollingOptions polling) throws ErrnoException {
        return LoopDrive.nested(FdMonitorKind.PPOLL, FdMonitorKind.EPOLL, polling);
    }
}
