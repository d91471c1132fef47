// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.NanoClock;
import io.vblk.fio.JobSpec;
import io.vblk.fio.SizeSplit;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.zip.CRC32C;

/**
 * What each unit of a target must read as, and who holds it just now; shared by all clones of all
 * jobs on the target. Thread: any; what is noted of a unit belongs to who has locked it.
 *
 * <p>A request locks all its units or none, so no two requests in flight overlap, whatever their
 * sizes. A unit costs a bit of the heap and, once it is touched, this much memory beside it:
 *
 * <pre>
 *   0            4            8            12           16           20
 *   +------------+------------+------------+------------+------------+
 *   | bits,      | crc32c     | number of  | crc32c     | ms since   |
 *   | clone &lt;&lt; 16|            | the write  | before     | the start  |
 *   +------------+------------+------------+------------+------------+
 * </pre>
 */
final class Ledger implements AutoCloseable {
    /** Longest unit: longer requests have several, and so several headers. */
    static final int UNIT_BYTES_MAX = 1 << 16;
    /** Bytes of memory outside of the heap for each unit that was touched. */
    static final int RECORD_BYTES = 20;
    /** Most units: a quarter of the heap in bits, and 1.25 GiB outside of it. */
    static final int UNITS_MAX =
            (int) Math.min(1 << 26, Runtime.getRuntime().maxMemory() / 4 * Byte.SIZE);

    /** The crc is that of what must be read. */
    static final int KNOWN = 1;
    /** A write of this run, or of the one that is checked, decided what the unit holds. */
    static final int WRITTEN = 2;
    /** A trim of this run decided it. */
    static final int TRIMMED = 4;
    /** What was there before is known: its crc, or in a replay the number of its write. */
    static final int BEFORE = 8;
    /** Several clones wrote it in a replay, and nobody knows who was last. */
    static final int SHARED = 16;
    /** A request failed: the next read decides, if nothing else can tell. */
    static final int DOUBTFUL = 32;

    private static final int CRC_AT = 4;
    private static final int SEQUENCE_AT = 8;
    private static final int BEFORE_AT = 12;
    private static final int TIME_AT = 16;
    private static final int WRITER_SHIFT = 16;
    private static final long NS_PER_MS = 1_000_000;
    private static final int WORD_BITS = Long.SIZE;

    private final long start;
    private final int unitBytes;
    private final int units;
    private final AtomicLongArray locks;
    /** Null if this only locks. */
    private final MappedMemory records;
    private final Reference reference;
    private final Map<Integer, Recipe> recipes = new ConcurrentHashMap<>();
    private final NanoClock clock;
    private final long beganNs;
    private final long run;
    private final int zeroCrc;
    private volatile boolean replayed;

    /**
     * A ledger of a region.
     *
     * @param start first byte on the disk
     * @param lengthBytes length of the region
     * @param unitBytes of {@link #unitBytes}
     * @param reference what the disk holds before the run; null if nobody can tell
     * @throws IllegalArgumentException in words for an operator, if the region is too large
     */
    Ledger(long start, long lengthBytes, int unitBytes, Reference reference) throws IOException {
        this(start, lengthBytes, unitBytes, reference, NanoClock.MONOTONIC,
                NanoClock.REALTIME.nanoTime());
    }

    /** A ledger with a clock, and a number for the run: its begin, in nanoseconds since 1970. */
    Ledger(long start, long lengthBytes, int unitBytes, Reference reference, NanoClock clock,
            long run) throws IOException {
        this(start, lengthBytes, unitBytes, reference, clock, run, true);
    }

    private Ledger(long start, long lengthBytes, int unitBytes, Reference reference,
            NanoClock clock, long run, boolean records) throws IOException {
        long count = (lengthBytes + unitBytes - 1) / unitBytes;
        if (count > UNITS_MAX) {
            throw new IllegalArgumentException("verify and serialize_overlap follow at most "
                    + UNITS_MAX + " blocks, the region has " + count + " of " + unitBytes
                    + " bytes: use a smaller size, larger blocks, or a larger heap "
                    + "(VBLK_JAVA_OPTS=-Xmx1g)");
        }
        this.start = start;
        this.unitBytes = unitBytes;
        this.units = (int) count;
        this.locks = new AtomicLongArray((units + WORD_BITS - 1) / WORD_BITS);
        this.reference = reference;
        this.clock = clock;
        this.beganNs = clock.nanoTime();
        this.run = run;
        CRC32C crc = new CRC32C();
        crc.update(new byte[unitBytes], 0, unitBytes);
        this.zeroCrc = (int) crc.getValue();
        this.records = records ? MappedMemory.anonymous(count * RECORD_BYTES) : null;
    }

