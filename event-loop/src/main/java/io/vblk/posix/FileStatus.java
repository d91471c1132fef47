// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

/**
 * What statx(2) says of an open file.
 *
 * @param sizeBytes length of a regular file; 0 for a block device
 * @param mode file type and permissions
 * @param allocatedBytes storage really used
 * @param blockBytes preferred I/O size of the file system
 * @param directMemoryAlign O_DIRECT alignment of buffers in bytes, 0 when the kernel does not say
 * @param directOffsetAlign O_DIRECT alignment of offsets in bytes, 0 when the kernel does not say
 */
public record FileStatus(
        long sizeBytes,
        int mode,
        long allocatedBytes,
        int blockBytes,
        int directMemoryAlign,
        int directOffsetAlign) {

    private static final int TYPE_MASK = 0xF000;
    private static final int TYPE_BLOCK_DEVICE = 0x6000;
    private static final int TYPE_REGULAR = 0x8000;
    private static final int TYPE_DIRECTORY = 0x4000;

    /** Whether this is a regular file. */
    public boolean isRegular() {
        return (mode & TYPE_MASK) == TYPE_REGULAR;
    }

    /** Whether this is a block device. */
    public boolean isBlockDevice() {
        return (mode & TYPE_MASK) == TYPE_BLOCK_DEVICE;
    }

    /** Whether this is a directory. */
    public boolean isDirectory() {
        return (mode & TYPE_MASK) == TYPE_DIRECTORY;
    }
}
