// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockOp;
import java.util.Locale;

/** What filters tell apart of the operations of a disk. */
public enum OpKind {
    /** Reads. */
    READ,
    /** Writes of data. */
    WRITE,
    /** Flushes. */
    FLUSH,
    /** Discards, writes of zeroes and secure erasure: all that names a range and moves no data. */
    DISCARD;

    /** How many there are. */
    static final int COUNT = values().length;

    static OpKind of(BlockOp op) {
        return switch (op) {
            case READ -> READ;
            case WRITE -> WRITE;
            case FLUSH -> FLUSH;
            case DISCARD, WRITE_ZEROES, SECURE_ERASE -> DISCARD;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
