// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.BlockDeviceFile;
import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.DirectIo;
import io.vblk.block.engine.HostFile;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.FileStatus;
import io.vblk.posix.Posix;

/**
 * Opens a file that is open already once more for each way in which its bytes are read and written.
 * Thread: control.
 */
final class OpenFile {
    private OpenFile() {}

    /** Where the very same file can be opened again, whatever its path leads to by now. */
    static String selfPath(int fd) {
        return "/proc/self/fd/" + fd;
    }

    /**
     * Makes it a file for engines. The descriptor keeps its locks and goes past the page cache if
     * the mode says so; it stays the caller's if this fails, and is the file's if not.
     *
     * @param name what messages call the file
     * @param blockBytes smallest unit of requests to it
     * @throws ImageException one line, where the file system does not do what the mode needs
     */
    static HostFile in(CacheMode mode, String name, int fd, boolean readOnly, int blockBytes)
            throws ImageException, ErrnoException {
        FileStatus status = Posix.fileStatus(fd);
        BlockDevice device = status.isBlockDevice() ? BlockDevice.of(fd) : null;
        if (mode.usesPageCache()) {
            int stableFd = readOnly ? fd : again(fd, false, 0);
            return file(mode, name, fd, stableFd, null, device);
        }
        int stableFd = past(mode, name, fd, readOnly);
        HostFile tail = null;
        try {
            tail = status.isRegular() ? cached(mode, name, fd, readOnly) : null;
            return file(mode, name, fd, stableFd,
                    direct(status, device, blockBytes, tail), device);
        } catch (ErrnoException | RuntimeException | Error e) {
            Posix.close(stableFd);
            if (tail != null) {
                tail.close();
            }
            throw e;
        }
    }

    /** Opens it past the page cache, and takes the given descriptor there. */
    private static int past(CacheMode mode, String name, int fd, boolean readOnly)
            throws ImageException, ErrnoException {
        int stableFd = -1;
        try {
            stableFd = again(fd, readOnly, Posix.O_DIRECT);
            Posix.setDirect(fd);
            return stableFd;
        } catch (ErrnoException e) {
            if (stableFd >= 0) {
                Posix.close(stableFd);
            }
            if (e.errno() != Posix.EINVAL) {
                throw e;
            }
            throw new ImageException(name + ": its file system cannot pass by the page cache"
                    + " (O_DIRECT), which cache mode " + mode + " needs: use "
                    + (mode.writeCache() ? CacheMode.WRITEBACK : CacheMode.WRITETHROUGH)
                    + ", or put it elsewhere", e);
        }
    }

    private static HostFile cached(CacheMode mode, String name, int fd, boolean readOnly)
            throws ErrnoException {
        int cachedFd = again(fd, readOnly, 0);
        return new HostFile(name, cachedFd, cachedFd, mode.flushes(), null);
    }

    private static HostFile file(CacheMode mode, String name, int fd, int stableFd,
            DirectIo direct, BlockDevice device) {
        return device == null
                ? new HostFile(name, fd, stableFd, mode.flushes(), direct)
                : new BlockDeviceFile(name, fd, stableFd, mode.flushes(), direct,
                        device.logicalBlockBytes());
    }

    private static DirectIo direct(FileStatus status, BlockDevice device, int blockBytes,
            HostFile tail) {
        int unknown = device == null ? DirectIo.ALIGN_SAFE : device.logicalBlockBytes();
        return new DirectIo(DirectIo.memoryAlign(status), DirectIo.offsetAlign(status, unknown),
                blockBytes, tail, device == null ? status.sizeBytes() : device.sizeBytes());
    }

    private static int again(int fd, boolean readOnly, int flags) throws ErrnoException {
        int access = readOnly ? Posix.O_RDONLY : Posix.O_RDWR;
        return Posix.open(selfPath(fd), access | flags | Posix.O_CLOEXEC, 0);
    }
}
