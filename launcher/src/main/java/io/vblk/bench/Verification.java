// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.VerifySpec;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.zip.CRC32C;

/**
 * All that one clone does for the check of its data: locks, headers, what must be read, what was
 * read. Around each request the clone calls {@link #begin} and {@link #end}; requests with wrong
 * data end like others and are counted. Allocates nothing as long as data is right. Thread: the
 * clone's.
 *
 * <p>A clone of a job without a check, on a target where another job checks, has one too: it takes
 * its turns, and what it writes is unknown to the others from then on.
 */
final class Verification {
    /** Most failures that are described. */
    static final int DESCRIBED_MAX = 8;
    /** What fio calls a verify error: EILSEQ. */
    static final int ERROR = 84;

    private final Ledger ledger;
    private final JobSpec spec;
    private final int writer;
    private final IntToLongFunction dataAddress;
    private final boolean checks;
    private final UnitMaker maker;
    private final DataMaker payload;
    private final Inspector inspector;
    private final Backlog backlog;
    private final CRC32C crc = new CRC32C();
    private final byte[] unitData;
    private final List<VerifyFailure> failures = new ArrayList<>();

    // Per slot.
    private final Direction[] directions;
    private final long[] offsets;
    private final int[] lengths;
    private final int[] sequences;
    private final int[] times;
    private final int[] crcs;
    private final int unitsPerSlot;

    private int sequence;
    private long verifiedBlocks;
    private long errors;

    /**
     * A clone's check.
     *
     * @param ledger of the target, with units of {@link Ledger#unitBytes} over all its jobs; one
     *     of locks only if no job is checked
     * @param spec the clone's job
     * @param writer number of the clone among all of the target, the same in each run: it is on
     *     the disk
     * @param dataAddress where a slot's data is in memory
     * @param target its name, for texts
     * @param dumps where wrong data is saved if the job asks for that; null for nowhere
     * @throws IllegalArgumentException in words for an operator, if the job cannot be checked so
     */
    Verification(Ledger ledger, JobSpec spec, int writer, IntToLongFunction dataAddress,
            String target, DumpFiles dumps) {
        this.ledger = ledger;
        this.spec = spec;
        this.writer = writer;
        this.dataAddress = dataAddress;
        VerifySpec verify = spec.verify();
        this.checks = verify.isOn() && verify.method() != VerifySpec.Method.NULL;
        int slots = spec.iodepth();
        int unitBytes = ledger.unitBytes();
        this.unitsPerSlot = checks && spec.rw().writes()
                ? spec.access().sizes().write().maxBytes() / unitBytes
                : 0;
        if (checks) {
            refusePayload();
            Recipe recipe = Recipe.of(verify, writer, spec.access().randSeed(), unitBytes);
            ledger.register(recipe);
            this.maker = new UnitMaker(recipe, ledger.run());
            this.payload = null;
            this.inspector = new Inspector(ledger, recipe, Unwritten.of(spec, ledger), target,
                    verify.dump() ? dumps : null);
        } else {
            this.maker = null;
            this.payload = DataMaker.of(spec, writer, dataAddress);
            this.inspector = null;
        }
        this.backlog = checks && verify.backlog() > 0
                ? new Backlog(verify.backlog(), verify.backlogBatch())
                : null;
        this.unitData = new byte[unitBytes];
        this.directions = new Direction[slots];
        this.offsets = new long[slots];
        this.lengths = new int[slots];
        this.sequences = new int[slots];
        this.times = new int[slots];
        this.crcs = new int[Math.multiplyExact(slots, unitsPerSlot)];
    }

    private void refusePayload() {
        if (spec.payload().zeroes() || spec.payload().pattern() != null
                || spec.payload().compressPercent() > 0 || spec.payload().dedupePercent() > 0) {
            throw new IllegalArgumentException("verify writes data of its own: leave out "
                    + "zero_buffers, buffer_pattern (verify_pattern is one), "
                    + "buffer_compress_percentage and dedupe_percentage");
        }
    }

    /**
     * Prepares a request: takes its range, and makes a write's data. False if a request in flight
     * overlaps it; then it must be tried again later, and before any other of this clone, so that
     * writes have the order of the plan.
     */
    boolean begin(int slot, Direction direction, long offset, int lengthBytes) {
        directions[slot] = direction;
        if (direction == Direction.SYNC) {
            return true;
        }
        if (!ledger.tryLock(offset, lengthBytes)) {
            return false;
        }
        offsets[slot] = offset;
        lengths[slot] = lengthBytes;
        times[slot] = ledger.nowMs();
        if (direction == Direction.WRITE) {
            if (checks) {
                makeData(slot);
            } else {
                payload.fill(slot, offset, lengthBytes);
            }
        } else if (payload != null && direction == Direction.READ) {
            payload.spoiled(slot);
        }
        return true;
    }