    /** A ledger that only keeps requests from overlapping. */
    static Ledger ofLocks(long start, long lengthBytes, int unitBytes) throws IOException {
        return new Ledger(start, lengthBytes, unitBytes, null, NanoClock.MONOTONIC, 0, false);
    }

    /**
     * Length of a unit: what divides the lengths of all requests, at most {@link #UNIT_BYTES_MAX}.
     *
     * @param jobs all on one target
     * @param distances of their regions' starts, and of those of clones, from the ledger's start
     * @throws IllegalArgumentException if no whole number of sectors does
     */
    static int unitBytes(Collection<JobSpec> jobs, long... distances) {
        long unit = 0;
        for (JobSpec job : jobs) {
            if (job.rw().reads()) {
                unit = common(unit, job.access().sizes().read());
            }
            if (job.rw().writes()) {
                unit = common(unit, job.access().sizes().write());
            }
            if (job.rw().trims()) {
                unit = common(unit, job.access().sizes().trim());
            }
            unit = common(unit, Math.abs(job.access().skipBytes()));
        }
        for (long distance : distances) {
            unit = common(unit, distance);
        }
        if (unit == 0 || unit % Watermark.SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("verify and serialize_overlap need sizes and "
                    + "offsets that are multiples of " + Watermark.SECTOR_BYTES);
        }
        long sectors = unit / Watermark.SECTOR_BYTES;
        long parts = Math.max(1, (unit + UNIT_BYTES_MAX - 1) / UNIT_BYTES_MAX);
        while (sectors % parts != 0) {
            parts++;
        }
        return (int) (unit / parts);
    }

    private static long common(long unit, SizeSplit sizes) {
        long all = unit;
        for (SizeSplit.Part part : sizes.parts()) {
            all = common(common(all, part.minBytes()), part.maxBytes());
        }
        return all;
    }

    private static long common(long a, long b) {
        return b == 0 ? a : common(b, a % b);
    }

    /** Makes known how a clone makes its data. Before any of the jobs runs. */
    void register(Recipe recipe) {
        recipes.put(recipe.writer(), recipe);
    }

    /** How a clone makes its data; null if there is none of that number. */
    Recipe recipe(int writer) {
        return recipes.get(writer);
    }

    /** How all clones make their data. */
    Collection<Recipe> recipes() {
        return recipes.values();
    }

    /** What the disk held before the run; null if nobody can tell. */
    Reference reference() {
        return reference;
    }

    /** When the run began, in nanoseconds since 1970: its number in all headers. */
    long run() {
        return run;
    }

    /** Milliseconds since the run began; goes round after 49 days. */
    int nowMs() {
        return (int) ((clock.nanoTime() - beganNs) / NS_PER_MS);
    }

    /** The time of a header: nanoseconds since 1970. */
    static long timeNs(long run, int ms) {
        return run + Integer.toUnsignedLong(ms) * NS_PER_MS;
    }

    /** Whether it only keeps requests from overlapping. */
    boolean onlyLocks() {
        return records == null;
    }

    int unitBytes() {
        return unitBytes;
    }

    int units() {
        return units;
    }

    /** The crc of a unit of zeroes. */
    int zeroCrc() {
        return zeroCrc;
    }

    /** Where a unit is on the disk. */
    long offset(int unit) {
        return start + (long) unit * unitBytes;
    }

    /** The unit that begins at an offset, or at the end of the region. */
    int unit(long offset) {
        long distance = offset - start;
        if (distance < 0 || distance % unitBytes != 0 || distance / unitBytes > units) {
            throw new IllegalArgumentException("offset " + offset + " is no multiple of "
                    + unitBytes + " from " + start + " on");
        }
        return (int) (distance / unitBytes);
    }

    // ------------------------------------------------------------------ locks

    /** Takes a range for one request; false if another request has a part of it. */
    boolean tryLock(long offset, long lengthBytes) {
        int first = unit(offset);
        int end = unit(offset + lengthBytes);
        int unit = first;
        while (unit < end) {
            int next = Math.min(end, (unit / WORD_BITS + 1) * WORD_BITS);
            if (!take(unit, next)) {
                release(first, unit);
                return false;
            }
            unit = next;
        }
        return true;
    }

    /** Gives a range back. */
    void unlock(long offset, long lengthBytes) {
        release(unit(offset), unit(offset + lengthBytes));
    }

    private boolean take(int unit, int end) {
        int word = unit / WORD_BITS;
        long bits = bits(unit, end);
        long held = locks.get(word);
        while ((held & bits) == 0) {
            if (locks.compareAndSet(word, held, held | bits)) {
                return true;
            }
            held = locks.get(word);
        }
        return false;
    }

