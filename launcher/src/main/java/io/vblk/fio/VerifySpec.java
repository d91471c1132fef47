// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How data is checked. Thread: any.
 *
 * @param method what tells that a block is the right one; NONE for no check
 * @param pattern bytes that blocks are filled with, repeated, behind a header where the method has
 *     one; a hole for the offset is {@link #OFFSET_HOLE} eight times. Null for random data
 * @param intervalBytes length of the pieces that have a header each; 0 for the size of the request
 * @param doVerify whether to read back what was written
 * @param backlog writes after which some are read back, 0 for all at the end
 * @param backlogBatch how many of them at a time, 0 for as many as the backlog
 * @param fatal whether the first error ends the job
 * @param dump whether wrong blocks are saved to files
 * @param only whether nothing is written and what an equal job wrote before is checked
 * @param trimVerifyZero whether trimmed blocks must read as zeroes
 */
public record VerifySpec(Method method, short[] pattern, int intervalBytes, boolean doVerify,
        int backlog, int backlogBatch, boolean fatal, boolean dump, boolean only,
        boolean trimVerifyZero) {
    /** A byte of a pattern that stands for the next byte of the offset: fio's {@code %o}. */
    public static final short OFFSET_HOLE = -1;
    /** No check. */
    public static final VerifySpec NONE =
            new VerifySpec(Method.NONE, null, 0, true, 0, 0, false, false, false, false);

    /** What tells that a block is the right one. */
    public enum Method {
        /** Nothing. */
        NONE,
        /** A header with a crc32c (Castagnoli). */
        CRC32C,
        /** A header with a crc32. */
        CRC32,
        /** A header with an MD5. */
        MD5,
        /** A header with a SHA-1. */
        SHA1,
        /** A header with a SHA-256. */
        SHA256,
        /** A header with a SHA-512. */
        SHA512,
        /** A header with an xxhash of 32 bits. */
        XXHASH,
        /** A pattern, no header. */
        PATTERN,
        /** A header and then a pattern. */
        PATTERN_HDR,
        /** Reads are done and not looked at. */
        NULL;

        /** The name that fio uses. */
        public String fioName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The method of a name; {@code 0} is none. */
        public static Method parse(String name) {
            if (name.equals("0")) {
                return NONE;
            }
            return Arrays.stream(values())
                    .filter(method -> method.fioName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("verify=" + name
                            + " is none of " + Arrays.stream(values()).map(Method::fioName)
                                    .collect(Collectors.joining(", "))));
        }

        /** Whether blocks carry a header that says which write they are of. */
        public boolean hasHeader() {
            return this != NONE && this != PATTERN && this != NULL;
        }
    }

    /** Whether data is checked at all. */
    public boolean isOn() {
        return method != Method.NONE;
    }

    /** A check with headers, read back at the end. */
    public static VerifySpec of(Method method) {
        return new VerifySpec(method, null, 0, true, 0, 0, false, false, false, false);
    }
}
