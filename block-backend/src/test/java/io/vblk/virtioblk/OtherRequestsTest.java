// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.DATA;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_CONFIG_WCE;
import static io.vblk.virtioblk.HandMadeGuest.FEATURE_FLUSH;
import static io.vblk.virtioblk.HandMadeGuest.FLUSH;
import static io.vblk.virtioblk.HandMadeGuest.GET_ID;
import static io.vblk.virtioblk.HandMadeGuest.HEADER;
import static io.vblk.virtioblk.HandMadeGuest.OK;
import static io.vblk.virtioblk.HandMadeGuest.SECTOR;
import static io.vblk.virtioblk.HandMadeGuest.SERIAL;
import static io.vblk.virtioblk.HandMadeGuest.STATUS;
import static io.vblk.virtioblk.HandMadeGuest.readable;
import static io.vblk.virtioblk.HandMadeGuest.writable;
import static io.vblk.virtioblk.RequestRule.answered;
import static io.vblk.virtioblk.RequestRule.unsupported;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.virtioblk.HandMadeGuest.Part;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** GET_ID, FLUSH and types that the device does not know (virtio 1.3, 5.2.6). */
class OtherRequestsTest {
    private static final int BARRIER = 0x80000000;
    private static final int ID_BYTES = 20;
    private static final Part WHOLE_HEADER = readable(HEADER, 16);
    private static final Part STATUS_BYTE = writable(STATUS, 1);

    private static Consumer<HandMadeGuest> chain(int type, long sector, Part... parts) {
        return g -> {
            g.header(type, sector);
            g.send(parts);
        };
    }

    /** The serial, padded with zeroes, as much as there is room for. */
    private static byte[] serial(int bytes) {
        return Arrays.copyOf(SERIAL.getBytes(StandardCharsets.US_ASCII), bytes);
    }

    private static RequestRule id(String name, int usedLength, int idBytes, Part... parts) {
        return answered("5.2.6: GET_ID " + name, usedLength, OK, chain(GET_ID, 0, parts))
                .guestGets(DATA, serial(idBytes));
    }

    static List<RequestRule> ids() {
        return List.of(
                id("with room for 20 bytes", 21, ID_BYTES, WHOLE_HEADER,
                        writable(DATA, ID_BYTES), STATUS_BYTE),
                id("with room for 5 bytes", 6, 5, WHOLE_HEADER, writable(DATA, 5), STATUS_BYTE),
                id("with room for 19 bytes", 20, 19,
                        WHOLE_HEADER, writable(DATA, 19), STATUS_BYTE),
                id("with room for 100 bytes: the length is what was written, without a gap",
                        ID_BYTES, ID_BYTES, WHOLE_HEADER, writable(DATA, 100), STATUS_BYTE),
                id("without room", 1, 0, WHOLE_HEADER, STATUS_BYTE),
                id("into pieces", 21, ID_BYTES, WHOLE_HEADER, writable(DATA, 3),
                        writable(DATA + 3, 1), writable(DATA + 4, 16), STATUS_BYTE),
                id("with the status in the same descriptor", 21, ID_BYTES, WHOLE_HEADER,
                        writable(DATA, ID_BYTES + 1)).statusAt(DATA + ID_BYTES));
    }

    static List<RequestRule> flushes() {
        return List.of(
                answered("5.2.6: FLUSH", 1, OK, chain(FLUSH, 0, WHOLE_HEADER, STATUS_BYTE)),
                answered("5.2.6: FLUSH whatever its sector says", 1, OK,
                        chain(FLUSH, -1, WHOLE_HEADER, STATUS_BYTE)),
                answered("5.2.6: FLUSH with the barrier bit of an old driver", 1, OK,
                        chain(BARRIER | FLUSH, 0, WHOLE_HEADER, STATUS_BYTE)));
    }

    static List<RequestRule> unknownTypes() {
        List<RequestRule> rules = new ArrayList<>();
        int[] types = {2, 3, 5, 6, 7, 9, 10, 12, 14, 15, 16, 18, 20, 22, 24, 26, 99, 0x4000_0000,
            0x7FFF_FFFF, BARRIER | 99, -1};
        for (int type : types) {
            rules.add(unsupported("5.2.6: type " + Integer.toUnsignedString(type) + " for reading",
                    chain(type, 3, WHOLE_HEADER, writable(DATA, SECTOR), STATUS_BYTE)));
            rules.add(unsupported("5.2.6: type " + Integer.toUnsignedString(type) + " for writing",
                    chain(type, 3, WHOLE_HEADER, readable(DATA, SECTOR), STATUS_BYTE)));
        }
        return rules;
    }

    @ParameterizedTest
    @MethodSource({"ids", "flushes", "unknownTypes"})
    void requests(RequestRule rule) throws Exception {
        for (boolean indirect : new boolean[] {false, true}) {
            rule.checkOnBothRings(HandMadeGuest.QUEUED, indirect);
        }
    }

    @Test
    void aFlushReachesTheDiskAndIsCounted() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            chain(FLUSH, 0, WHOLE_HEADER, STATUS_BYTE).accept(guest);
            guest.serve();
            assertEquals(1, guest.disk.flushes());
            assertEquals(1, guest.device.stats().flushes());
        }
    }

    @Test
    void aFlushThatWasNotNegotiatedIsCarriedOutAllTheSame() throws Exception {
        try (HandMadeGuest guest = new HandMadeGuest(HandMadeGuest.limits(SECTOR, false),
                HandMadeGuest.QUEUED, FEATURE_FLUSH | FEATURE_CONFIG_WCE, false)) {
            chain(FLUSH, 0, WHOLE_HEADER, STATUS_BYTE).accept(guest);
            guest.serve();
            assertEquals(OK, guest.ram.get8(STATUS));
            assertEquals(1, guest.disk.flushes());
        }
    }

    @Test
    void countersTellReadsWritesAndWhatWasMoved() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.QUEUED, false)) {
            chain(HandMadeGuest.IN, 0, WHOLE_HEADER, writable(DATA, 8 * SECTOR), STATUS_BYTE)
                    .accept(guest);
            guest.serve();
            chain(HandMadeGuest.OUT, 0, WHOLE_HEADER, readable(DATA, 3 * SECTOR), STATUS_BYTE)
                    .accept(guest);
            guest.serve();
            chain(99, 0, WHOLE_HEADER, STATUS_BYTE).accept(guest);
            guest.serve();
            VirtioBlkStats stats = guest.device.stats();
            assertEquals(3, stats.requests());
            assertEquals(8 * SECTOR, stats.bytesRead());
            assertEquals(3 * SECTOR, stats.bytesWritten());
            assertEquals(1, stats.unsupported());
            assertEquals(3, stats.kicks());
            assertEquals(3, stats.batches());
        }
    }
}
