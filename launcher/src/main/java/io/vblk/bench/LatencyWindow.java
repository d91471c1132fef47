// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;

/** latency_target: counts what is fast enough, window by window. Thread: the job's. */
final class LatencyWindow {
    private final Goals.LatencyTarget target;
    private final LatencySearch search;
    private long endNs;
    private long fast;
    private long all;

    private LatencyWindow(JobSpec spec, long nowNs) {
        this.target = spec.goals().latency();
        this.search = new LatencySearch(target, spec.iodepth());
        this.endNs = nowNs + target.windowNs();
    }

    /** Null without a target. */
    static LatencyWindow of(JobSpec spec, long nowNs) {
        return spec.goals().latency().targetNs() == 0 ? null : new LatencyWindow(spec, nowNs);
    }

    /** Most requests in flight at the moment. */
    int depth() {
        return search.depth();
    }

    /** A request has ended; returns whether the search has, and with it the job. */
    boolean completed(long latNs, long nowNs) {
        all++;
        fast += latNs <= target.targetNs() ? 1 : 0;
        if (nowNs - endNs < 0) {
            return false;
        }
        search.window(fast, all);
        fast = 0;
        all = 0;
        endNs = nowNs + target.windowNs();
        return search.isDone() && !target.runsOn();
    }
}
