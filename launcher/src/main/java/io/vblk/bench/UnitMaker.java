// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.VerifySpec;
import java.util.zip.CRC32;

/**
 * Makes the data of a unit, the same each time for the same write: pieces of a header and
 * {@link Watermark}ed random data or a pattern. Allocates nothing. Thread: one.
 */
final class UnitMaker {
    private final Recipe recipe;
    private final Checksum checksum;
    private final int code;
    private final long seedOfRun;
    private final long run;
    private final CRC32 crc = new CRC32();

    /**
     * A maker of one clone's data.
     *
     * @param run number of the run
     */
    UnitMaker(Recipe recipe, long run) {
        this.recipe = recipe;
        this.run = run;
        this.seedOfRun = Watermark.key(recipe.seed(), run);
        this.checksum = recipe.method().hasHeader() ? Checksum.of(recipe.method()) : null;
        this.code = BlockHeader.code(recipe.method());
    }

    Recipe recipe() {
        return recipe;
    }

    long run() {
        return run;
    }

    /**
     * Fills a unit.
     *
     * @param to whose length is the unit's, a multiple of the piece's
     * @param offset of the unit on the disk
     */
    void make(byte[] to, long offset, int sequence, long timeNs) {
        int pieceBytes = recipe.pieceBytes();
        if (recipe.pattern() == null) {
            Watermark.fill(to, 0, to.length, seedOfRun, offset, recipe.writer(), sequence);
        }
        for (int at = 0; at < to.length; at += pieceBytes) {
            if (recipe.pattern() != null) {
                pattern(to, at, pieceBytes, recipe.pattern(), offset + at);
            }
            if (checksum != null) {
                BlockHeader.write(to, at, recipe, code, checksum, crc, offset + at, run,
                        sequence, timeNs);
            }
        }
    }

    /** Repeats a pattern; eight {@link VerifySpec#OFFSET_HOLE} take the offset, little endian. */
    static void pattern(byte[] to, int at, int lengthBytes, short[] pattern, long offset) {
        int hole = 0;
        int next = 0;
        for (int i = at; i < at + lengthBytes; i++) {
            short value = pattern[next];
            if (value == VerifySpec.OFFSET_HOLE) {
                to[i] = (byte) (offset >>> hole % Long.BYTES * Byte.SIZE);
                hole++;
            } else {
                to[i] = (byte) value;
                hole = 0;
            }
            next = next + 1 == pattern.length ? 0 : next + 1;
        }
    }
}