    private void makeData(int slot) {
        sequences[slot] = ++sequence;
        long timeNs = Ledger.timeNs(ledger.run(), times[slot]);
        long address = dataAddress.applyAsLong(slot);
        for (int at = 0; at < lengths[slot]; at += unitData.length) {
            maker.make(unitData, offsets[slot] + at, sequence, timeNs);
            crc.reset();
            crc.update(unitData, 0, unitData.length);
            crcs[slot * unitsPerSlot + at / unitData.length] = (int) crc.getValue();
            NativeMemory.copyFromArray(unitData, 0, address + at, unitData.length);
        }
    }

    /** Takes back what {@link #begin} did last: the request could not be handed over. */
    void cancel(int slot) {
        if (directions[slot] == Direction.SYNC) {
            return;
        }
        ledger.unlock(offsets[slot], lengths[slot]);
        if (checks && directions[slot] == Direction.WRITE) {
            sequence--;
        }
    }

    /**
     * Ends a request: checks what was read, notes what was written, gives the range back.
     *
     * @param ok whether the device says that it is done
     * @return whether the data was right, or there was none to look at
     */
    boolean end(int slot, boolean ok) {
        if (directions[slot] == Direction.SYNC) {
            return true;
        }
        boolean right = switch (directions[slot]) {
            case READ -> !ok || !checks || isRight(slot);
            case WRITE -> ledger.onlyLocks() || wrote(slot, ok);
            case TRIM -> ledger.onlyLocks() || trimmed(slot, ok);
            case SYNC -> true;
        };
        ledger.unlock(offsets[slot], lengths[slot]);
        return right;
    }

    private boolean isRight(int slot) {
        verifiedBlocks += lengths[slot] / unitData.length;
        List<VerifyFailure> found = inspector.check(
                dataAddress.applyAsLong(slot), offsets[slot], lengths[slot]);
        if (found == null) {
            return true;
        }
        errors += found.size();
        for (VerifyFailure failure : found) {
            if (failures.size() < DESCRIBED_MAX) {
                failures.add(failure);
            }
        }
        return false;
    }

    private boolean wrote(int slot, boolean ok) {
        int first = ledger.unit(offsets[slot]);
        int units = lengths[slot] / unitData.length;
        for (int i = 0; i < units; i++) {
            if (ok && checks) {
                ledger.wrote(first + i, writer, sequences[slot], times[slot],
                        crcs[slot * unitsPerSlot + i]);
            } else {
                ledger.forget(first + i);
            }
        }
        if (ok && backlog != null) {
            backlog.wrote(offsets[slot], lengths[slot]);
        }
        return true;
    }

    private boolean trimmed(int slot, boolean ok) {
        int first = ledger.unit(offsets[slot]);
        int end = ledger.unit(offsets[slot] + lengths[slot]);
        for (int unit = first; unit < end; unit++) {
            if (ok && leavesZeroes()) {
                ledger.zeroed(unit, writer, times[slot]);
            } else {
                ledger.forget(unit);
            }
        }
        return true;
    }

    private boolean leavesZeroes() {
        return spec.access().zeroesForTrims() || spec.verify().trimVerifyZero();
    }

    /** Reads of earlier writes that are due now, to be taken to their end; null if none are. */
    Requests backlogDue() {
        return backlog == null ? null : backlog.due();
    }

    /**
     * Reads of this share of all that the run has written in a region, once all clones have ended
     * their writes.
     *
     * @param requestBytesMax longest request: what a slot has room for
     * @param share number of the share, from 0 on
     */
    Requests readBack(long offset, long lengthBytes, int requestBytesMax, int share, int shares) {
        return new ReadBackPlan(ledger, offset, lengthBytes, requestBytesMax, share, shares);
    }

    /**
     * Goes through a plan without a request, for {@code verify_only}: from then on what it would
     * have written must be there. For all clones of a target, before any of them reads.
     */
    void replay(Requests plan, StopFlag stop) {
        while (!stop.isRequested() && plan.next()) {
            if (plan.direction() == Direction.WRITE) {
                sequence++;
                replayed(plan, true);
            } else if (plan.direction() == Direction.TRIM) {
                replayed(plan, false);
            }
        }
    }

    private void replayed(Requests plan, boolean write) {
        int end = ledger.unit(plan.offset() + plan.lengthBytes());
        for (int unit = ledger.unit(plan.offset()); unit < end; unit++) {
            if (write) {
                ledger.replayed(unit, writer, sequence);
            } else if (leavesZeroes()) {
                ledger.zeroed(unit, writer, 0);
            } else {
                ledger.forget(unit);
            }
        }
    }

    /** Units that were compared. */
    long verifiedBlocks() {
        return verifiedBlocks;
    }

    /** Failures, also those that are not described. */
    long errors() {
        return errors;
    }

    /** The first failures, at most {@link #DESCRIBED_MAX}. */
    List<VerifyFailure> failures() {
        return List.copyOf(failures);
    }

    /** Whether the clone has to end: verify_fatal, or nobody can say any more what is right. */
    boolean mustStop() {
        boolean ends = spec.verify().fatal() && !spec.goals().continueOnVerify();
        return errors > 0 && (ends || inspector.isBlind());
    }
}
