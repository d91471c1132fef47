// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * When a job makes stable what it wrote: flushes of the device. Thread: any.
 *
 * @param fsyncEvery writes between two flushes, 0 for none
 * @param fdatasyncEvery the same, counted apart; a virtio-blk flush is both
 * @param endFsync whether to flush at the end
 * @param syncWrites whether each write is followed by a flush before it counts as done
 */
public record Syncs(int fsyncEvery, int fdatasyncEvery, boolean endFsync, boolean syncWrites) {
    /** None but the one at the end of the run, which is not counted. */
    public static final Syncs NONE = new Syncs(0, 0, false, false);

    /** Checks the range. */
    public Syncs {
        if (fsyncEvery < 0 || fdatasyncEvery < 0) {
            throw new IllegalArgumentException("fsync and fdatasync must not be negative");
        }
    }
}
