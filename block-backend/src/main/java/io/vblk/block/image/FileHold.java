// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;

/**
 * What keeps others away from an open file while it is in use: QEMU's locks. Thread: control.
 *
 * <p>A block device is also looked at before it is written: the kernel does not give one that is
 * mounted away exclusively. To keep it so is for those who opened it with O_EXCL at once. A claim
 * by another descriptor would keep out our own discards, too.
 */
final class FileHold {
    /** On a block device: refused while the host itself uses it (open(2)). */
    static final int O_EXCL = 0x80;
    /** What {@link #take} answers when nothing is to be locked. */
    private static final String SWITCHED_OFF = "none: switched off";

    private final String target;
    private final int fd;
    private final boolean writer;
    private final boolean device;
    private final ImageLocking locking;

    /**
     * Holds nothing yet of a descriptor that stays its owner's.
     *
     * @param device whether it is a block device that was opened without O_EXCL
     */
    FileHold(String target, int fd, boolean writer, boolean device, ImageLocking locking) {
        this.target = target;
        this.fd = fd;
        this.writer = writer;
        this.device = device;
        this.locking = locking;
    }

    /**
     * Takes it; nothing is held after a failure.
     *
     * @return the bytes locked, or why there are none
     * @throws ImageException if others hold what excludes this
     */
    String take() throws ImageException {
        if (locking == ImageLocking.OFF) {
            return SWITCHED_OFF;
        }
        try {
            String locks = ImageLock.lock(target, fd, writer, locking == ImageLocking.ON);
            if (writer && device) {
                checkIdle();
            }
            return locks;
        } catch (ImageException e) {
            drop();
            throw e;
        }
    }

    private void checkIdle() throws ImageException {
        try {
            Posix.close(Posix.open(
                    "/proc/self/fd/" + fd, Posix.O_RDONLY | O_EXCL | Posix.O_CLOEXEC, 0));
        } catch (ErrnoException e) {
            throw new ImageException(RawFile.cannotOpen(target, e.errno(), false), e);
        }
    }

    /** Gives it back; without effect when nothing is held. */
    void drop() {
        if (locking != ImageLocking.OFF) {
            ImageLock.unlock(fd);
        }
    }
}
