// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/** How an event loop came to know of a request. */
public enum PollState {
    /** It looked at the ring, or was at work on the queue anyway: no kick was needed. */
    POLLED,
    /** It slept, and the kick woke it. */
    WOKEN,
    /**
     * It was awake, and yet knows it by the kick only: it was busy with something else, or looked
     * at its descriptors before it would have slept.
     */
    MISSED
}
