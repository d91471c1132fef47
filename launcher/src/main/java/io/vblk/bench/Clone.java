// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import java.io.IOException;
import java.io.UncheckedIOException;

/** One of the identical jobs of a {@link JobSpec}, with its queue. Thread: control. */
final class Clone {
    final JobSpec spec;
    final int number;
    final int group;
    final OpenTarget target;
    final int queue;
    private final Region region;
    private final StopFlag stop;
    private LoadGenerator generator;

    Clone(JobSpec spec, int number, int group, OpenTarget target, int queue, StopFlag stop) {
        this.spec = spec;
        this.number = number;
        this.group = group;
        this.target = target;
        this.queue = queue;
        this.stop = stop;
        this.region = target.regionOf(spec, number);
    }

    /** A generator for a run from the start. */
    LoadGenerator generator() {
        return generator;
    }

    /** Makes a generator for a run from the start, so different from others. */
    void renew(JobSpec as) {
        Verification verify = target.ledger() == null || !as.verify().isOn()
                ? null : new Verification(as, number, region, target.ledger());
        generator = new LoadGenerator(as, number, region, verify, stop);
    }

    /** Runs the load. Thread: the job's. */
    void run() {
        try {
            generator.use(target.guest.port(
                    queue, spec.queueing().waitMode(), spec.access().zeroesForTrims()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        generator.run();
    }

    /** Whether what was written is read back at the end. */
    boolean readsBack() {
        return spec.verify().isOn() && spec.verify().doVerify()
                && (spec.rw().writes() || spec.rw().trims());
    }

    /** The job's thread ends. Thread: the job's. */
    void leave() {
        target.guest.leave(queue);
    }
}
