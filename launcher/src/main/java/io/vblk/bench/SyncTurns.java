// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.Syncs;

/** When it is the turn of a flush between a job's requests. Thread: the job's. */
final class SyncTurns {
    private final int every;
    private final int dataEvery;
    private int since;
    private int sinceData;
    private boolean demanded;

    SyncTurns(Syncs syncs) {
        every = syncs.fsyncEvery();
        dataEvery = syncs.fdatasyncEvery();
    }

    /** A request has been started. */
    void started(Direction direction) {
        if (direction == Direction.WRITE || direction == Direction.TRIM) {
            since++;
            sinceData++;
        }
    }

    /** A flush is due now, whatever was written. */
    void demand() {
        demanded = true;
    }

    boolean isDue() {
        return demanded || every > 0 && since >= every || dataEvery > 0 && sinceData >= dataEvery;
    }

    /** A flush has been started: it is a turn of both. */
    void flushed() {
        demanded = false;
        if (every > 0 && since >= every) {
            since = 0;
        }
        if (dataEvery > 0 && sinceData >= dataEvery) {
            sinceData = 0;
        }
    }
}
