// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockLimits;
import io.vblk.block.engine.HostFile;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.FileStatus;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;

/**
 * The file or block device under a raw image: checked, locked and open. Thread: control.
 *
 * @param file what engines read and write
 * @param limits of the disk
 * @param facts what the host says
 * @param path where the same bytes can be opened again
 * @param hold what keeps others away from it
 */
record RawFile(
        HostFile file, BlockLimits limits, FileFacts facts, String path, FileHold hold) {
    private static final int O_PATH = 0x200000;
    private static final int EBUSY = 16;
    private static final int PAGE_BYTES = 4096;
    /** Largest unit of discards that guests hear of. */
    private static final int UNMAP_BYTES_MAX = 1 << 28;
    private static final String LOCKED_LATER = "none: taken when it is used";

    /**
     * Opens what the user named.
     *
     * @param locked whether others are kept away from now on; from what is copied they always are
     *     meanwhile
     * @throws ImageException whatever is wrong with it; nothing stays open
     */
    static RawFile open(ImageSpec spec, boolean locked) throws ImageException {
        String target = spec.target();
        boolean device = checkKind(target).isBlockDevice();
        boolean copies = spec.throwAwayCopy() && !spec.readOnly();
        boolean writes = !copies && !spec.readOnly();
        boolean exclusive =
                device && writes && locked && spec.locking() != ImageLocking.OFF;
        int fd = openDescriptor(target, writes, exclusive ? FileHold.O_EXCL : 0);
        FileHold hold =
                new FileHold(target, fd, writes, device && !exclusive, spec.locking());
        try {
            String locks = locked || copies ? hold.take() : LOCKED_LATER;
            Checked checked = check(spec, fd, writes, locks);
            return copies ? copied(spec, fd, checked) : direct(spec, fd, checked, hold);
        } catch (ImageException | RuntimeException | Error e) {
            closeHeld(hold, fd);
            throw e;
        } catch (ErrnoException e) {
            closeHeld(hold, fd);
            throw new ImageException(target + ": " + e.getMessage(), e);
        }
    }

    private static void closeHeld(FileHold hold, int fd) {
        hold.drop();
        Posix.close(fd);
    }

    private static RawFile direct(ImageSpec spec, int fd, Checked checked, FileHold hold)
            throws ImageException, ErrnoException {
        String target = spec.target();
        HostFile file = OpenFile.in(spec.cache(), target, fd, spec.readOnly(),
                checked.limits.blockBytes());
        return new RawFile(file, checked.limits, checked.facts, target, hold);
    }

    private static RawFile copied(ImageSpec spec, int fd, Checked checked)
            throws ImageException, ErrnoException {
        String target = spec.target();
        int copy = ThrowAwayCopy.make(target, fd, checked.limits.capacityBytes());
        try {
            HostFile file = OpenFile.in(spec.cache(), "copy of " + target, copy, false,
                    checked.limits.blockBytes());
            Posix.close(fd);
            // Nobody else can name it.
            FileHold none = new FileHold(target, copy, true, false, ImageLocking.OFF);
            return new RawFile(
                    file, checked.limits, checked.facts, OpenFile.selfPath(copy), none);
        } catch (ImageException | ErrnoException e) {
            Posix.close(copy);
            throw e;
        }
    }

    // ------------------------------------------------------------------ opening

    /** Looks before opening: opening a pipe would wait, opening a terminal would take it. */
    private static FileStatus checkKind(String target) throws ImageException {
        int fd = -1;
        try {
            fd = Posix.open(target, O_PATH | Posix.O_CLOEXEC, 0);
            FileStatus status = Posix.fileStatus(fd);
            if (status.isDirectory()) {
                throw new ImageException(target + ": is a directory, not a disk image");
            }
            if (!status.isRegular() && !status.isBlockDevice()) {
                throw new ImageException(target + ": is neither a file nor a block device");
            }
            return status;
        } catch (ErrnoException e) {
            throw new ImageException(cannotOpen(target, e.errno(), false), e);
        } finally {
            if (fd >= 0) {
                Posix.close(fd);
            }
        }
    }

    private static int openDescriptor(String target, boolean writes, int extraFlags)
            throws ImageException {
        int flags = (writes ? Posix.O_RDWR : Posix.O_RDONLY) | Posix.O_CLOEXEC;
        try {
            return Posix.open(target, flags | extraFlags, 0);
        } catch (ErrnoException e) {
            throw new ImageException(
                    cannotOpen(target, e.errno(), writes && isReadable(target)), e);
        }
    }

    private static boolean isReadable(String target) {
        try {
            Posix.close(Posix.open(target, Posix.O_RDONLY | Posix.O_CLOEXEC, 0));
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    /** One line for a failed open(2); {@code readable} if reading alone would have worked. */
    static String cannotOpen(String target, int errno, boolean readable) {
        if (errno == EBUSY) {
            return target + ": in use by this host (mounted, part of a volume, or served already): "
                    + "free it, or use --read-only";
        }
        if (readable) {
            return target + ": cannot be written (" + ErrnoException.describe(errno)
                    + "): use --read-only, or allow this user to write it";
        }
        return switch (errno) {
            case Posix.ENOENT -> target + ": no such file";
            case Posix.EACCES -> target + ": permission denied: allow this user to read it";
            default -> target + ": cannot be opened: " + ErrnoException.describe(errno);
        };
    }

    // ------------------------------------------------------------------ checking

    private record Checked(BlockLimits limits, FileFacts facts) {}

    private static Checked check(ImageSpec spec, int fd, boolean writes, String locks)
            throws ImageException, ErrnoException {
        String target = spec.target();
        FileStatus status = Posix.fileStatus(fd);
        if (status.isRegular() && status.sizeBytes() == 0) {
            throw new ImageException(target
                    + ": is empty: give it a size, such as truncate --size=1G " + target);
        }
        // Before the size is looked at: other formats come in any size.
        String probed = probe(fd);
        if (!probed.equals(FormatProbe.RAW) && spec.format() == null) {
            throw new ImageException(target + ": is a " + probed + " image; vblk serves raw "
                    + "images; say --format=raw to serve its bytes as they are");
        }
        BlockDevice device = status.isBlockDevice() ? BlockDevice.of(fd) : null;
        BlockLimits limits = device != null
                ? deviceLimits(spec, device, writes)
                : fileLimits(spec, status.sizeBytes());
        FileFacts facts = new FileFacts(
                status.isBlockDevice(), status.allocatedBytes(), status.directMemoryAlign(),
                status.directOffsetAlign(), probed, locks);
        return new Checked(limits, facts);
    }

    private static BlockLimits fileLimits(ImageSpec spec, long sizeBytes) throws ImageException {
        String target = spec.target();
        int blockBytes = spec.blockBytes() == 0 ? BlockLimits.SECTOR_BYTES : spec.blockBytes();
        if (sizeBytes % blockBytes != 0) {
            throw new ImageException(target + ": its " + sizeBytes + " bytes are no multiple of "
                    + blockBytes + ": round them up with truncate --size=%" + blockBytes + " "
                    + target);
        }
        boolean readOnly = spec.readOnly();
        // Below a page the page cache has to read before it can write.
        return new BlockLimits(sizeBytes, blockBytes, PAGE_BYTES, 0, readOnly, !readOnly,
                !readOnly);
    }

    private static BlockLimits deviceLimits(ImageSpec spec, BlockDevice device, boolean writes)
            throws ImageException {
        String target = spec.target();
        if (device.sizeBytes() == 0) {
            throw new ImageException(target + ": is empty: a device without a medium");
        }
        if (device.readOnly() && writes) {
            throw new ImageException(target + ": is a read-only device: use --read-only");
        }
        int own = device.logicalBlockBytes();
        int blockBytes = spec.blockBytes() == 0 ? own : spec.blockBytes();
        if (device.sizeBytes() % blockBytes != 0) {
            throw new ImageException(target + ": has blocks of " + own + " bytes and "
                    + device.sizeBytes() + " bytes in all: logical-block-size=" + blockBytes
                    + " does not fit");
        }
        boolean readOnly = spec.readOnly();
        // A part of one of its blocks the device cannot erase.
        boolean erases = writes && device.secureErase() && blockBytes >= own;
        return new BlockLimits(device.sizeBytes(), blockBytes,
                Math.max(blockBytes, device.physicalBlockBytes()), device.optimalIoBytes(),
                readOnly, !readOnly, !readOnly, erases,
                unmapBytes(device.discardBytes(), blockBytes));
    }

    /** Guests count it in their own blocks, and no request of theirs may be too short for it. */
    private static int unmapBytes(int deviceBytes, int blockBytes) {
        if (deviceBytes == 0) {
            return 0;
        }
        return deviceBytes >= blockBytes && deviceBytes <= UNMAP_BYTES_MAX
                && deviceBytes % blockBytes == 0 ? deviceBytes : blockBytes;
    }

    // ------------------------------------------------------------------ growing

    /**
     * Size of the file or device by now, in bytes.
     *
     * @throws ImageException if the host does not say
     */
    long sizeNow() throws ImageException {
        try {
            return facts.blockDevice() && !isCopy()
                    ? BlockDevice.of(file.fd()).sizeBytes()
                    : file.sizeBytes();
        } catch (ErrnoException e) {
            throw new ImageException(path + ": " + e.getMessage(), e);
        }
    }

    /**
     * Makes the file longer, never shorter.
     *
     * @throws ImageException if it is no file, may not be written, or the host has no room
     */
    void extend(long sizeBytes) throws ImageException {
        if (facts.blockDevice() && !isCopy()) {
            throw new ImageException(path + ": is a block device: make it larger by its own tools,"
                    + " then take over the size that it has");
        }
        if (limits.readOnly()) {
            throw new ImageException(path + ": is open read-only and cannot be made longer");
        }
        try {
            long nowBytes = file.sizeBytes();
            if (sizeBytes < nowBytes) {
                throw new ImageException(path + ": has " + nowBytes + " bytes and is never made"
                        + " shorter, such as " + sizeBytes);
            }
            Posix.ftruncate(file.fd(), sizeBytes);
            file.written();
        } catch (ErrnoException e) {
            throw new ImageException(path + ": " + e.getMessage(), e);
        }
    }

    private boolean isCopy() {
        return path.equals(OpenFile.selfPath(file.fd()));
    }

    private static String probe(int fd) throws ErrnoException {
        int bytes = FormatProbe.PROBE_BYTES;
        try (MappedMemory start = MappedMemory.anonymous(bytes + IovecArray.ELEMENT_BYTES)) {
            IovecArray iovec = new IovecArray(start.address() + bytes, 1);
            iovec.set(0, start.address(), bytes);
            long got = Posix.preadv(fd, iovec.address(0), 1, 0);
            if (got < 0) {
                throw new ErrnoException("read", (int) -got);
            }
            // A shorter file is looked at as if zeroes followed.
            return FormatProbe.probe(start.address());
        }
    }
}
