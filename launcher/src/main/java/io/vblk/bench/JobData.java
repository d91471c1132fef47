// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import java.util.function.IntToLongFunction;

/**
 * The data of a clone's requests: what it writes, and whether what it reads is right where somebody
 * checks that. Thread: the job's.
 */
final class JobData {
    /** Null if nobody on the target checks data. */
    private final Verification verify;
    /** What is written where nobody checks it; null if nothing is. */
    private final DataMaker maker;

    /**
     * The data of a clone.
     *
     * @param thread number of the clone among all of the run
     * @param disk what is checked, and under which name
     * @param writer number of this run of the clone: it is in the data that is written
     * @param dataAddress where a slot's data is
     */
    JobData(JobSpec spec, int thread, OpenTarget disk, int writer, IntToLongFunction dataAddress) {
        boolean checked = disk != null && disk.ledger() != null;
        verify = checked
                ? new Verification(
                        disk.ledger(), spec, writer, dataAddress, disk.name, disk.dumps)
                : null;
        maker = !checked && spec.rw().writes() ? DataMaker.of(spec, thread, dataAddress) : null;
    }

    /** Prepares a request; false if one in flight overlaps it, so that it must wait. */
    boolean begin(int slot, Direction direction, long offset, int lengthBytes) {
        if (verify != null) {
            return verify.begin(slot, direction, offset, lengthBytes);
        }
        if (maker != null && direction == Direction.WRITE) {
            maker.fill(slot, offset, lengthBytes);
        } else if (maker != null && direction == Direction.READ) {
            maker.spoiled(slot);
        }
        return true;
    }

    /** Takes back what {@link #begin} did last. */
    void cancel(int slot) {
        if (verify != null) {
            verify.cancel(slot);
        }
    }

    /** A request has ended; returns whether its data are so wrong that the job must end. */
    boolean end(int slot, boolean ok) {
        return verify != null && !verify.end(slot, ok) && verify.mustStop();
    }

    /** Reads that are due now, to be taken to their end; null if none are. */
    Requests backlogDue() {
        return verify == null ? null : verify.backlogDue();
    }

    /** Takes a plan for done: what it would have written must be there. */
    void replay(Requests plan, StopFlag stop) {
        verify.replay(plan, stop);
    }

    /** Reads of a share of all that has been written in a region. */
    Requests readBack(Region region, int requestBytesMax, int share, int shares) {
        return verify.readBack(
                region.offset(), region.lengthBytes(), requestBytesMax, share, shares);
    }

    /** Notes what was found so far. */
    void report(JobStats stats) {
        if (verify == null) {
            return;
        }
        stats.verifiedBlocks = verify.verifiedBlocks();
        stats.verifyErrors = verify.errors();
        stats.verifyFailures.clear();
        verify.failures().forEach(failure -> stats.verifyFailures.add(failure.text()));
        if (verify.errors() > 0) {
            stats.failed(Verification.ERROR, null);
        }
    }
}
