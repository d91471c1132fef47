// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.ADD_MEM_REG;
import static io.vblk.vhostuser.ReferenceFrontend.NEED_REPLY;
import static io.vblk.vhostuser.ReferenceFrontend.PLAIN;
import static io.vblk.vhostuser.ReferenceFrontend.REM_MEM_REG;
import static io.vblk.vhostuser.ReferenceFrontend.SET_MEM_TABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.Posix;
import io.vblk.vhostuser.OpenResources;
import io.vblk.vhostuser.SharedRam;
import io.vblk.vhostuser.SharedRam.Region;
import io.vblk.vhostuser.WireBytes;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.VhostUserGuest.Queue;
import io.vblk.virtioblk.VhostUserGuest.Slot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory that a front-end shares: two keys, many regions, changes while requests run. */
@Timeout(60)
class VhostUserMemoryTest {
    private static final long MB = 1 << 20;
    private static final long GUEST = 0x1_0000_0000L;
    private static final long USER = 0x7f00_0000_0000L;
    private static final int SIZE = 8;

    private VhostUserHost host;

    @BeforeEach
    void serve() throws Exception {
        host = VhostUserHost.withDisk(1);
    }

    @AfterEach
    void end() {
        host.close();
    }

    private VhostUserGuest guest(Region... regions) throws Exception {
        VhostUserGuest guest =
                VhostUserGuest.silent(host.first().dial(), SharedRam.of(regions));
        guest.negotiate();
        return guest;
    }

    /** Ring, headers, data and status each in another region, of other offsets each. */
    private static Region[] scattered() {
        return new Region[] {
            new Region(0, MB, USER + 0x1234_5000L, 0, -1),
            new Region(GUEST, MB, USER, 0x3000, -1),
            new Region(GUEST + MB, MB, USER + 16 * MB, 2 * MB, -1),
            // As of a file of huge pages: the offset is no multiple of one.
            new Region(GUEST + 64 * MB, MB, USER + 4 * MB, 2 * MB + 0x7000, -1),
            new Region(0x1000_0000_0000L, 0x5000, USER + 8 * MB, 0x200, -1),
        };
    }

    private static void scatter(Queue queue) {
        long ring = GUEST + 64 * MB;
        queue.use(new VirtqueueConfig(
                SIZE, ring + 0x100, GUEST + MB + 0x2002, 0x1000_0000_0000L + 0x14, 0));
        // The data lies across the border of two regions that touch.
        queue.place(0, new Slot(0x1000_0000_1000L, GUEST + MB - 512, GUEST + 5, 1024));
    }

    private static void assertScatteredReads(Queue queue, int sector) {
        queue.assertReads(sector);
        assertEquals(sector + 1, queueRam(queue), "second sector, in the next region");
    }

    private static int queueRam(Queue queue) {
        return queue.get32(GUEST + MB);
    }

    @Test
    void ringsAreFoundByTheFrontEndsAddressesAndBuffersByTheGuests() throws Exception {
        try (VhostUserGuest guest = guest(scattered())) {
            guest.addMemory();
            guest.setFeatures(0);
            scatter(guest.queue(0));
            guest.resume(1);
            for (int i = 0; i < 20; i++) {
                assertScatteredReads(guest.queue(0), i);
            }
        }
    }

    @Test
    void aTableOfRegionsServesAsWell() throws Exception {
        try (VhostUserGuest guest = guest(scattered())) {
            guest.wire.sendAcked(SET_MEM_TABLE, guest.shared.table(), guest.shared.fds());
            guest.setFeatures(0);
            scatter(guest.queue(0));
            guest.resume(1);
            assertScatteredReads(guest.queue(0), 3);
            guest.wire.send(SET_MEM_TABLE, PLAIN, guest.shared.table(), guest.shared.fds());
            assertScatteredReads(guest.queue(0), 4);
        }
    }

    @Test
    void memoryMayComeAfterEverythingElse() throws Exception {
        try (VhostUserGuest guest = guest(scattered())) {
            guest.setFeatures(0);
            scatter(guest.queue(0));
            guest.resume(1);
            guest.queue(0).send(0, 0, 5);
            guest.wire.settle();
            guest.wire.sendAcked(SET_MEM_TABLE, guest.shared.table(), guest.shared.fds());
            guest.queue(0).assertOk(0);
        }
    }

