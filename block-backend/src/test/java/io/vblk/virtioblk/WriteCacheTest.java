// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.DISCARD;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_CONFIG_WCE;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_FLUSH;
import static io.vblk.virtioblk.HandMadeGuest.FLUSH;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.IN;
import static io.vblk.virtioblk.HandMadeGuest.OUT;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.WRITE_ZEROES;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.BlockOp;
import io.vblk.virtioblk.HandMadeGuest.Part;
import io.vblk.virtioblk.WatchedDisk.Seen;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which writes have to be stable when they complete (virtio 1.3, 5.2.6.2): those of a driver that
 * took neither FLUSH nor CONFIG_WCE, and those while writeback is 0. A driver that cannot flush
 * gets stable writes in any case, which the standard leaves open.
 */
class WriteCacheTest {
    private static final int WRITEBACK = 32;
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    private record Case(boolean flush, boolean configWce, List<Integer> switched,
            boolean stable) {}

    static List<Case> cases() {
        return List.of(
                new Case(false, false, List.of(), true),
                new Case(true, false, List.of(), false),
                new Case(false, true, List.of(), true),
                new Case(false, true, List.of(0), true),
                new Case(false, true, List.of(1), true),
                new Case(true, true, List.of(), false),
                new Case(true, true, List.of(1), false),
                new Case(true, true, List.of(0), true),
                new Case(true, true, List.of(0, 1), false),
                new Case(true, true, List.of(1, 0), true));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writesAreStableExactlyWhenTheyHaveToBe(Case rule) throws Exception {
        long leftOut = (rule.flush() ? 0 : FEATURE_FLUSH)
                | (rule.configWce() ? 0 : FEATURE_CONFIG_WCE);
        try (HandMadeGuest guest = new HandMadeGuest(HandMadeGuest.limits(SECTOR, false),
                HandMadeGuest.QUEUED, leftOut, false)) {
            for (int value : rule.switched()) {
                guest.device.writeConfig(WRITEBACK, new byte[] {(byte) value});
            }
            boolean stable = rule.stable();
            assertEquals(new Seen(BlockOp.WRITE, 3 * SECTOR, SECTOR, stable, false),
                    submitted(guest, OUT, readable(DATA, SECTOR)));
            guest.segment(0, 5, 2, 0);
            assertEquals(new Seen(BlockOp.WRITE_ZEROES, 5 * SECTOR, 2 * SECTOR, stable, false),
                    submitted(guest, WRITE_ZEROES, readable(DATA, 16)));
            guest.segment(0, 5, 2, 1);
            assertEquals(new Seen(BlockOp.WRITE_ZEROES, 5 * SECTOR, 2 * SECTOR, stable, true),
                    submitted(guest, WRITE_ZEROES, readable(DATA, 16)));
            guest.segment(0, 5, 2, 0);
            assertEquals(new Seen(BlockOp.DISCARD, 5 * SECTOR, 2 * SECTOR, false, false),
                    submitted(guest, DISCARD, readable(DATA, 16)));
            assertEquals(new Seen(BlockOp.READ, 3 * SECTOR, SECTOR, false, false),
                    submitted(guest, IN, writable(DATA, SECTOR)));
            assertEquals(new Seen(BlockOp.FLUSH, 0, 0, false, false),
                    submitted(guest, FLUSH, readable(DATA, 0)));
        }
    }

    private static Seen submitted(HandMadeGuest guest, int type, Part data) {
        guest.header(type, 3);
        guest.send(WHOLE_HEADER, data, STATUS_BYTE);
        assertEquals(1, guest.serve().size());
        assertEquals(HandMadeGuest.OK, guest.ram.get8(STATUS));
        List<Seen> taken = guest.watch.taken();
        assertEquals(1, taken.size());
        return taken.get(0);
    }
}
