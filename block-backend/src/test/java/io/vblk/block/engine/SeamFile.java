// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.Posix;

/** A file whose every system call is a method that a test can override, ring or not. */
public class SeamFile extends HostFile {
    /** Takes over descriptors as a host file does. */
    public SeamFile(String name, int fd, int stableFd) {
        super(name, fd, stableFd);
    }

    /** Takes over descriptors as a host file past the page cache does. */
    public SeamFile(String name, int fd, int stableFd, DirectIo direct) {
        super(name, fd, stableFd, true, direct);
    }

    @Override
    TransferRing newRing(boolean fixedBuffers) {
        return new FileRing(this);
    }

    /** Nothing is in a page cache that a test cannot see. */
    @Override
    public long readNoWait(long iovecs, int count, long offset) {
        return -Posix.EAGAIN;
    }

    /** As ext4. */
    @Override
    public long writeNoWait(long iovecs, int count, long offset) {
        return -Posix.EOPNOTSUPP;
    }
}
