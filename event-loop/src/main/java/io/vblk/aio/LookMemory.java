// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Remembers whether a look at the descriptors right before a sleep spares the sleep. Thread: home.
 *
 * <p>Who is answered while the loop goes to sleep may ask again before it does: a guest that polls
 * does, one that shares the loop's processor does not. The look costs a call; the sleep that it
 * spares costs two switches, the wake-up of a processor, and the call of who wakes the loop,
 * several times as much. Mostly it spares a sleep by the time that it takes: the sleep then begins
 * with something to do, and ends at once.
 */
final class LookMemory {
    /** Looks in vain after which there are no more. */
    static final int VAIN_MAX = 8;
    /** Looks in vain that one which found something makes up for. */
    static final int FOUND_WORTH = 4;
    /** Of so many sleeps one has a look to try nevertheless. */
    static final int SLEEPS_PER_TRY = 64;

    /** What ends sooner after a look was no sleep: waking up takes longer, in nanoseconds. */
    static final long SLEEP_NS = 2_000;

    private int vain;
    private int sleeps;

    /** Whether to look before the sleep that comes. */
    boolean wantsLook() {
        if (vain < VAIN_MAX) {
            return true;
        }
        sleeps = (sleeps + 1) % SLEEPS_PER_TRY;
        return sleeps == 0;
    }

    /** What a look, or the sleep after it, has found came at once. */
    void spared() {
        vain = Math.max(0, vain - FOUND_WORTH);
    }

    /** The loop has slept for so long after a look, in nanoseconds. */
    void slept(long ns) {
        if (ns < SLEEP_NS) {
            spared();
        } else {
            vain = Math.min(VAIN_MAX, vain + 1);
        }
    }
}
