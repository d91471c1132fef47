// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Map;

/**
 * One job: a section of a job file, or the options of a command line. Thread: any.
 *
 * @param name its name
 * @param options what was written, name to value, in its order and without [global]'s: JSON shows
 *     it as fio does
 * @param target where the load goes: IMAGE, {@code vhost-user:SOCKET}, {@code file:PATH}; null
 *     for the target of the command line
 * @param clones number of identical jobs, each with its own queue (numjobs)
 * @param stonewall whether it starts only when all jobs before have ended
 * @param newGroup whether a new group of reports starts with it
 * @param access what it does and where
 * @param extent which part of the disk
 * @param timing when, and how fast
 * @param queueing how many at once
 * @param syncs flushes
 * @param verify how data is checked
 * @param payload what data is written
 * @param goals what ends it early
 * @param reporting what is reported
 * @param attachment how it gets at the target
 */
public record JobSpec(String name, Map<String, String> options, String target, int clones,
        boolean stonewall, boolean newGroup, Access access, Extent extent, Timing timing,
        Queueing queueing, Syncs syncs, VerifySpec verify, Payload payload, Goals goals,
        Reporting reporting, Attachment attachment) {
    /** Most clones: each is a thread. */
    public static final int CLONES_MAX = 64;

    /** Checks what can be checked without the disk. */
    public JobSpec {
        if (clones < 1 || clones > CLONES_MAX) {
            throw new IllegalArgumentException(
                    "numjobs must be 1 to " + CLONES_MAX + ": " + clones);
        }
        ReadWrite rw = access.rw();
        if (timing.rate().pacesInPart(rw)) {
            throw new IllegalArgumentException("a mixed load needs a rate of all that it does: "
                    + timing.rate().fioText());
        }
        if (verify.only() && !rw.writes()) {
            throw new IllegalArgumentException("verify_only needs a job that writes");
        }
    }

    /** A job with the usual in all that is not said. */
    public static JobSpec of(Access access, Extent extent, Timing timing, Queueing queueing) {
        return new JobSpec("vblk", Map.of(), null, 1, false, false, access, extent, timing,
                queueing, Syncs.NONE, VerifySpec.NONE, Payload.RANDOM, Goals.NONE,
                Reporting.DEFAULT, Attachment.DEFAULT);
    }

    /** The same, so many times. */
    public JobSpec withClones(int number) {
        return new JobSpec(name, options, target, number, stonewall, newGroup, access, extent,
                timing, queueing, syncs, verify, payload, goals, reporting,
                attachment);
    }

    /** The same, checked so. */
    public JobSpec withVerify(VerifySpec other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, access, extent,
                timing, queueing, syncs, other, payload, goals, reporting,
                attachment);
    }

    /** The same with another timing. */
    public JobSpec withTiming(Timing other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, access, extent,
                other, queueing, syncs, verify, payload, goals, reporting,
                attachment);
    }

    /** The same with flushes. */
    public JobSpec withSyncs(Syncs other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, access, extent,
                timing, queueing, other, verify, payload, goals, reporting,
                attachment);
    }

    /** The same against another target. */
    public JobSpec withTarget(String other) {
        return new JobSpec(name, options, other, clones, stonewall, newGroup, access, extent,
                timing, queueing, syncs, verify, payload, goals, reporting,
                attachment);
    }

    /** The same with other queueing. */
    public JobSpec withQueueing(Queueing other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, access, extent,
                timing, other, syncs, verify, payload, goals, reporting,
                attachment);
    }

    /** The same, reported so. */
    public JobSpec withReporting(Reporting other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, access, extent,
                timing, queueing, syncs, verify, payload, goals, other,
                attachment);
    }

    /** The same with other goals. */
    public JobSpec withGoals(Goals other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, access, extent,
                timing, queueing, syncs, verify, payload, other, reporting,
                attachment);
    }

    /** The same with another access. */
    public JobSpec withAccess(Access other) {
        return new JobSpec(name, options, target, clones, stonewall, newGroup, other, extent,
                timing, queueing, syncs, verify, payload, goals, reporting,
                attachment);
    }

    /** What it does. */
    public ReadWrite rw() {
        return access.rw();
    }

    /** Most requests in flight of a clone. */
    public int iodepth() {
        return queueing.iodepth();
    }

    /** Whether it changes the disk. */
    public boolean changesDisk() {
        return (rw().writes() || rw().trims()) && !verify.only();
    }

    /** Whether requests start at a rate and not when one has ended. */
    public boolean isOpenLoop() {
        return timing.rate().paces(rw());
    }
}
