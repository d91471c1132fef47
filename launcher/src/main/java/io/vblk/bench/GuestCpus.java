// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.util.BitSet;

/** Where the threads of a job run. Thread: see each. */
final class GuestCpus {
    private GuestCpus() {}

    /**
     * Checks, before the load, that a job's processors are there. Thread: any.
     *
     * @throws IllegalArgumentException if one is not, in words for an operator
     */
    static void check(JobSpec job) {
        BitSet missing = (BitSet) job.attachment().cpus().allowed().clone();
        BitSet usable;
        try {
            usable = Posix.cpus();
        } catch (ErrnoException e) {
            throw new IllegalStateException("the host does not say which processors there are", e);
        }
        missing.andNot(usable);
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("job " + job.name() + ": processor "
                    + missing.nextSetBit(0) + " is not there, or this process may not use it: "
                    + "name some of " + usable);
        }
    }

    /** Goes where the job says. Thread: the job's; number among all threads of the run. */
    static void enter(JobSpec job, int thread) throws ErrnoException {
        BitSet cpus = job.attachment().cpus().of(thread);
        if (!cpus.isEmpty()) {
            Posix.runOnCpus(cpus);
        }
    }
}
