// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.BottomHalf;

/**
 * Keeps requests that must not overlap apart, over all views of a file. Thread: any.
 *
 * <p>An exclusive range bears no other beside it, shared ones bear each other. Who comes first is
 * served first, and waits for all that came before and overlaps, so that nobody starves; and as
 * each asks for all it needs at once, nobody waits in a circle. Nobody is held up here: who has to
 * wait goes on by a bottom half of its own loop.
 *
 * <p>While no range is exclusive, as it is with guests that keep to the alignment, taking and
 * dropping one looks at no other.
 */
final class RangeLock {
    /** A part of the file that a request wants or has. */
    abstract static class Range {
        private final BottomHalf granted;
        private long start;
        private long end;
        private boolean exclusive;
        /** How many that came before are in the way. */
        private int blockers;
        private volatile boolean held;
        private Range before;
        private Range after;

        /** A range whose owner hears by {@code granted} that it is held after a wait. */
        Range(BottomHalf granted) {
            this.granted = granted;
        }

        /** Whether its turn has come. */
        final boolean isHeld() {
            return held;
        }

        private boolean excludes(Range other) {
            return (exclusive || other.exclusive) && start < other.end && other.start < end;
        }
    }

    // All who hold or wait, the oldest first. Guarded by the lock.
    private Range oldest;
    private Range newest;
    private int exclusives;

    /**
     * Asks for a range.
     *
     * @return whether it is held at once; if not, its bottom half is scheduled when it is
     */
    boolean take(Range range, long start, long end, boolean exclusive) {
        synchronized (this) {
            range.start = start;
            range.end = end;
            range.exclusive = exclusive;
            exclusives += exclusive ? 1 : 0;
            range.blockers = 0;
            if (exclusives > 0) {
                for (Range other = oldest; other != null; other = other.after) {
                    range.blockers += other.excludes(range) ? 1 : 0;
                }
            }
            range.before = newest;
            range.after = null;
            if (newest == null) {
                oldest = range;
            } else {
                newest.after = range;
            }
            newest = range;
            range.held = range.blockers == 0;
            return range.held;
        }
    }

    /** Gives a held range back. */
    void drop(Range range) {
        assert range.held;
        synchronized (this) {
            if (exclusives > 0) {
                for (Range other = range.after; other != null; other = other.after) {
                    if (other.excludes(range) && --other.blockers == 0) {
                        other.held = true;
                        other.granted.schedule();
                    }
                }
            }
            exclusives -= range.exclusive ? 1 : 0;
            unlink(range);
            range.held = false;
        }
    }

    private void unlink(Range range) {
        if (range.before == null) {
            oldest = range.after;
        } else {
            range.before.after = range.after;
        }
        if (range.after == null) {
            newest = range.before;
        } else {
            range.after.before = range.before;
        }
        range.before = null;
        range.after = null;
    }
}
