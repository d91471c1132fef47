// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.BlockLimits;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * One rule of the specification: what a guest lays out, and all that may come of it. Whatever the
 * rule does not name, in guest memory and on the disk, has to stay as it was.
 */
final class RequestRule {
    private record Change(long at, byte[] bytes) {}

    private static final int NO_STATUS = -1;

    private final String name;
    private final Consumer<HandMadeGuest> lay;
    private final int usedLength;
    private final int status;
    private long statusAddress = HandMadeGuest.STATUS;
    private final List<Change> guestChanges = new ArrayList<>();
    private final List<Change> diskChanges = new ArrayList<>();

    private RequestRule(String name, int usedLength, int status, Consumer<HandMadeGuest> lay) {
        this.name = name;
        this.usedLength = usedLength;
        this.status = status;
        this.lay = lay;
    }

    /** A chain that comes back with this length and this status. */
    static RequestRule answered(
            String name, int usedLength, int status, Consumer<HandMadeGuest> lay) {
        return new RequestRule(name, usedLength, status, lay);
    }

    /** A chain that comes back with status IOERR, which is all that is written. */
    static RequestRule failed(String name, Consumer<HandMadeGuest> lay) {
        return answered(name, 1, HandMadeGuest.IOERR, lay);
    }

    /** A chain that comes back with status UNSUPP, which is all that is written. */
    static RequestRule unsupported(String name, Consumer<HandMadeGuest> lay) {
        return answered(name, 1, HandMadeGuest.UNSUPP, lay);
    }

    /** A chain without a place for a status: it comes back with length 0. */
    static RequestRule unanswered(String name, Consumer<HandMadeGuest> lay) {
        return new RequestRule(name, 0, NO_STATUS, lay);
    }

    /** The status lies here instead of at {@link HandMadeGuest#STATUS}. */
    RequestRule statusAt(long address) {
        statusAddress = address;
        return this;
    }

    /** The guest gets these bytes. */
    RequestRule guestGets(long address, byte... bytes) {
        guestChanges.add(new Change(address, bytes));
        return this;
    }

    /** The guest gets a part of the disk's first contents. */
    RequestRule guestGetsDisk(long address, int offset, int length) {
        return guestGets(address,
                Arrays.copyOfRange(HandMadeGuest.pattern(), offset, offset + length));
    }

    /** The disk gets these bytes. */
    RequestRule diskGets(int offset, byte... bytes) {
        diskChanges.add(new Change(offset, bytes));
        return this;
    }

    /** Checks it with an ordinary disk, on a split and on a packed ring. */
    void checkOnBothRings(Behaviour behaviour, boolean indirect) throws Exception {
        checkOnBothRings(
                HandMadeGuest.limits(HandMadeGuest.SECTOR, false), behaviour, 0, indirect);
    }

    /** Checks it on a split and on a packed ring. */
    void checkOnBothRings(BlockLimits limits, Behaviour behaviour, long leftOut,
            boolean indirect) throws Exception {
        for (boolean packed : new boolean[] {false, true}) {
            try (HandMadeGuest guest =
                    new HandMadeGuest(packed, limits, behaviour, leftOut, indirect)) {
                check(guest);
            } catch (AssertionError e) {
                throw new AssertionError((packed ? "packed: " : "split: ") + name, e);
            }
        }
    }

    /** Lays out the request, serves it and looks at everything. */
    void check(HandMadeGuest guest) {
        lay.accept(guest);
        byte[][] expected = guest.snapshot();
        for (Change change : guestChanges) {
            HandMadeGuest.write(expected, change.at(), change.bytes());
        }
        if (status != NO_STATUS) {
            HandMadeGuest.write(expected, statusAddress, new byte[] {(byte) status});
        }
        byte[] expectedDisk = guest.diskBytes();
        for (Change change : diskChanges) {
            System.arraycopy(
                    change.bytes(), 0, expectedDisk, (int) change.at(), change.bytes().length);
        }
        List<HandMadeGuest.Used> used = guest.serve();
        assertEquals(1, used.size(), "used elements");
        assertEquals(usedLength, used.get(0).length(), "used length");
        if (status != NO_STATUS) {
            assertEquals(status, guest.ram.get8(statusAddress), "status");
        }
        byte[][] seen = guest.snapshot();
        for (int i = 0; i < seen.length; i++) {
            assertSame("guest memory, region " + i, expected[i], seen[i]);
        }
        assertSame("disk", expectedDisk, guest.diskBytes());
        VirtioBlkStats stats = guest.device.stats();
        assertEquals(1, stats.requests());
        assertEquals(status == NO_STATUS ? 1 : 0, stats.malformed());
        assertEquals(status == HandMadeGuest.IOERR ? 1 : 0, stats.errors());
        assertEquals(status == HandMadeGuest.UNSUPP ? 1 : 0, stats.unsupported());
        guest.assertAlive();
    }

    /** As assertArrayEquals, but at the speed of memory. */
    private static void assertSame(String what, byte[] expected, byte[] seen) {
        int at = Arrays.mismatch(expected, seen);
        assertEquals(-1, at, what + " differs");
    }

    @Override
    public String toString() {
        return name;
    }
}
