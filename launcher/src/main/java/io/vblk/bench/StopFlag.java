// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** Asks all jobs to start no more requests and end. Thread: any. */
final class StopFlag {
    private volatile boolean requested;
    private volatile boolean abandoned;

    void request() {
        requested = true;
    }

    boolean isRequested() {
        return requested;
    }

    /** The device is gone: what is in flight will never complete. */
    void abandon() {
        requested = true;
        abandoned = true;
    }

    boolean isAbandoned() {
        return abandoned;
    }
}
