// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Access;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.Direction;
import io.vblk.fio.Distribution;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;
import io.vblk.fio.Timing;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.WaitMode;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * A disk in an array with a clone that writes and reads it, checked; tests do wrong to the array.
 * Time goes on by a second with each request.
 */
final class CheckedDisk implements AutoCloseable {
    static final int UNIT = 4096;
    static final int REQUEST_MAX = 16 * UNIT;
    /** When its run began: 2026-07-01T00:00:00Z. */
    static final long RUN = 1_782_864_000_000_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final int SLOTS = 8;

    final byte[] bytes;
    final Ledger ledger;
    final Verification verification;
    final Direction[] directions = new Direction[SLOTS];
    final long[] offsets = new long[SLOTS];
    final int[] lengths = new int[SLOTS];
    private final MappedMemory memory;
    private final boolean ownsLedger;

    /** What a test wants to know of the disk before the run. */
    static VerifySpec checks(VerifySpec.Method method) {
        return new VerifySpec(method, null, 0, true, 0, 0, false, false, false, true);
    }

    static VerifySpec pattern(VerifySpec.Method method, int... pattern) {
        short[] values = new short[pattern.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) pattern[i];
        }
        return new VerifySpec(method, values, 0, true, 0, 0, false, false, false, true);
    }

    static VerifySpec replays(VerifySpec spec) {
        return new VerifySpec(spec.method(), spec.pattern(), spec.intervalBytes(), true, 0, 0,
                false, false, true, spec.trimVerifyZero());
    }

    static VerifySpec pieces(int bytes) {
        return new VerifySpec(VerifySpec.Method.CRC32C, null, bytes, true, 0, 0, false, false,
                false, true);
    }

    static JobSpec job(ReadWrite rw, VerifySpec verify) {
        SizeSplit sizes = SizeSplit.range(UNIT, REQUEST_MAX);
        Access access = new Access(rw, 50, new BlockSizes(sizes, sizes, sizes),
                Distribution.UNIFORM, false, 7, 1, 0, false);
        return JobSpec.of(access, Extent.ALL, Timing.UNLIMITED, Queueing.of(SLOTS, WaitMode.POLL))
                .withVerify(verify);
    }

    CheckedDisk(int units, VerifySpec verify) throws IOException {
        this(new byte[units * UNIT], job(ReadWrite.RANDRW, verify), Reference.ZEROES, null);
    }

    CheckedDisk(byte[] bytes, JobSpec job, Reference reference, DumpFiles dumps)
            throws IOException {
        this(bytes, job, reference, dumps, RUN);
    }

    CheckedDisk(byte[] bytes, JobSpec job, Reference reference, DumpFiles dumps, long run)
            throws IOException {
        long[] now = new long[1];
        this.bytes = bytes;
        this.ledger = new Ledger(0, bytes.length, Ledger.unitBytes(List.of(job)), reference,
                () -> now[0] += SECOND, run);
        this.memory = MappedMemory.anonymous((long) SLOTS * REQUEST_MAX);
        this.verification = new Verification(ledger, job, 0, this::address, "disk.raw", dumps);
        this.ownsLedger = true;
    }

    /** Another clone on the same disk. */
    CheckedDisk(CheckedDisk other, JobSpec job, int writer) throws IOException {
        this.bytes = other.bytes;
        this.ledger = other.ledger;
        this.memory = MappedMemory.anonymous((long) SLOTS * REQUEST_MAX);
        this.verification =
                new Verification(ledger, job, writer, this::address, "disk.raw", null);
        this.ownsLedger = false;
    }

    private long address(int slot) {
        return memory.address() + (long) slot * REQUEST_MAX;
    }

    boolean begin(int slot, Direction direction, long offset, int lengthBytes) {
        directions[slot] = direction;
        offsets[slot] = offset;
        lengths[slot] = lengthBytes;
        return verification.begin(slot, direction, offset, lengthBytes);
    }

    /** What a begun write brings. */
    byte[] data(int slot) {
        byte[] data = new byte[lengths[slot]];
        NativeMemory.copyToArray(address(slot), data, 0, data.length);
        return data;
    }

    /** Does what a begun request asks for. */
    void serve(int slot) {
        int offset = (int) offsets[slot];
        switch (directions[slot]) {
            case READ ->
                NativeMemory.copyFromArray(bytes, offset, address(slot), lengths[slot]);
            case WRITE ->
                NativeMemory.copyToArray(address(slot), bytes, offset, lengths[slot]);
            case TRIM -> Arrays.fill(bytes, offset, offset + lengths[slot], (byte) 0);
            case SYNC -> { }
        }
    }

    boolean end(int slot) {
        return verification.end(slot, true);
    }

    private void whole(Direction direction, long offset, int lengthBytes) {
        assertTrue(begin(0, direction, offset, lengthBytes));
        serve(0);
        end(0);
    }

    void write(long offset, int lengthBytes) {
        whole(Direction.WRITE, offset, lengthBytes);
    }

    void trim(long offset, int lengthBytes) {
        whole(Direction.TRIM, offset, lengthBytes);
    }

    void read(long offset, int lengthBytes) {
        whole(Direction.READ, offset, lengthBytes);
    }

    /** A write that is acknowledged and not done. */
    void loseWrite(long offset, int lengthBytes) {
        assertTrue(begin(0, Direction.WRITE, offset, lengthBytes));
        end(0);
    }

    /** A write that is acknowledged when its first part is done. */
    void tearWrite(long offset, int lengthBytes, int doneBytes) {
        assertTrue(begin(0, Direction.WRITE, offset, lengthBytes));
        System.arraycopy(data(0), 0, bytes, (int) offset, doneBytes);
        end(0);
    }

    /** A write that is done elsewhere. */
    void misplaceWrite(long offset, int lengthBytes, long where) {
        assertTrue(begin(0, Direction.WRITE, offset, lengthBytes));
        System.arraycopy(data(0), 0, bytes, (int) where, lengthBytes);
        end(0);
    }

    /** Reads and returns what was found wrong with it. */
    List<VerifyFailure> failuresOf(long offset, int lengthBytes) {
        int before = verification.failures().size();
        read(offset, lengthBytes);
        List<VerifyFailure> all = verification.failures();
        return all.subList(before, all.size());
    }

    @Override
    public void close() throws IOException {
        memory.close();
        if (ownsLedger) {
            ledger.close();
        }
    }
}
