// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/** What was deferred to the end of the batch of callbacks under way, in order. Thread: home. */
final class DeferredCalls {
    private DeferredCall first;
    private DeferredCall last;

    void add(DeferredCall call) {
        if (call.deferred) {
            return;
        }
        call.deferred = true;
        call.next = null;
        if (last == null) {
            first = call;
        } else {
            last.next = call;
        }
        last = call;
    }

    /** Runs all, those too that they defer; returns whether there were any. */
    boolean run() {
        boolean any = first != null;
        while (first != null) {
            DeferredCall call = first;
            first = call.next;
            if (first == null) {
                last = null;
            }
            call.next = null;
            call.deferred = false;
            call.runDeferred();
        }
        return any;
    }
}