    /** The kick may come at any point of the change; none may be lost, and no call. */
    @ParameterizedTest
    @ValueSource(longs = {0, VhostUserGuest.EVENT_IDX, VhostUserGuest.PACKED})
    void aRequestMadeWhileTheTableChangesIsServed(long features) throws Exception {
        try (VhostUserGuest guest = host.first().guest()) {
            guest.start(features, 1, SIZE);
            for (int i = 0; i < 300; i++) {
                guest.wire.send(SET_MEM_TABLE, PLAIN, guest.shared.table(), guest.shared.fds());
                guest.queue(0).assertReads(i % 250);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void regionsComeAndGoWhileRequestsRun(boolean table) throws Exception {
        VhostUserHost.Disk slow = host.serve(1, new Behaviour(0, 0, 0, 300_000, false));
        int extra = Posix.memfdCreate(SharedRam.FILE, Posix.MFD_CLOEXEC);
        Posix.ftruncate(extra, 0x10000);
        Region region = new Region(GUEST, 0x10000, USER, 0, extra);
        try (VhostUserGuest guest = slow.guest()) {
            guest.start(VhostUserGuest.EVENT_IDX, 1, 64);
            Queue queue = guest.queue(0);
            OpenResources before = null;
            for (int round = 0; round < 20; round++) {
                for (int token = 1; token <= 8; token++) {
                    queue.send(token, 0, round + token);
                }
                if (table) {
                    guest.wire.sendAcked(
                            SET_MEM_TABLE, guest.shared.table(), guest.shared.fds());
                } else {
                    guest.wire.sendAcked(ADD_MEM_REG, region.payload(), extra);
                    // Some send a descriptor along, which is of no use.
                    int[] fds = round % 2 == 0 ? new int[0] : new int[] {extra};
                    guest.wire.sendAcked(REM_MEM_REG, region.payload(), fds);
                }
                for (int i = 0; i < 8; i++) {
                    int token = queue.await();
                    assertEquals(0, guest.ram.get8(queue.slot(token).status()));
                    assertEquals(round + token, guest.ram.get32(queue.slot(token).data()));
                }
                guest.wire.settle();
                if (before != null) {
                    assertEquals(before, OpenResources.now());
                }
                before = OpenResources.now();
            }
        } finally {
            Posix.close(extra);
        }
    }

    @Test
    void whatIsRemovedIsOutOfReachAtOnce() throws Exception {
        try (VhostUserGuest guest = guest(scattered())) {
            guest.addMemory();
            guest.setFeatures(0);
            Queue queue = guest.queue(0);
            queue.lay(SIZE);
            guest.resume(1);
            Slot far = new Slot(0x100000 - 64, GUEST + 0x2000, 0x100000 - 1, 512);
            queue.place(0, far);
            queue.assertReads(3);
            guest.wire.sendAcked(REM_MEM_REG, guest.shared.regions().get(1).payload());
            queue.send(0, 0, 4);
            assertEquals(0, queue.await());
            assertEquals(1, guest.ram.get8(far.status()), "IOERR");
            assertEquals(3, guest.ram.get32(far.data()), "untouched");
        }
    }

    @ParameterizedTest
    @CsvSource({
        // guest, bytes, user, offset in a file of 64 KiB
        "0x200000, 0x11000, 0x1000, 0, longer than its file",
        "0x200000, 0x10000, 0x1000, 1, longer than its file by its offset",
        "0x200000, 0x1000, 0x1000, 0x7ffffffffffff000, offset far away",
        "0x200000, 0x1000, 0x1000, -4096, negative offset",
        "0x200000, 0, 0x1000, 0, empty",
        "0x200000, -1, 0x1000, 0, as long as all there is",
        "-4096, 0x10000, 0x1000, 0, wraps round the end by guest address",
        "0x200000, 0x10000, -4096, 0, wraps round the end by front-end address",
        "0x0, 0x1000, 0x1000, 0, is there already by guest address",
        "0xff000, 0x10000, 0x1000, 0, overlaps by guest address",
        "0x200000, 0x10000, 0x7f1234500000, 0, overlaps by front-end address",
    })
    void aRegionThatCannotBeIsRefusedAndTheOldStay(
            String guestAddress, String bytes, String user, String offset, String why)
            throws Exception {
        int fd = Posix.memfdCreate(SharedRam.FILE, Posix.MFD_CLOEXEC);
        Posix.ftruncate(fd, 0x10000);
        Region bad = new Region(Long.decode(guestAddress), Long.decode(bytes),
                Long.decode(user), Long.decode(offset), fd);
        try (VhostUserGuest guest = host.first().guest()) {
            guest.start(0, 1, SIZE);
            guest.queue(0).assertReads(1);
            assertEquals(1, guest.wire.ask(ADD_MEM_REG, NEED_REPLY, bad.payload(), fd), why);
            guest.queue(0).assertReads(2);
            Region good = guest.shared.regions().get(0);
            byte[] table = new WireBytes().u32(2).u32(0)
                    .raw(good.bytes()).raw(bad.bytes()).bytes();
            assertEquals(1, guest.wire.ask(SET_MEM_TABLE, NEED_REPLY, table, good.fd(), fd), why);
            guest.queue(0).assertReads(3);
            guest.wire.send(ADD_MEM_REG, PLAIN, bad.payload(), fd);
            guest.wire.awaitClosed();
        } finally {
            Posix.close(fd);
        }
    }

    @Test
    void aRegionMayEndWhereAddressesEnd() throws Exception {
        int fd = Posix.memfdCreate(SharedRam.FILE, Posix.MFD_CLOEXEC);
        Posix.ftruncate(fd, 0x10000);
        try (VhostUserGuest guest = host.first().guest()) {
            guest.wire.sendAcked(ADD_MEM_REG,
                    new Region(-0x10000, 0x10000, -0x10000, 0, fd).payload(), fd);
            guest.start(0, 1, SIZE);
            guest.queue(0).assertReads(1);
        } finally {
            Posix.close(fd);
        }
    }

    @Test
    void noMoreThan509Regions() throws Exception {
        int fd = Posix.memfdCreate(SharedRam.FILE, Posix.MFD_CLOEXEC);
        Posix.ftruncate(fd, 0x1000);
        try (VhostUserGuest guest = host.first().guest()) {
            for (int i = 1; i < 509; i++) {
                guest.wire.sendAcked(ADD_MEM_REG,
                        new Region(GUEST + i * 0x1000L, 0x1000, USER + i * 0x1000L, 0, fd)
                                .payload(), fd);
            }
            assertEquals(1, guest.wire.ask(ADD_MEM_REG, NEED_REPLY,
                    new Region(GUEST, 0x1000, USER, 0, fd).payload(), fd));
            guest.start(0, 1, SIZE);
            guest.queue(0).assertReads(1);
        } finally {
            Posix.close(fd);
        }
    }
}
