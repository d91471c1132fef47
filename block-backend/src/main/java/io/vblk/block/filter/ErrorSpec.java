// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockLimits;
import io.vblk.posix.Posix;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A disk that fails.
 *
 * @param text the operator's words
 * @param kinds which requests fail
 * @param errno with what
 * @param chance which of them, and how many
 * @param fromByte requests that touch no byte at or behind this one go through
 * @param toByte requests that touch no byte before this one go through
 * @param trigger all go through while there is no such file; null for none
 */
public record ErrorSpec(String text, Set<OpKind> kinds, int errno, Chance chance, long fromByte,
        long toByte, Path trigger) implements FilterSpec {
    /** The errors that there are, by the names of errno(3). */
    public static final Map<String, Integer> ERRNOS;

    static {
        Map<String, Integer> errnos = new LinkedHashMap<>();
        errnos.put("EIO", Posix.EIO);
        errnos.put("ENOSPC", Posix.ENOSPC);
        errnos.put("ENOMEM", Posix.ENOMEM);
        errnos.put("EAGAIN", Posix.EAGAIN);
        errnos.put("EBUSY", Posix.EBUSY);
        errnos.put("EINVAL", Posix.EINVAL);
        errnos.put("EPERM", Posix.EPERM);
        errnos.put("EACCES", Posix.EACCES);
        errnos.put("EROFS", Posix.EROFS);
        errnos.put("EOPNOTSUPP", Posix.EOPNOTSUPP);
        ERRNOS = Collections.unmodifiableMap(errnos);
    }

    /**
     * Which of the requests that match fail.
     *
     * @param probability share of them, above 0 and up to 1
     * @param seed from which follows which
     * @param after so many go through first
     * @param count after so many failures the disk is whole again; 0 for never
     */
    public record Chance(double probability, long seed, long after, long count) {
        /** Checks the ranges. */
        public Chance {
            DelaySpec.checkProbability(probability);
            if (after < 0 || count < 0) {
                throw new IllegalArgumentException("after and count are at least 0");
            }
        }
    }

    /** Checks the range. */
    public ErrorSpec {
        Objects.requireNonNull(chance);
        kinds = Set.copyOf(kinds);
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException(
                    "no request fails: say 1 for one of read, write, flush, discard, all");
        }
        if (!ERRNOS.containsValue(errno)) {
            throw new IllegalArgumentException("errno " + errno + " is not one of the list");
        }
        if (fromByte < 0 || fromByte >= toByte) {
            throw new IllegalArgumentException("from must be less than to");
        }
    }

    /** Whether a part of the disk was named; flushes lie in none. */
    boolean hasRange() {
        return fromByte > 0 || toByte < Long.MAX_VALUE;
    }

    @Override
    public DiskFilter open(BlockLimits limits) {
        return new FailingDisk(this);
    }
}
