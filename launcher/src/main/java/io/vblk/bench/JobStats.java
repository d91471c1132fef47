// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.ArrayList;
import java.util.List;

/** What one job measured. Thread: the job's, until it has ended. */
final class JobStats {
    /** Most verify failures that are described; the others are only counted. */
    static final int FAILURES_LISTED_MAX = 8;

    final DirectionStats read = new DirectionStats();
    final DirectionStats write = new DirectionStats();
    final DepthCounts levels = DepthCounts.ofLevels();
    final DepthCounts submits = DepthCounts.ofBatches();
    final DepthCounts completes = DepthCounts.ofBatches();
    final List<String> verifyFailures = new ArrayList<>();

    /** Jobs that these figures are of. */
    int jobs = 1;
    /** Requests that a rate had due before the end and that never started. */
    long backlog;
    /** Requests answered, those of the ramp too. */
    long completed;
    long verifiedBlocks;
    long verifyErrors;
    /** 0, or the errno that ended the job, EIO for a request that the device failed. */
    int error;
    /** What failed, for people; null if nothing did. */
    String errorText;
    /** Measured time in nanoseconds, without the ramp. */
    long elapsedNs;
    /** Time that {@link #usage} is about, with the ramp. */
    long activeNs;
    ThreadUsage usage = ThreadUsage.NONE;

    DirectionStats of(boolean isWrite) {
        return isWrite ? write : read;
    }

    void verifyFailed(String description) {
        verifyErrors++;
        if (verifyFailures.size() < FAILURES_LISTED_MAX) {
            verifyFailures.add(description);
        }
    }

    /** Sum of jobs, for group_reporting. */
    static JobStats sum(List<JobStats> jobs) {
        JobStats total = new JobStats();
        total.jobs = 0;
        for (JobStats job : jobs) {
            total.jobs += job.jobs;
            total.read.add(job.read);
            total.write.add(job.write);
            total.levels.add(job.levels);
            total.submits.add(job.submits);
            total.completes.add(job.completes);
            total.completed += job.completed;
            total.backlog += job.backlog;
            total.verifiedBlocks += job.verifiedBlocks;
            total.verifyErrors += job.verifyErrors;
            total.verifyFailures.addAll(job.verifyFailures);
            total.usage = total.usage.plus(job.usage);
            total.elapsedNs = Math.max(total.elapsedNs, job.elapsedNs);
            total.activeNs += job.activeNs;
            if (total.error == 0) {
                total.error = job.error;
                total.errorText = job.errorText;
            }
        }
        return total;
    }
}
