// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.NEED_REPLY;
import static io.vblk.vhostuser.ReferenceFrontend.PLAIN;
import static io.vblk.vhostuser.ReferenceFrontend.SET_FEATURES;
import static io.vblk.vhostuser.ReferenceFrontend.SET_LOG_BASE;
import static io.vblk.vhostuser.ReferenceFrontend.SET_VRING_ADDR;
import static io.vblk.virtioblk.VhostUserGuest.EVENT_IDX;
import static io.vblk.virtioblk.VhostUserGuest.INDIRECT;
import static io.vblk.virtioblk.VhostUserGuest.LOG_ALL;
import static io.vblk.virtioblk.VhostUserGuest.PACKED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.vhostuser.OpenResources;
import io.vblk.vhostuser.SharedRam;
import io.vblk.vhostuser.SharedRam.Region;
import io.vblk.vhostuser.WireBytes;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.VhostUserGuest.Queue;
import io.vblk.virtioblk.VhostUserGuest.Slot;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The log of a live migration against a copy of guest memory: every page that the device has
 * changed is marked, the pages of the guest's own writes left out.
 */
@Timeout(60)
class VhostUserDirtyLogTest {
    private static final long PAGE = 4096;
    private static final long RAM_BYTES = 4 << 20;
    private static final long LOG_BYTES = RAM_BYTES / PAGE / 8;
    /** Where the log lies in its file. */
    private static final long LOG_OFFSET = 64;
    private static final int SIZE = 16;
    private static final int TOKENS = 5;

    private VhostUserHost host;
    private VhostUserGuest guest;
    private Queue queue;
    private int logFd;
    private MappedMemory log;
    private byte[] copy;

    @BeforeEach
    void connect() throws Exception {
        host = VhostUserHost.withDisk(1);
        guest = VhostUserGuest.silent(host.first().dial(),
                SharedRam.of(new Region(0, RAM_BYTES, 0x7f00_0000_0000L, 0, -1)));
        guest.negotiate();
        guest.addMemory();
        logFd = Posix.memfdCreate("log", Posix.MFD_CLOEXEC);
        Posix.ftruncate(logFd, LOG_OFFSET + LOG_BYTES);
        log = MappedMemory.shared(logFd, LOG_OFFSET, LOG_BYTES);
    }

    @AfterEach
    void end() {
        guest.close();
        host.close();
        log.close();
        Posix.close(logFd);
    }

    /** Device-written areas have pages of their own, at the far end of guest memory. */
    private void start(long features) {
        guest.setFeatures(features);
        queue = guest.queue(0);
        boolean packed = (features & PACKED) != 0;
        // The used ring crosses two page borders: its first elements share a page with neither
        // its head nor its end, which are marked for what suppresses kicks as well.
        queue.use(packed ? new VirtqueueConfig(SIZE, 0x10_0000 - 0x60, 0x8000, 0x20_0000, 0)
                : new VirtqueueConfig(1024, 0x2_0000, 0x3_0000, 0x10_0000 - 8, 0));
        for (int token = 0; token < TOKENS; token++) {
            // Data across a page border, the status alone in a page.
            queue.place(token, new Slot(0x3_8000 + token * 16,
                    0x30_0000 + token * 0x10000 - 512, 0x38_0000 + token * 0x3000, 1024));
        }
        guest.resume(1);
        read(0);
    }

    private void read(int sector) {
        queue.send(0, 0, sector);
        queue.assertOk(0);
    }

    private byte[] logBase() {
        return new WireBytes().u64(LOG_BYTES).u64(LOG_OFFSET).bytes();
    }

    /** As QEMU does while rings run: log, features, addresses. */
    private void switchOn() {
        assertEquals(0, guest.wire.ask(SET_LOG_BASE, PLAIN, logBase(), logFd));
        guest.wire.sendAcked(SET_FEATURES,
                new WireBytes().u64(guest.features | LOG_ALL).bytes());
        guest.wire.sendAcked(SET_VRING_ADDR, queue.addresses(1));
    }

    private void switchOff() {
        guest.wire.sendAcked(SET_VRING_ADDR, queue.addresses(0));
        guest.wire.sendAcked(SET_FEATURES, new WireBytes().u64(guest.features).bytes());
    }

    private byte[] memory() {
        byte[] bytes = new byte[(int) RAM_BYTES];
        NativeMemory.copyToArray(guest.ram.host(0, RAM_BYTES), bytes, 0, bytes.length);
        return bytes;
    }

    private BitSet marked() {
        byte[] bytes = new byte[(int) LOG_BYTES];
        NativeMemory.copyToArray(log.address(), bytes, 0, bytes.length);
        return BitSet.valueOf(bytes);
    }

    private BitSet changed() {
        byte[] now = memory();
        BitSet pages = new BitSet();
        for (int i = 0; i < now.length; i++) {
            if (now[i] != copy[i]) {
                pages.set((int) (i / PAGE));
            }
        }
        return pages;
    }

