// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What the clones that use a queue, one after another, need of it.
 *
 * @param iodepth most requests in flight
 * @param dataBytesMax longest data of a request
 */
record QueueNeed(int iodepth, int dataBytesMax) {
    /** Of a clone of a job. */
    static QueueNeed of(JobSpec spec) {
        return new QueueNeed(spec.iodepth(), spec.access().sizes().maxBytes(spec.rw()));
    }

    QueueNeed and(QueueNeed other) {
        return new QueueNeed(Math.max(iodepth, other.iodepth),
                Math.max(dataBytesMax, other.dataBytesMax));
    }

    /** Of the queues of a target, for jobs that run one phase after another. */
    static List<QueueNeed> of(List<List<JobSpec>> phases) {
        List<QueueNeed> needs = new ArrayList<>();
        for (List<JobSpec> phase : phases) {
            int queue = 0;
            for (JobSpec spec : phase) {
                for (int clone = 0; clone < spec.clones(); clone++) {
                    QueueNeed need = of(spec);
                    if (queue == needs.size()) {
                        needs.add(need);
                    } else {
                        needs.set(queue, needs.get(queue).and(need));
                    }
                    queue++;
                }
            }
        }
        return needs;
    }

    /** The most requests in flight of all queues. */
    static int iodepthMax(List<QueueNeed> needs) {
        return needs.stream().mapToInt(QueueNeed::iodepth).max().orElseThrow();
    }
}
