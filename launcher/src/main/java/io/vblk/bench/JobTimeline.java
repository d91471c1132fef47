// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.ReadWrite;

/** A job's requests over time, for the pictures of a report. Thread: the job's. */
final class JobTimeline implements CompletionObserver {
    private final ReadWrite rw;
    private final LatencyTimeline read;
    private final LatencyTimeline write;
    private final LatencyTimeline trim;

    /** Kinds of requests that are noted. */
    static final int KINDS = 3;

    /** Of a job that does this: what it does not do takes no memory. */
    JobTimeline(ReadWrite rw, int columns) {
        this.rw = rw;
        read = rw.reads() ? new LatencyTimeline(columns) : null;
        write = rw.writes() ? new LatencyTimeline(columns) : null;
        trim = rw.trims() ? new LatencyTimeline(columns) : null;
    }

    @Override
    public void completed(Direction direction, long offset, int lengthBytes, long startNs,
            long issueNs, long endNs) {
        LatencyTimeline timeline = of(direction);
        if (timeline != null) {
            timeline.record(startNs, endNs, lengthBytes);
        }
    }

    @Override
    public JobTimeline rehearsal() {
        return new JobTimeline(rw, LatencyTimeline.COLUMNS_MIN);
    }

    /** Of a direction; null if the job does nothing of it. */
    LatencyTimeline of(Direction direction) {
        return switch (direction) {
            case READ -> read;
            case WRITE -> write;
            case TRIM -> trim;
            case SYNC -> null;
        };
    }
}
