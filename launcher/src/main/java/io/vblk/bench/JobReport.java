// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** What a run measured. Immutable once made; thread: any. */
public final class JobReport {
    private final TargetReport target;
    private final JobSpec spec;
    private final ZonedDateTime started;
    private final List<JobStats> jobs;
    private final boolean flushed;
    private final TailReport tail;

    JobReport(TargetReport target, JobSpec spec, ZonedDateTime started, List<JobStats> jobs,
            boolean flushed, TailReport tail) {
        this.target = target;
        this.spec = spec;
        this.started = started;
        this.jobs = List.copyOf(jobs);
        this.flushed = flushed;
        this.tail = tail;
    }

    /** fio's normal output, with the loop's statistics after it. */
    public String toText(boolean groupReporting) {
        return new TextReport(this, groupReporting).write();
    }

    /** What the event loops did, handler by handler; empty if they are in another process. */
    public String loopsToText() {
        DeviceReport own = target.own();
        return own == null ? "" : new LoopText(own.setup(), own.loops()).write();
    }

    /** fio's JSON; our own figures stand under "vblk" in each job. */
    public String toJson(boolean groupReporting) throws IOException {
        return new JsonReport(this, groupReporting).write();
    }

    /** What went wrong, a line each, for the operator; empty after a good run. */
    public List<String> failures() {
        List<String> lines = new ArrayList<>();
        for (JobStats job : jobs) {
            if (job.errorText != null) {
                lines.add(job.errorText + " failed: " + hostError());
            }
            lines.addAll(job.verifyFailures);
        }
        JobStats total = total();
        if (lines.isEmpty() && spec.rampNs() > 0 && total.read.ios + total.write.ios == 0) {
            lines.add("nothing was measured: the load ended within ramp_time; give it a runtime "
                    + "and time_based");
        }
        long verifyErrors = total.verifyErrors;
        if (verifyErrors > 0) {
            lines.add(verifyErrors + " blocks did not read back as written");
        }
        if (!flushed) {
            lines.add("the final flush failed: " + hostError()
                    + "; what was written may not be on the disk");
        }
        return lines;
    }

    /** What ended a job as an errno, the host's own where the device only said I/O error. */
    int errorOf(JobStats job) {
        return job.error == Posix.EIO && hostErrno() != 0 ? hostErrno() : job.error;
    }

    private int hostErrno() {
        return target.own() == null ? 0 : target.own().stats().lastErrno();
    }

    private String hostError() {
        return hostErrno() == 0
                ? "the device answered with an I/O error"
                : ErrnoException.describe(hostErrno());
    }

    /** Why the slowest requests were slow; null if nobody asked. */
    TailReport tail() {
        return tail;
    }

    TargetReport target() {
        return target;
    }

    JobSpec spec() {
        return spec;
    }

    ZonedDateTime started() {
        return started;
    }

    /** The jobs one by one, or all as one. */
    List<JobStats> jobs(boolean groupReporting) {
        return groupReporting ? List.of(total()) : jobs;
    }

    JobStats total() {
        return JobStats.sum(jobs);
    }
}
