// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a disk has to hold, told by what its guests asked for and were answered. Every sector ever
 * written has a stamp of its own, so that stale, misplaced and mixed data show. Thread: one.
 *
 * <p>Requests that would race with each other have no certain outcome, so guests are not to send
 * them: see {@link #begin}.
 */
final class DiskModel {
    static final int SECTOR_BYTES = 512;
    private static final int WORDS = SECTOR_BYTES / Long.BYTES;
    private static final int WRITER = -1;

    /** Operations of guests. */
    enum Kind {
        READ, WRITE, FLUSH, DISCARD, WRITE_ZEROES, SECURE_ERASE, GET_ID;

        boolean changes() {
            return this == WRITE || hasRanges();
        }

        /** Whether its data are segments that say what to do where. */
        boolean hasRanges() {
            return this == DISCARD || this == WRITE_ZEROES || this == SECURE_ERASE;
        }
    }

    /**
     * A request.
     *
     * @param sectors first sectors of its ranges, one unless the kind is DISCARD or WRITE_ZEROES
     * @param counts their lengths in sectors
     * @param stamp of the first sector of a WRITE, the others follow
     */
    record Request(Kind kind, int[] sectors, int[] counts, long stamp) {
        int totalSectors() {
            return Arrays.stream(counts).sum();
        }

        @Override
        public String toString() {
            return kind + " " + Arrays.toString(sectors) + " " + Arrays.toString(counts);
        }
    }

    /**
     * Something that a sector may hold.
     *
     * @param time when it was answered
     * @param certain false for a request that failed, which may have been done all the same
     */
    private record Entry(long time, long stamp, boolean certain) {}

    private record Start(long time, boolean writesThrough) {}

    /**
     * Of each sector the last contents known to be stable and what came after. What it holds is the
     * last certain entry or one behind it, what it holds after a power cut any of them.
     */
    private final List<List<Entry>> sectors = new ArrayList<>();
    /** When what was sent began, and whether each write had to be stable at its completion. */
    private final Map<Request, Start> starts = new IdentityHashMap<>();
    /** Readers under way, or WRITER. */
    private final int[] users;
    private long nextStamp = 1;
    private long now;
    private boolean writesThrough;
    private long switchedAt;

    /** A zeroed disk. */
    DiskModel(int sectors) {
        users = new int[sectors];
        for (int i = 0; i < sectors; i++) {
            this.sectors.add(new ArrayList<>(List.of(new Entry(0, 0, true))));
        }
    }

    /** Switches the write cache off or on. */
    void writesThrough(boolean on) {
        writesThrough = on;
        switchedAt = now++;
    }

    /** Stamps for the sectors of a write. */
    long takeStamps(int sectors) {
        long first = nextStamp;
        nextStamp += sectors;
        return first;
    }

    /** Notes a request; false, and nothing noted, if it would race with one under way. */
    boolean begin(Request request) {
        boolean changes = request.kind().changes();
        boolean free = true;
        for (int i = 0; i < request.sectors().length; i++) {
            for (int j = 0; j < request.counts()[i]; j++) {
                int user = users[request.sectors()[i] + j];
                free &= changes ? user == 0 : user != WRITER;
            }
        }
        if (free) {
            use(request, changes ? WRITER : 1);
            starts.put(request, new Start(now++, writesThrough));
        }
        return free;
    }

    private void use(Request request, int users) {
        for (int i = 0; i < request.sectors().length; i++) {
            for (int j = 0; j < request.counts()[i]; j++) {
                this.users[request.sectors()[i] + j] += users;
            }
        }
    }

    /** Forgets a request that was not sent. */
    void cancel(Request request) {
        use(request, request.kind().changes() ? -WRITER : -1);
        starts.remove(request);
    }

    /** Takes the answer to a request; {@code data} is where a READ put its data. */
    void end(Request request, boolean failed, long data) {
        Start start = starts.get(request);
        cancel(request);
        now++;
        switch (request.kind()) {
            case READ -> {
                if (!failed) {
                    check(data, request.sectors()[0], request.counts()[0]);
                }
            }
            case WRITE -> {
                for (int i = 0; i < request.counts()[0]; i++) {
                    note(request.sectors()[0] + i, request.stamp() + i, failed);
                }
            }
            case DISCARD, WRITE_ZEROES, SECURE_ERASE -> zero(request, failed);
            case FLUSH -> {
                if (!failed) {
                    flushed(start.time());
                }
            }
            default -> { }
        }
        // 5.2.6.2: stable if the cache was off all the time between submission and completion.
        boolean through = start.writesThrough() && switchedAt < start.time();
        if (through && !failed
                && (request.kind() == Kind.WRITE || request.kind() == Kind.WRITE_ZEROES)) {
            for (int i = 0; i < request.sectors().length; i++) {
                for (int j = 0; j < request.counts()[i]; j++) {
                    stable(sectors.get(request.sectors()[i] + j), now);
                }
            }
        }
    }

    /** 5.2.6.2: a flush makes stable what was completed before it was sent. */
    private void flushed(long sent) {
        for (List<Entry> entries : sectors) {
            stable(entries, sent);
        }
    }

    /** Forgets what came before the last certain entry up to a time. */
    private static void stable(List<Entry> entries, long time) {
        if (entries.size() == 1) {
            return;
        }
        int last = 0;
        for (int i = 1; i < entries.size() && entries.get(i).time() <= time; i++) {
            last = entries.get(i).certain() ? i : last;
        }
        entries.subList(0, last).clear();
    }

    private void note(int sector, long stamp, boolean onlyMaybe) {
        sectors.get(sector).add(new Entry(now, stamp, !onlyMaybe));
    }

    /** The disk in these tests carries a discard out; of a failed request any range may be done. */
    private void zero(Request request, boolean failed) {
        for (int i = 0; i < request.sectors().length; i++) {
            for (int j = 0; j < request.counts()[i]; j++) {
                // A range that failed alone has changed nothing.
                if (!failed || request.sectors().length > 1) {
                    note(request.sectors()[i] + j, 0, failed);
                }
            }
        }
    }

    /** Fills the sectors of a write. */
    static void fill(long address, int sectors, long stamp) {
        for (int i = 0; i < sectors; i++) {
            for (int word = 0; word < WORDS; word++) {
                NativeMemory.putLong(address + (long) i * SECTOR_BYTES + word * Long.BYTES,
                        word(stamp + i, word));
            }
        }
    }

    private static long word(long stamp, int word) {
        return stamp == 0 ? 0 : stamp * WORDS + word;
    }

    /** Compares sectors in memory with what they have to be. */
    void check(long address, int sector, int count) {
        for (int i = 0; i < count; i++) {
            long stamp = stampAt(address + (long) i * SECTOR_BYTES, sector + i);
            List<Entry> entries = sectors.get(sector + i);
            Entry last = entries.get(entries.size() - 1);
            if (last.certain() && last.stamp() == stamp) {
                continue;
            }
            if (!maybeHolds(entries, stamp)) {
                throw new AssertionError("sector " + (sector + i) + " holds " + stamp
                        + " where the model has " + entries);
            }
            // Now it is known what became of a failed request.
            entries.add(new Entry(now, stamp, true));
        }
    }

    private static boolean maybeHolds(List<Entry> entries, long stamp) {
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (entries.get(i).stamp() == stamp) {
                return true;
            }
            if (entries.get(i).certain()) {
                return false;
            }
        }
        return false;
    }

    /** Compares the disk with what a power cut may leave; returns how many sectors fell back. */
    int checkAfterCut(long address) {
        now++;
        int lost = 0;
        for (int sector = 0; sector < sectors.size(); sector++) {
            long stamp = stampAt(address + (long) sector * SECTOR_BYTES, sector);
            List<Entry> entries = sectors.get(sector);
            if (entries.stream().noneMatch(entry -> entry.stamp() == stamp)) {
                throw new AssertionError("after a power cut sector " + sector + " holds " + stamp
                        + " where the model has " + entries);
            }
            lost += maybeHolds(entries, stamp) ? 0 : 1;
            entries.clear();
            entries.add(new Entry(now, stamp, true));
        }
        return lost;
    }

    /** The stamp of a sector in memory, all of which has to be of it. */
    private static long stampAt(long at, int sector) {
        long stamp = NativeMemory.getLong(at) / WORDS;
        for (int word = 0; word < WORDS; word++) {
            if (NativeMemory.getLong(at + word * Long.BYTES) != word(stamp, word)) {
                throw new AssertionError("sector " + sector + " differs in word " + word);
            }
        }
        return stamp;
    }
}