    private void release(int first, int end) {
        int unit = first;
        while (unit < end) {
            int next = Math.min(end, (unit / WORD_BITS + 1) * WORD_BITS);
            int word = unit / WORD_BITS;
            long bits = bits(unit, next);
            long held = locks.get(word);
            while (!locks.compareAndSet(word, held, held & ~bits)) {
                held = locks.get(word);
            }
            unit = next;
        }
    }

    private static long bits(int unit, int end) {
        return -1L >>> WORD_BITS - (end - unit) << unit % WORD_BITS;
    }

    // ------------------------------------------------------------------ records

    private long at(int unit) {
        return records.address() + (long) unit * RECORD_BYTES;
    }

    /** {@link #KNOWN} and the others; zero for a unit that this run has not seen. */
    int bits(int unit) {
        return NativeMemory.getShort(at(unit));
    }

    /** Whether this run has decided what the unit holds. */
    boolean isWritten(int unit) {
        return (bits(unit) & (WRITTEN | TRIMMED)) != 0;
    }

    /** The clone that wrote the unit last. */
    int writer(int unit) {
        return NativeMemory.getInt(at(unit)) >>> WRITER_SHIFT;
    }

    int crc(int unit) {
        return NativeMemory.getInt(at(unit) + CRC_AT);
    }

    /** Number of the write that was completed last, counted by its clone from 1 on; 0 for none. */
    int sequence(int unit) {
        return NativeMemory.getInt(at(unit) + SEQUENCE_AT);
    }

    /** The crc, or in a replay the write's number, of what was there before. */
    int before(int unit) {
        return NativeMemory.getInt(at(unit) + BEFORE_AT);
    }

    /** When the write that was completed last was made, in milliseconds since the start. */
    int ms(int unit) {
        return NativeMemory.getInt(at(unit) + TIME_AT);
    }

    /** Whether what is noted comes of a replay and not of writes. */
    boolean isReplayed() {
        return replayed;
    }

    /** Notes a completed write to a locked unit. */
    void wrote(int unit, int writer, int sequence, int ms, int crc) {
        note(unit, KNOWN | WRITTEN | keepBefore(unit), writer, sequence, ms, crc);
    }

    /** Notes that a locked unit reads as zeroes from now on. */
    void zeroed(int unit, int writer, int ms) {
        note(unit, KNOWN | TRIMMED | keepBefore(unit), writer, 0, ms, zeroCrc);
    }

    private int keepBefore(int unit) {
        int bits = bits(unit);
        if ((bits & KNOWN) != 0) {
            NativeMemory.putInt(at(unit) + BEFORE_AT, crc(unit));
            return BEFORE;
        }
        if (bits == 0 && reference == Reference.ZEROES) {
            NativeMemory.putInt(at(unit) + BEFORE_AT, zeroCrc);
            return BEFORE;
        }
        return 0;
    }

    /** Notes the write of a replay: the unit must have been written so by the run before. */
    void replayed(int unit, int writer, int sequence) {
        replayed = true;
        int bits = bits(unit);
        int shared = (bits & SHARED) != 0 || isWritten(unit) && writer(unit) != writer ? SHARED : 0;
        int before = (bits & WRITTEN) != 0 ? BEFORE : 0;
        NativeMemory.putInt(at(unit) + BEFORE_AT, sequence(unit));
        note(unit, WRITTEN | shared | before, writer, sequence, 0, 0);
    }

    /** Nobody knows any more what a locked unit holds: the next read decides, or the image. */
    void forget(int unit) {
        note(unit, DOUBTFUL, 0, 0, 0, 0);
    }

    /** Takes what was read of a locked unit, or the image's own bytes, for what it must be. */
    void learn(int unit, int crc) {
        int bits = bits(unit) & ~DOUBTFUL | KNOWN;
        note(unit, bits, writer(unit), sequence(unit), ms(unit), crc);
    }

    private void note(int unit, int bits, int writer, int sequence, int ms, int crc) {
        long at = at(unit);
        NativeMemory.putInt(at, bits | writer << WRITER_SHIFT);
        NativeMemory.putInt(at + CRC_AT, crc);
        NativeMemory.putInt(at + SEQUENCE_AT, sequence);
        NativeMemory.putInt(at + TIME_AT, ms);
    }

    /** Ends the ledger. No clone may run any more. */
    @Override
    public void close() throws IOException {
        try {
            if (records != null) {
                records.close();
            }
        } finally {
            if (reference != null) {
                reference.close();
            }
        }
    }
}
