// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;
import java.util.List;

/** steadystate: ends a job when its figures have settled. Thread: control. */
final class SteadyWatch {
    private static final double NANOS_PER_SECOND = 1e9;

    private final List<Clone> clones;
    private final Goals.SteadyState goal;
    private final SteadyCheck check;
    private final StopFlag stop;
    private long lookNs;
    private long lookedNs;
    private long ios;
    private long bytes;
    private long latSumNs;

    /**
     * Of the clones of a job.
     *
     * @param stop ends them
     */
    SteadyWatch(List<Clone> clones, StopFlag stop, long nowNs) {
        JobSpec spec = clones.get(0).spec;
        this.clones = clones;
        this.goal = spec.goals().steady();
        this.check = new SteadyCheck(goal);
        this.stop = stop;
        this.lookNs = nowNs + spec.timing().startDelayNs() + spec.timing().rampNs()
                + goal.rampNs();
        this.lookedNs = Long.MIN_VALUE;
    }

    SteadyCheck check() {
        return check;
    }

    /** Takes a sample if it is time. */
    void look(long nowNs) {
        if (nowNs - lookNs < 0 || check.attained()) {
            return;
        }
        long iosBefore = ios;
        long bytesBefore = bytes;
        long latBeforeNs = latSumNs;
        sum();
        if (lookedNs != Long.MIN_VALUE && ios >= iosBefore) {
            double seconds = (nowNs - lookedNs) / NANOS_PER_SECOND;
            long done = ios - iosBefore;
            if (check.add(done / seconds, (bytes - bytesBefore) / seconds,
                    done == 0 ? 0 : (double) (latSumNs - latBeforeNs) / done)) {
                stop.request();
            }
        }
        lookedNs = nowNs;
        lookNs = nowNs + goal.intervalNs();
    }

    private void sum() {
        ios = 0;
        bytes = 0;
        latSumNs = 0;
        for (Clone clone : clones) {
            JobStats stats = clone.generator().stats();
            for (DirectionStats kind : List.of(stats.read, stats.write, stats.trim)) {
                ios += kind.ios;
                bytes += kind.bytes;
                latSumNs += kind.latSumNs;
            }
        }
    }
}
