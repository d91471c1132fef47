// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.VerifySpec;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * What the first {@link #BYTES} bytes of each piece say of it. Little endian. It names what fio's
 * header does, in a layout of its own. Thread: any.
 *
 * <pre>
 *     0              4       6   7   8              12      14      16
 *     +--------------+-------+---+---+--------------+-------+-------+
 *   0 | magic "vblk" | vers. |mth|sum| piece length | clone |   0   |
 *     +--------------+-------+---+---+--------------+-------+-------+
 *  16 | offset on the disk           | seed of the job              |
 *     +------------------------------+------------------------------+
 *  32 | run: its begin, ns since 1970| number of the write, from 1  |
 *     +------------------------------+------------------------------+
 *  48 | time of the write, ns        | checksum of the piece after  |
 *     +------------------------------+ the header, `sum` bytes, the -
 *  64 - rest zeroes                                                 -
 *     -                              +--------------+---------------+
 * 112 -                              |      0       | crc32 of 0    |
 *     +------------------------------+--------------+ to 123        +
 * 128 | data                                        +---------------+
 * </pre>
 *
 * <p>The header's own check is no crc32c: a crc32c over data with its crc32c at the end is the
 * same for all data, so the ledger would not see one header in place of another.
 *
 * @param method what the checksum is
 * @param pieceBytes length of the piece, this header included
 * @param writer number of the clone
 * @param offset where the piece belongs
 * @param seed seed of the job
 * @param run the run's number
 * @param sequence the write's number, counted by the clone
 * @param timeNs when it was written, nanoseconds since 1970, in whole milliseconds of the run
 */
record BlockHeader(VerifySpec.Method method, int pieceBytes, int writer, long offset, long seed,
        long run, long sequence, long timeNs) {
    /** Length in bytes. */
    static final int BYTES = 128;

    private static final int MAGIC = 'v' | 'b' << 8 | 'l' << 16 | 'k' << 24;
    private static final short VERSION = 1;

    private static final int VERSION_AT = 4;
    private static final int METHOD_AT = VERSION_AT + Short.BYTES;
    private static final int SUM_BYTES_AT = METHOD_AT + 1;
    private static final int PIECE_AT = SUM_BYTES_AT + 1;
    private static final int WRITER_AT = PIECE_AT + Integer.BYTES;
    private static final int OFFSET_AT = WRITER_AT + Integer.BYTES;
    private static final int SEED_AT = OFFSET_AT + Long.BYTES;
    private static final int RUN_AT = SEED_AT + Long.BYTES;
    private static final int SEQUENCE_AT = RUN_AT + Long.BYTES;
    private static final int TIME_AT = SEQUENCE_AT + Long.BYTES;
    /** Where the checksum is. */
    static final int SUM_AT = TIME_AT + Long.BYTES;
    private static final int CRC_AT = SUM_AT + Checksum.BYTES_MAX + Integer.BYTES;

    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** The numbers of methods on the disk, from 1 on. */
    private static final VerifySpec.Method[] METHODS = {VerifySpec.Method.CRC32C,
        VerifySpec.Method.CRC32, VerifySpec.Method.MD5, VerifySpec.Method.SHA1,
        VerifySpec.Method.SHA256, VerifySpec.Method.SHA512, VerifySpec.Method.XXHASH,
        VerifySpec.Method.PATTERN_HDR};

    /** The number of a method on the disk. */
    static int code(VerifySpec.Method method) {
        return Arrays.asList(METHODS).indexOf(method) + 1;
    }

    /**
     * Writes a header before data that is there already.
     *
     * @param code of {@link #code}
     */
    static void write(byte[] to, int at, Recipe recipe, int code, Checksum checksum, CRC32 crc,
            long offset, long run, int sequence, long timeNs) {
        Arrays.fill(to, at, at + BYTES, (byte) 0);
        INTS.set(to, at, MAGIC);
        SHORTS.set(to, at + VERSION_AT, VERSION);
        to[at + METHOD_AT] = (byte) code;
        to[at + SUM_BYTES_AT] = (byte) checksum.lengthBytes();
        INTS.set(to, at + PIECE_AT, recipe.pieceBytes());
        SHORTS.set(to, at + WRITER_AT, (short) recipe.writer());
        Watermark.LONGS.set(to, at + OFFSET_AT, offset);
        Watermark.LONGS.set(to, at + SEED_AT, recipe.seed());
        Watermark.LONGS.set(to, at + RUN_AT, run);
        Watermark.LONGS.set(to, at + SEQUENCE_AT, Integer.toUnsignedLong(sequence));
        Watermark.LONGS.set(to, at + TIME_AT, timeNs);
        checksum.put(to, at + BYTES, recipe.pieceBytes() - BYTES, to, at + SUM_AT);
        crc.reset();
        crc.update(to, at, CRC_AT);
        INTS.set(to, at + CRC_AT, (int) crc.getValue());
    }

    /** The header at a place; null if there is none, or a damaged one. */
    static BlockHeader parse(byte[] data, int at) {
        if (at + BYTES > data.length || (int) INTS.get(data, at) != MAGIC) {
            return null;
        }
        CRC32 crc = new CRC32();
        crc.update(data, at, CRC_AT);
        int code = data[at + METHOD_AT];
        return (int) INTS.get(data, at + CRC_AT) != (int) crc.getValue()
                || (short) SHORTS.get(data, at + VERSION_AT) != VERSION
                || code < 1 || code > METHODS.length
                ? null
                : read(data, at, METHODS[code - 1]);
    }

    private static BlockHeader read(byte[] data, int at, VerifySpec.Method method) {
        return new BlockHeader(method, (int) INTS.get(data, at + PIECE_AT),
                (short) SHORTS.get(data, at + WRITER_AT) & 0xFFFF,
                (long) Watermark.LONGS.get(data, at + OFFSET_AT),
                (long) Watermark.LONGS.get(data, at + SEED_AT), run(data, at),
                (long) Watermark.LONGS.get(data, at + SEQUENCE_AT), timeNs(data, at));
    }

    /** Whether something at a place looks like a header, be it whole or not. */
    static boolean hasMagic(byte[] data, int at) {
        return (int) INTS.get(data, at) == MAGIC;
    }

    /** The number of the run at a place, be the header whole or not. */
    static long run(byte[] data, int at) {
        return (long) Watermark.LONGS.get(data, at + RUN_AT);
    }

    /** The time at a place, be the header whole or not. */
    static long timeNs(byte[] data, int at) {
        return (long) Watermark.LONGS.get(data, at + TIME_AT);
    }

    /** Whether the checksum of the piece with a whole header at a place is right. */
    static boolean isSound(byte[] data, int at, int pieceBytes, Checksum checksum, byte[] sum) {
        checksum.put(data, at + BYTES, pieceBytes - BYTES, sum, 0);
        int lengthBytes = checksum.lengthBytes();
        return Arrays.equals(sum, 0, lengthBytes, data, at + SUM_AT, at + SUM_AT + lengthBytes);
    }
}
