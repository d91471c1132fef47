// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What the engine did to the file and what it told the guest, in one order, and what a power cut
 * at any point of it would leave. Thread: any.
 *
 * <p>Time is the number of entries so far. A sector's content is known by one number: its versions
 * are written by requests that never overlap, so they have an order too.
 */
final class PowerCutJournal {
    static final int SECTOR = 512;
    private static final int NOT_YET = Integer.MAX_VALUE;

    /** A write or zeroing of the file: host side. */
    private static final class Change {
        final int begin;
        final int firstSector;
        final long[] values;
        int end = NOT_YET;
        boolean stable;

        Change(int begin, int firstSector, long[] values) {
            this.begin = begin;
            this.firstSector = firstSector;
            this.values = values;
        }
    }

    /** An fdatasync: host side. */
    private static final class Sync {
        final int begin;
        int end = NOT_YET;

        Sync(int begin) {
            this.begin = begin;
        }
    }

    /** A request: guest side. */
    static final class Promise {
        private final int begin;
        private final int firstSector;
        private final int sectors;
        private final long value;
        private final Kind kind;
        private int acknowledged = NOT_YET;

        private Promise(int begin, Kind kind, int firstSector, int sectors, long value) {
            this.begin = begin;
            this.kind = kind;
            this.firstSector = firstSector;
            this.sectors = sectors;
            this.value = value;
        }
    }

    /** What a request promises. */
    enum Kind { WRITE, STABLE_WRITE, DISCARD, FLUSH }

    private final int sectors;
    private int now;
    private final List<Change> changes = new ArrayList<>();
    private final List<Sync> syncs = new ArrayList<>();
    private final List<Promise> promises = new ArrayList<>();

    PowerCutJournal(long capacityBytes) {
        this.sectors = (int) (capacityBytes / SECTOR);
    }

    // ------------------------------------------------------------------ host side

    synchronized int changeBegins(long offset, byte[] bytes) {
        if (offset % SECTOR != 0 || bytes.length % SECTOR != 0) {
            throw new AssertionError("not in whole sectors: " + offset + "+" + bytes.length);
        }
        long[] values = new long[bytes.length / SECTOR];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(bytes, i * SECTOR);
        }
        changes.add(new Change(now++, (int) (offset / SECTOR), values));
        return changes.size() - 1;
    }

    synchronized void changeEnds(int change, boolean stable) {
        changes.get(change).end = now++;
        changes.get(change).stable = stable;
    }

    synchronized int syncBegins() {
        syncs.add(new Sync(now++));
        return syncs.size() - 1;
    }

    synchronized void syncEnds(int sync) {
        syncs.get(sync).end = now++;
    }

    /** The number that a sector is full of. */
    static long value(byte[] bytes, int from) {
        long value = 0;
        for (int i = 0; i < SECTOR; i += Long.BYTES) {
            long word = 0;
            for (int j = Long.BYTES - 1; j >= 0; j--) {
                word = word << Byte.SIZE | bytes[from + i + j] & 0xFF;
            }
            if (i > 0 && word != value) {
                throw new AssertionError("a sector that nobody wrote");
            }
            value = word;
        }
        return value;
    }

    // ------------------------------------------------------------------ guest side

    synchronized Promise requested(Kind kind, long offset, long lengthBytes, long value) {
        Promise promise = new Promise(now++, kind, (int) (offset / SECTOR),
                (int) (lengthBytes / SECTOR), value);
        promises.add(promise);
        return promise;
    }

    synchronized void acknowledged(Promise promise) {
        promise.acknowledged = now++;
    }

    synchronized void refused(Promise promise) {
        promises.remove(promise);
    }

    // ------------------------------------------------------------------ the cut

    /** Number of points at which the power can fail. */
    int length() {
        return now + 1;
    }

    /**
     * Cuts the power before entry {@code cut}, and looks whether every promise is kept.
     *
     * @return what is wrong, null if nothing
     */
    String violation(int cut, SplittableRandom random) {
        long[] disk = remains(cut, random);
        int[] floors = floors(cut);
        for (int sector = 0; sector < sectors; sector++) {
            Set<Long> allowed = allowed(sector, floors[sector], cut);
            if (!allowed.contains(disk[sector])) {
                return "power cut at " + cut + " of " + now + ": sector " + sector + " is "
                        + disk[sector] + ", allowed " + allowed;
            }
        }
        return null;
    }

    /** The disk afterwards: what was synced, and any part of what was not. */
    private long[] remains(int cut, SplittableRandom random) {
        long[] disk = new long[sectors];
        for (Change change : changes) {
            if (change.begin >= cut) {
                break;
            }
            boolean sure = change.stable && change.end < cut;
            for (Sync sync : syncs) {
                sure |= change.end < sync.begin && sync.end < cut;
            }
            for (int i = 0; i < change.values.length; i++) {
                if (sure || random.nextBoolean()) {
                    disk[change.firstSector + i] = change.values[i];
                }
            }
        }
        return disk;
    }

    /** For each sector the number of its oldest version that may be seen, by promise index. */
    private int[] floors(int cut) {
        int lastFlush = -1;
        for (Promise flush : promises) {
            if (flush.kind == Kind.FLUSH && flush.acknowledged < cut) {
                lastFlush = Math.max(lastFlush, flush.begin);
            }
        }
        int[] floors = new int[sectors];
        Arrays.fill(floors, -1);
        for (int i = 0; i < promises.size(); i++) {
            Promise write = promises.get(i);
            boolean promised = write.kind == Kind.WRITE && write.acknowledged < lastFlush
                    || write.kind == Kind.STABLE_WRITE && write.acknowledged < cut;
            if (promised) {
                Arrays.fill(floors, write.firstSector,
                        write.firstSector + write.sectors, i);
            }
        }
        return floors;
    }

    private Set<Long> allowed(int sector, int floor, int cut) {
        Set<Long> allowed = new HashSet<>();
        if (floor < 0) {
            allowed.add(0L);
        }
        for (int i = Math.max(0, floor); i < promises.size(); i++) {
            Promise version = promises.get(i);
            boolean covers = version.firstSector <= sector
                    && sector < version.firstSector + version.sectors;
            if (covers && version.begin < cut) {
                allowed.add(version.value);
            }
        }
        return allowed;
    }
}
