// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/**
 * What was written lately, read back some writes later: fio's {@code verify_backlog} and
 * {@code verify_backlog_batch}. Allocates nothing. Thread: the job's.
 */
final class Backlog implements Requests {
    private final long[] offsets;
    private final int[] lengths;
    private final int every;
    private final int batch;
    /** Writes noted, and read back, since the start. */
    private long noted;
    private long handedOut;
    private int sinceLast;
    private int left;

    /**
     * A backlog.
     *
     * @param every writes after which some are read back
     * @param batch how many of them, the oldest first; 0 for all. The rest waits for the next
     *     time, until as many new writes are there
     */
    Backlog(int every, int batch) {
        this.every = every;
        this.batch = batch == 0 ? every : Math.min(every, batch);
        this.offsets = new long[every];
        this.lengths = new int[every];
    }

    /** Notes a completed write. */
    void wrote(long offset, int lengthBytes) {
        int at = (int) (noted % every);
        offsets[at] = offset;
        lengths[at] = lengthBytes;
        noted++;
        sinceLast++;
        handedOut = Math.max(handedOut, noted - every);
    }

    /** The reads that are due, to be taken to their end before it is asked again; or null. */
    Requests due() {
        if (sinceLast < every) {
            return null;
        }
        sinceLast = 0;
        left = batch;
        return this;
    }

    @Override
    public boolean next() {
        if (left == 0 || handedOut == noted) {
            left = 0;
            return false;
        }
        left--;
        handedOut++;
        return true;
    }

    @Override
    public Direction direction() {
        return Direction.READ;
    }

    @Override
    public long offset() {
        return offsets[at()];
    }

    @Override
    public int lengthBytes() {
        return lengths[at()];
    }

    private int at() {
        return (int) ((handedOut - 1) % every);
    }
}
