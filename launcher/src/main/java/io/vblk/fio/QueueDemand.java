// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.List;

/**
 * What jobs need of their target. Thread: any.
 *
 * @param queues most clones that run at a time
 * @param iodepth most requests in flight of one of them
 */
public record QueueDemand(int queues, int iodepth) {
    /** Of jobs on one target. */
    public static QueueDemand of(List<JobSpec> jobs) {
        int queues = JobPlan.phases(jobs).stream()
                .mapToInt(phase -> phase.stream().mapToInt(JobSpec::clones).sum())
                .max().orElseThrow();
        return new QueueDemand(
                queues, jobs.stream().mapToInt(JobSpec::iodepth).max().orElseThrow());
    }
}
