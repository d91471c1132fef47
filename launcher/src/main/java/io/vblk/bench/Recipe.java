// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.VerifySpec;

/**
 * How one clone makes the data that it writes, so that anybody can make it again. Thread: any.
 *
 * @param writer number of the clone among all that write to the target, below {@link #WRITERS_MAX}
 * @param seed seed of its job
 * @param method what each piece is checked with
 * @param pattern of {@link VerifySpec#pattern}, or null for random data
 * @param pieceBytes length of what has a header of its own
 */
record Recipe(int writer, long seed, VerifySpec.Method method, short[] pattern, int pieceBytes) {
    /** The number of a clone has 16 bits on the disk. */
    static final int WRITERS_MAX = 1 << 16;

    /** Checks the range. */
    Recipe {
        if (writer < 0 || writer >= WRITERS_MAX) {
            throw new IllegalArgumentException("clone " + writer + " of " + WRITERS_MAX);
        }
    }

    /**
     * That of a clone.
     *
     * @param unitBytes length of what the ledger follows; a piece is at most that
     * @throws IllegalArgumentException in words for an operator
     */
    static Recipe of(VerifySpec spec, int writer, long seed, int unitBytes) {
        int piece = spec.intervalBytes() == 0 || spec.intervalBytes() > unitBytes
                ? unitBytes
                : spec.intervalBytes();
        if (piece % Watermark.SECTOR_BYTES != 0 || unitBytes % piece != 0) {
            throw new IllegalArgumentException("verify_interval=" + spec.intervalBytes()
                    + " must be a multiple of " + Watermark.SECTOR_BYTES + " that divides "
                    + unitBytes + ", the smallest block of all jobs on this disk");
        }
        boolean patterned = spec.method() == VerifySpec.Method.PATTERN
                || spec.method() == VerifySpec.Method.PATTERN_HDR;
        if (patterned && (spec.pattern() == null || spec.pattern().length == 0)) {
            throw new IllegalArgumentException(
                    "verify=" + spec.method().fioName() + " needs a verify_pattern");
        }
        return new Recipe(writer, seed, spec.method(), spec.pattern(), piece);
    }

    /** Whether each sector of random data says which write it is of. */
    boolean hasWatermarks() {
        return pattern == null;
    }
}
