// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

/**
 * What the host says of the file under an image.
 *
 * @param blockDevice whether it is a block device, not a regular file
 * @param allocatedBytes storage really used; 0 for a block device
 * @param directMemoryAlign O_DIRECT alignment of buffers in bytes, 0 when the kernel does not say
 * @param directOffsetAlign O_DIRECT alignment of offsets in bytes, 0 when the kernel does not say
 * @param probedFormat the format that the first bytes look like, "raw" when like no other
 * @param locks the lock bytes held, such as "100,201", or why there are none
 */
public record FileFacts(
        boolean blockDevice,
        long allocatedBytes,
        int directMemoryAlign,
        int directOffsetAlign,
        String probedFormat,
        String locks) {}
