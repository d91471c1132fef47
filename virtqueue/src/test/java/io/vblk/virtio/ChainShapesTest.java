// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static io.vblk.virtio.GuestRam.INDIRECT;
import static io.vblk.virtio.GuestRam.NEXT;
import static io.vblk.virtio.GuestRam.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/**
 * All chains of up to five descriptors, each of one of ten kinds, against an oracle that looks at
 * them byte by byte.
 */
class ChainShapesTest {
    private static final int SIZE = 8;
    private static final long TABLE = 0x40000;
    private static final long DATA = 0x80000;

    /** What a descriptor may point at; each one readable and writable. */
    private enum Kind {
        INSIDE(DATA, 3),
        EMPTY(DATA, 0),
        OUTSIDE(ChainRig.END, 2),
        ACROSS_ADJOINING_REGIONS(ChainRig.REGION - 1, 3),
        LEAVING_MEMORY(ChainRig.ISLAND + ChainRig.REGION - 2, 4);

        final long address;
        final int length;

        Kind(long address, int length) {
            this.address = address;
            this.length = length;
        }
    }

    private static final Kind[] KINDS = Kind.values();
    private static final int CHOICES = 2 * KINDS.length;

    private static int flagsOf(int choice) {
        return choice % 2 == 0 ? 0 : WRITE;
    }

    private static Kind kindOf(int choice) {
        return KINDS[choice / 2];
    }

    // ------------------------------------------------------------------ the oracle

    /** What must come out of a chain. */
    private static final class Expected {
        private final int segmentsMax;
        private final StringBuilder readable = new StringBuilder();
        private final StringBuilder writable = new StringBuilder();
        private ChainFault fault = ChainFault.NONE;
        private boolean writableBefore;
        private int segments;
        private long lastWritable = -1;

        Expected(int segmentsMax) {
            this.segmentsMax = segmentsMax;
        }

        void take(int choice) {
            Kind kind = kindOf(choice);
            boolean write = flagsOf(choice) == WRITE;
            if (!write && writableBefore) {
                note(ChainFault.READABLE_AFTER_WRITABLE);
                return;
            }
            writableBefore |= write;
            long start = kind.address;
            for (long at = start; at < kind.address + kind.length; at++) {
                if (!mapped(at)) {
                    flush(start, at, write);
                    note(ChainFault.OUTSIDE_MEMORY);
                    lastWritable = write ? -1 : lastWritable;
                    return;
                }
                if (at == ChainRig.REGION) {
                    flush(start, at, write);
                    start = at;
                }
            }
            flush(start, kind.address + kind.length, write);
            if (write && kind.length > 0) {
                lastWritable = kind.address + kind.length - 1;
            }
        }

        private static boolean mapped(long at) {
            return at >= 0 && at < ChainRig.END
                    || at >= ChainRig.ISLAND && at < ChainRig.ISLAND + ChainRig.REGION;
        }

        private void flush(long from, long to, boolean write) {
            if (from < to) {
                segments++;
                (write ? writable : readable).append(write ? " w" : " r")
                        .append(from).append('+').append(to - from);
            }
        }

        private void note(ChainFault broken) {
            if (fault == ChainFault.NONE) {
                fault = broken;
            }
        }

        String text() {
            if (segments > segmentsMax) {
                return "TOO_MANY_SEGMENTS last -1";
            }
            return fault + " last " + lastWritable + readable + writable;
        }
    }

    private static String found(ChainRig rig) {
        String segments = rig.segments();
        return rig.chain.fault() + " last " + rig.lastWritable()
                + (segments.isEmpty() ? "" : " " + segments);
    }

    // ------------------------------------------------------------------ all shapes

    @Test
    void directChains() {
        runAll(5, 64, 0);
    }

    @Test
    void indirectChains() {
        runAll(5, 64, 1);
    }

    @Test
    void tablesBehindADirectDescriptor() {
        runAll(4, 64, 2);
    }

    @Test
    void directChainsWithRoomForThreeSegments() {
        runAll(4, 3, 0);
    }

    @Test
    void indirectChainsWithRoomForThreeSegments() {
        runAll(4, 3, 1);
    }

    /**
     * Runs all chains.
     *
     * @param tableAt which descriptor is the first one of an indirect table, counted from 1; 0 for
     *     none
     */
    private static void runAll(int descriptorsMax, int segmentsMax, int tableAt) {
        try (ChainRig rig = new ChainRig(SIZE, segmentsMax, VirtioFeatures.INDIRECT_DESC)) {
            int chains = 1;
            for (int count = 1; count <= descriptorsMax; count++) {
                chains *= CHOICES;
                for (int number = 0; number < chains && count >= tableAt; number++) {
                    run(rig, segmentsMax, tableAt, count, number);
                }
            }
        }
    }

    private static void run(ChainRig rig, int segmentsMax, int tableAt, int count, int number) {
        Expected expected = new Expected(segmentsMax);
        int direct = tableAt == 0 ? count : tableAt - 1;
        int rest = number;
        for (int i = 0; i < count; i++) {
            int choice = rest % CHOICES;
            rest /= CHOICES;
            expected.take(choice);
            Kind kind = kindOf(choice);
            int flags = flagsOf(choice) | (i + 1 < count ? NEXT : 0);
            if (i < direct) {
                rig.put(i, kind.address, kind.length, flags, i + 1);
            } else {
                rig.ram.putDescriptor(
                        TABLE, i - direct, kind.address, kind.length, flags, i - direct + 1);
            }
        }
        if (direct < count) {
            rig.put(direct, TABLE, 16L * (count - direct), INDIRECT, 0);
        }
        rig.pop(0);
        if (!expected.text().equals(found(rig))) {
            assertEquals(expected.text(), found(rig),
                    "chain " + number + " of " + count + " descriptors, table at " + tableAt);
        }
        rig.use(0);
    }
}
