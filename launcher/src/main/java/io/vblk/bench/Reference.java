// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Where a disk's content before the load can be read past the device. Thread: any.
 *
 * @param path the image file; null of a disk that began as zeroes
 */
record Reference(String path) {
    /** A disk that began as zeroes. */
    static final Reference ZEROES = new Reference(null);
}