    private static String hex(BitSet pages) {
        StringBuilder text = new StringBuilder();
        pages.stream().forEach(page -> text.append(String.format(" 0x%x000", page)));
        return text.toString();
    }

    private void assertMarked() {
        BitSet missing = changed();
        // The guest's own: tables, driver area, headers.
        missing.clear(0, 0x40);
        missing.andNot(marked());
        assertTrue(missing.isEmpty(), () -> "changed and not marked:" + hex(missing));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, INDIRECT | EVENT_IDX, PACKED, PACKED | EVENT_IDX,
        PACKED | INDIRECT | EVENT_IDX})
    void marksEachPageThatIsChangedWhileRingsRun(long features) throws Exception {
        start(features);
        assertTrue(marked().isEmpty());
        switchOn();
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 40; round++) {
            NativeMemory.fill(log.address(), LOG_BYTES, 0);
            int count = 1 + random.nextInt(TOKENS);
            for (int token = 0; token < count; token++) {
                // Another sector each time, so that the bytes do change.
                queue.add(token, 0, (round * TOKENS + token) % 250);
            }
            copy = memory();
            queue.publish();
            for (int i = 0; i < count; i++) {
                queue.await();
            }
            guest.wire.settle();
            host.settle();
            assertMarked();
            BitSet marked = marked();
            assertTrue(marked.get(0x30_0000 / 4096 - 1), "data");
            assertTrue(marked.get(0x30_0000 / 4096), "data behind the border");
            assertTrue(marked.get(0x38_0000 / 4096), "status");
            assertTrue(marked.cardinality() <= 3 * TOKENS + 5, () -> "too many:" + hex(marked));
        }
        switchOff();
        NativeMemory.fill(log.address(), LOG_BYTES, 0);
        read(9);
        guest.wire.settle();
        assertTrue(marked().isEmpty(), () -> "marked after the end:" + hex(marked()));
        read(10);
    }

    @Test
    void anUnloggedRingMarksDataOnly() throws Exception {
        start(0);
        assertEquals(0, guest.wire.ask(SET_LOG_BASE, PLAIN, logBase(), logFd));
        guest.wire.sendAcked(SET_FEATURES,
                new WireBytes().u64(guest.features | LOG_ALL).bytes());
        read(3);
        host.settle();
        BitSet marked = marked();
        assertEquals(3, marked.cardinality(), () -> hex(marked));
    }

    @Test
    void loggingThatIsOnBeforeTheStartIsOnFromTheFirstRequest() throws Exception {
        assertEquals(0, guest.wire.ask(SET_LOG_BASE, NEED_REPLY, logBase(), logFd));
        copy = memory();
        guest.features = VhostUserGuest.BASIC;
        start(LOG_ALL);
        host.settle();
        BitSet marked = marked();
        assertTrue(marked.get(0x30_0000 / 4096), () -> hex(marked));
        assertTrue(marked.get(0x38_0000 / 4096), () -> hex(marked));
    }

    @Test
    void aFailedReadMarksItsStatusAndItsRing() throws Exception {
        start(0);
        switchOn();
        queue.add(1, 0, 1L << 40);
        copy = memory();
        queue.publish();
        assertEquals(1, queue.await());
        assertEquals(1, guest.ram.get8(queue.slot(1).status()), "IOERR");
        host.settle();
        assertMarked();
    }

    @Test
    void aNewLogTakesTheOldOnesPlaceAndIsAlwaysAnswered() throws Exception {
        start(0);
        switchOn();
        OpenResources before = OpenResources.now();
        for (int i = 0; i < 5; i++) {
            assertEquals(0, guest.wire.ask(SET_LOG_BASE, i % 2 == 0 ? PLAIN : NEED_REPLY,
                    logBase(), logFd));
            NativeMemory.fill(log.address(), LOG_BYTES, 0);
            copy = memory();
            read(20 + i);
            host.settle();
            assertMarked();
        }
        guest.wire.settle();
        assertEquals(before, OpenResources.now());
    }

    /** A log that is too small cannot be marked: libvhost-user ends the process there. */
    @Test
    void aLogThatIsTooSmallCostsNothingElse() throws Exception {
        start(0);
        byte[] small = new WireBytes().u64(8).u64(LOG_OFFSET).bytes();
        assertEquals(0, guest.wire.ask(SET_LOG_BASE, PLAIN, small, logFd));
        guest.wire.sendAcked(SET_FEATURES,
                new WireBytes().u64(guest.features | LOG_ALL).bytes());
        guest.wire.sendAcked(SET_VRING_ADDR, queue.addresses(1));
        read(5);
        read(6);
        host.settle();
        for (int at = 8; at < LOG_BYTES; at++) {
            assertEquals(0, NativeMemory.getByte(log.address() + at), "behind the log");
        }
    }
}
