// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** Asks jobs to start no more requests and end. Thread: any. */
final class StopFlag {
    private final StopFlag all;
    private volatile boolean requested;
    private volatile boolean abandoned;

    /** That of a whole run. */
    StopFlag() {
        this(null);
    }

    /** That of a part of a run, which also ends with the whole. */
    StopFlag(StopFlag whole) {
        this.all = whole;
    }

    /** That of the group of a job's flag. */
    StopFlag ofGroup() {
        return all;
    }

    /** That of the whole of a part. */
    StopFlag whole() {
        return all == null ? this : all.whole();
    }

    /** A run begins that no part of it has asked to end; the whole may have been. */
    void renew() {
        if (all != null) {
            requested = false;
            all.renew();
        }
    }

    void request() {
        requested = true;
    }

    boolean isRequested() {
        return requested || all != null && all.isRequested();
    }

    /** The device is gone: what is in flight will never complete. */
    void abandon() {
        requested = true;
        abandoned = true;
    }

    boolean isAbandoned() {
        return abandoned || all != null && all.isAbandoned();
    }
}
