// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.bench.LatencySearch.Step;
import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;

/** latency_target: counts what is fast enough, window by window. Thread: the job's. */
final class LatencyWindow {
    private final Goals.LatencyTarget target;
    private final LatencySearch search;
    private boolean counts = true;
    private long endNs;
    private long all;
    private long slow;

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

    /**
     * A request has ended.
     *
     * @param inFlight how many others have not
     * @return what is to be done now; null if nothing new
     */
    Step completed(long latNs, long nowNs, int inFlight) {
        if (!counts) {
            // Those of the window before had more beside them.
            counts = inFlight < search.depth();
            endNs = nowNs + target.windowNs();
            return null;
        }
        all++;
        slow += latNs > target.targetNs() ? 1 : 0;
        if (nowNs - endNs < 0 && !search.isLost(slow)) {
            return null;
        }
        int before = search.depth();
        Step step = search.endWindow(all, slow);
        all = 0;
        slow = 0;
        endNs = nowNs + target.windowNs();
        counts = search.depth() >= before;
        return step;
    }
}
