// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Where in its region a job's requests go, without an end: after a pass there is another one.
 * Thread: the job's. Nothing is allocated.
 */
interface Places {
    /**
     * Takes the next place.
     *
     * @param direction ordinal of the direction
     * @param lengthBytes the size asked for, a multiple of the direction's smallest
     * @return where it starts, in bytes from the start of the region
     */
    long take(int direction, int lengthBytes);

    /**
     * Length of the place that was taken: what was asked for or, where the region ends or a block
     * has had its turn, less.
     */
    int lengthBytes();
}
