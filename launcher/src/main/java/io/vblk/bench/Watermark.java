// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Random data whose every sector of 512 bytes says where it belongs and which write it is of, for
 * whoever knows seed and run. So a torn write shows its border and both its sides, whatever part
 * of it is found where. Thread: any.
 *
 * <pre>
 *   0                                      496            504            512
 *   +--------------------------------------+--------------+--------------+
 *   | random, from `which` on              | place        | which        |
 *   +--------------------------------------+--------------+--------------+
 *   key   = mix(seed ^ mix(run))
 *   place = mix(key + number of the sector on the disk)
 *   which = mix(place ^ (number of the write &lt;&lt; 16 | clone))
 * </pre>
 *
 * <p>{@code mix} is a bijection, the mixer of java.util.SplittableRandom, and is read backwards.
 */
final class Watermark {
    /** What no disk tears. */
    static final int SECTOR_BYTES = 512;

    static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int PLACE_AT = 496;
    private static final int WHICH_AT = 504;
    private static final int WRITER_BITS = 16;
    private static final int SEQUENCE_BITS = 32;
    /** More sectors than a disk has. */
    private static final long NUMBER_MAX = 1L << 44;

    private static final long MULTIPLIER = 0x5851F42D4C957F2DL;
    private static final long INCREMENT = 0x14057B7EF767814FL;

    private Watermark() {}

    static long key(long seed, long run) {
        return mix(seed ^ mix(run));
    }

    /** Fills sectors; {@code at} and {@code lengthBytes} are multiples of a sector. */
    static void fill(byte[] to, int at, int lengthBytes, long key, long offset, int writer,
            int sequence) {
        long write = Integer.toUnsignedLong(sequence) << WRITER_BITS | writer;
        long number = offset / SECTOR_BYTES;
        for (int sector = at; sector < at + lengthBytes; sector += SECTOR_BYTES) {
            long place = mix(key + number++);
            long which = mix(place ^ write);
            long value = which;
            for (int i = sector; i < sector + PLACE_AT; i += Long.BYTES) {
                value = value * MULTIPLIER + INCREMENT;
                LONGS.set(to, i, value);
            }
            LONGS.set(to, sector + PLACE_AT, place);
            LONGS.set(to, sector + WHICH_AT, which);
        }
    }

    /** Where the sector at {@code at} belongs on the disk, in bytes; -1 if it does not say. */
    static long offset(byte[] data, int at, long key) {
        long number = unmix((long) LONGS.get(data, at + PLACE_AT)) - key;
        return number < 0 || number >= NUMBER_MAX ? -1 : number * SECTOR_BYTES;
    }

    /** The write of a sector that says where it belongs: sequence and writer; -1 if none. */
    private static long write(byte[] data, int at) {
        long place = (long) LONGS.get(data, at + PLACE_AT);
        long write = unmix((long) LONGS.get(data, at + WHICH_AT)) ^ place;
        return write >>> (WRITER_BITS + SEQUENCE_BITS) == 0 ? write : -1;
    }

    /** Number of the write that the sector is of; 0 if it does not say. */
    static int sequence(byte[] data, int at) {
        long write = write(data, at);
        return write == -1 ? 0 : (int) (write >>> WRITER_BITS);
    }

    /** The clone that wrote the sector. */
    static int writer(byte[] data, int at) {
        return (int) write(data, at) & (1 << WRITER_BITS) - 1;
    }

    /** splitmix64's mixer. */
    static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** The value that {@link #mix} made this of. */
    static long unmix(long mixed) {
        long z = (mixed ^ mixed >>> 31 ^ mixed >>> 62) * 0x319642B2D24D8EC3L;
        z = (z ^ z >>> 27 ^ z >>> 54) * 0x96DE1B173F119089L;
        return z ^ z >>> 30 ^ z >>> 60;
    }
}
