// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.virtioblk.VirtioBlkDriver;

/**
 * A job's way to its disk: a virtqueue, or straight to the file. Thread: the job's. It has a fixed
 * number of slots, each with a buffer; a slot is the job's until it is added, and again from
 * {@link #poll} on. Nothing is allocated.
 */
interface RequestPort {
    /** Answer of {@link #poll} when nothing has completed. */
    int NOTHING = VirtioBlkDriver.NOTHING;

    /** Answer of {@link #number} where requests are not counted. */
    long UNNUMBERED = -1;

    /** Address of a slot's buffer. */
    long dataAddress(int slot);

    /**
     * Adds a request; the device does not see it before {@link #publish}.
     *
     * @param offset in bytes; 0 of SYNC
     * @param lengthBytes 0 of SYNC
     * @return false if there is no room
     */
    boolean add(int slot, Direction direction, long offset, int lengthBytes);

    /** How many requests were added to the queue before the one that a slot had last. */
    default long number(int slot) {
        return UNNUMBERED;
    }

    /** Shows the device what was added; returns whether it wants a kick. */
    boolean publish();

    /** Kicks the device. */
    void kick();

    /** Slot of the next completed request, or {@link #NOTHING}. */
    int poll();

    /** Whether a completed request succeeded. */
    boolean isOk(int slot);

    /** The host's errno of a failed request, where it can be seen; else 0. */
    default int errno(int slot) {
        return 0;
    }

    /** Whether {@link #await} itself polls, if the job is one that does. */
    default boolean waitsItself() {
        return false;
    }

    /** Sleeps until something may have completed, or the time is over. */
    void await(long timeoutNs);
}
