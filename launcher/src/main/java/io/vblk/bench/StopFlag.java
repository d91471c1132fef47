// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/** Asks all jobs to start no more requests and end. Thread: any. */
final class StopFlag {
    private volatile boolean requested;

    void request() {
        requested = true;
    }

    boolean isRequested() {
        return requested;
    }
}
