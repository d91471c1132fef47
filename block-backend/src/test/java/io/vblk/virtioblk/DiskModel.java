// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.NativeMemory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

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
        READ, WRITE, FLUSH, DISCARD, WRITE_ZEROES, GET_ID;

        boolean changes() {
            return this == WRITE || this == DISCARD || this == WRITE_ZEROES;
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

    /** Stamps as of the last answered write, 0 for zeroes. */
    private final long[] stamps;
    /** What else sectors may hold, since a request failed that may have been done in part. */
    private final Map<Integer, Set<Long>> maybe = new HashMap<>();
    /** Readers under way, or WRITER. */
    private final int[] users;
    private long nextStamp = 1;

    /** A zeroed disk. */
    DiskModel(int sectors) {
        stamps = new long[sectors];
        users = new int[sectors];
    }

    int sectors() {
        return stamps.length;
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
    }

    /** Takes the answer to a request; {@code data} is where a READ put its data. */
    void end(Request request, boolean failed, long data) {
        cancel(request);
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
            case DISCARD, WRITE_ZEROES -> zero(request, failed);
            default -> { }
        }
    }

    private void set(int sector, long stamp) {
        stamps[sector] = stamp;
        maybe.remove(sector);
    }

    private void note(int sector, long stamp, boolean onlyMaybe) {
        if (onlyMaybe) {
            maybe.computeIfAbsent(sector, s -> new HashSet<>()).add(stamp);
        } else {
            set(sector, stamp);
        }
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
            long at = address + (long) i * SECTOR_BYTES;
            int number = sector + i;
            long first = NativeMemory.getLong(at);
            Set<Long> others = maybe.get(number);
            if (others != null) {
                long stamp = first / WORDS;
                assertTrue(stamp == stamps[number] || others.contains(stamp),
                        () -> "sector " + number + " holds " + stamp);
                set(number, stamp);
            }
            for (int word = 0; word < WORDS; word++) {
                if (NativeMemory.getLong(at + word * Long.BYTES) != word(stamps[number], word)) {
                    assertEquals(stamps[number], first / WORDS,
                            "stamp of sector " + number + ", word " + word);
                    throw new AssertionError("sector " + number + " differs in word " + word);
                }
            }
        }
    }
}
