// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.block.image.OpenImage;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import io.vblk.virtioblk.VirtioBlkStats;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** What a run measured. Immutable once made; thread: any. */
public final class JobReport {
    private final DeviceSetup setup;
    private final String image;
    private final int blockBytes;
    private final JobSpec spec;
    private final ZonedDateTime started;
    private final List<JobStats> jobs;
    private final List<LoopReport> loops;
    private final VirtioBlkStats device;
    private final boolean flushed;

    JobReport(DeviceSetup setup, OpenImage image, JobSpec spec, ZonedDateTime started,
            List<JobStats> jobs, List<LoopReport> loops, VirtioBlkStats device, boolean flushed) {
        this.setup = setup;
        this.image = image.description();
        this.blockBytes = image.limits().blockBytes();
        this.spec = spec;
        this.started = started;
        this.jobs = List.copyOf(jobs);
        this.loops = List.copyOf(loops);
        this.device = device;
        this.flushed = flushed;
    }

    /** fio's normal output, with the loop's statistics after it. */
    public String toText(boolean groupReporting) {
        return new TextReport(this, groupReporting).write();
    }

    /** Logical block size of the disk. */
    int blockBytes() {
        return blockBytes;
    }

    /** What the event loops did, handler by handler. */
    public String loopsToText() {
        return new LoopText(setup, loops).write();
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
        return job.error == Posix.EIO && device.lastErrno() != 0 ? device.lastErrno() : job.error;
    }

    private String hostError() {
        return device.lastErrno() == 0
                ? "the device answered with an I/O error"
                : ErrnoException.describe(device.lastErrno());
    }

    DeviceSetup setup() {
        return setup;
    }

    String image() {
        return image;
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

    List<LoopReport> loops() {
        return loops;
    }

    /** The counters of all loops together. */
    AioStats loopTotal() {
        AioStats total = loops.get(0).stats();
        for (LoopReport loop : loops.subList(1, loops.size())) {
            total = total.plus(loop.stats());
        }
        return total;
    }

    VirtioBlkStats device() {
        return device;
    }
}
