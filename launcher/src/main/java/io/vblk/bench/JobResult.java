// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What a job measured, or the jobs of a group that are reported as one.
 *
 * @param spec the job, the first of a group
 * @param group number of the group
 * @param stats the figures
 * @param target where the load went
 * @param steady whether its figures settled; null if nobody asked
 */
record JobResult(JobSpec spec, int group, JobStats stats, TargetReport target,
        SteadyCheck steady) {
    /** A row for each that is reported: jobs of a group with group_reporting are one. */
    static List<JobResult> rows(List<JobResult> all) {
        List<JobResult> rows = new ArrayList<>();
        int done = -1;
        for (JobResult result : all) {
            List<JobResult> group =
                    all.stream().filter(other -> other.group == result.group).toList();
            if (group.stream().noneMatch(member -> member.spec.reporting().group())) {
                rows.add(result);
            } else if (result.group != done) {
                done = result.group;
                rows.add(new JobResult(result.spec, result.group, JobStats.sum(
                        group.stream().map(JobResult::stats).toList()), result.target,
                        result.steady));
            }
        }
        return rows;
    }

    /** The same job's figures, and those of a later run. */
    JobResult with(JobResult later) {
        JobStats both = JobStats.sum(List.of(stats));
        both.addLater(later.stats);
        return new JobResult(spec, group, both, later.target, steady);
    }
}
