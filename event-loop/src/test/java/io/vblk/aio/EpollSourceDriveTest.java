// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;

class EpollSourceDriveTest extends LoopDriveContract {
    @Override
    LoopDrive open(PollingOptions polling) throws ErrnoException {
        return LoopDrive.foreign(FdMonitorKind.EPOLL, polling);
    }
}
