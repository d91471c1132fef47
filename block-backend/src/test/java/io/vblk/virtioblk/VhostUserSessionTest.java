// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.ADD_MEM_REG;
import static io.vblk.vhostuser.ReferenceFrontend.GET_FEATURES;
import static io.vblk.vhostuser.ReferenceFrontend.GET_MAX_MEM_SLOTS;
import static io.vblk.vhostuser.ReferenceFrontend.GET_PROTOCOL_FEATURES;
import static io.vblk.vhostuser.ReferenceFrontend.GET_QUEUE_NUM;
import static io.vblk.vhostuser.ReferenceFrontend.GET_STATUS;
import static io.vblk.vhostuser.ReferenceFrontend.NEED_REPLY;
import static io.vblk.vhostuser.ReferenceFrontend.NO_FD;
import static io.vblk.vhostuser.ReferenceFrontend.PLAIN;
import static io.vblk.vhostuser.ReferenceFrontend.RESET_DEVICE;
import static io.vblk.vhostuser.ReferenceFrontend.SET_BACKEND_REQ_FD;
import static io.vblk.vhostuser.ReferenceFrontend.SET_CONFIG;
import static io.vblk.vhostuser.ReferenceFrontend.SET_STATUS;
import static io.vblk.vhostuser.ReferenceFrontend.SET_VRING_CALL;
import static io.vblk.vhostuser.ReferenceFrontend.SET_VRING_ERR;
import static io.vblk.vhostuser.ReferenceFrontend.SET_VRING_KICK;
import static io.vblk.virtioblk.VhostUserGuest.CONFIG_WCE;
import static io.vblk.virtioblk.VhostUserGuest.EVENT_IDX;
import static io.vblk.virtioblk.VhostUserGuest.FLUSH;
import static io.vblk.virtioblk.VhostUserGuest.INDIRECT;
import static io.vblk.virtioblk.VhostUserGuest.PACKED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.EventNotifier;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import io.vblk.vhostuser.OpenResources;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.WireBytes;
import io.vblk.virtioblk.VhostUserGuest.Queue;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A front-end's ordinary life, and the parts of it in which back-ends went wrong. */
@Timeout(60)
class VhostUserSessionTest {
    private static final byte[] NOTHING = new byte[0];
    private static final int WRITEBACK = 32;

    private VhostUserHost host;

    @BeforeEach
    void serve() throws Exception {
        host = VhostUserHost.withDisk(2);
    }

    @AfterEach
    void end() {
        host.close();
    }

    private VhostUserGuest guest() throws Exception {
        return host.first().guest();
    }

    // ------------------------------------------------------------------ negotiation

    @Test
    void offersWhatFrontEndsNeed() throws Exception {
        try (ReferenceFrontend wire = host.first().dial()) {
            long features = wire.get(GET_FEATURES);
            for (int bit : new int[] {2, 6, 9, 10, 11, 12, 13, 14, 26, 28, 29, 30, 32, 34}) {
                assertTrue((features >> bit & 1) == 1, "feature bit " + bit);
            }
            assertEquals(0, features >> 1 & 1, "SIZE_MAX makes Linux send 4 KiB at most");
            long protocol = wire.get(GET_PROTOCOL_FEATURES);
            for (int bit : new int[] {0, 1, 3, 5, 9, 12, 13, 15, 16}) {
                assertTrue((protocol >> bit & 1) == 1, "protocol feature bit " + bit);
            }
            assertEquals(0, protocol >> 8 & 1, "PAGEFAULT");
            assertEquals(2, wire.get(GET_QUEUE_NUM));
            assertEquals(509, wire.get(GET_MAX_MEM_SLOTS));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 36, 48, 57, 60, 72, 96, 97, 256})
    void configurationIsReadFromAnyOffsetInAnyLength(int length) throws Exception {
        try (ReferenceFrontend wire = host.first().dial()) {
            byte[] all = wire.getConfig(0, 256);
            assertEquals(VhostUserHost.DISK_SECTORS, WireBytes.field(all, 0, 8), "capacity");
            assertEquals(512, WireBytes.field(all, 20, 4), "block size");
            assertEquals(2, WireBytes.field(all, 34, 2), "queues");
            for (int i = 96; i < 256; i++) {
                assertEquals(0, all[i], "byte behind the structure");
            }
            for (int offset = 0; offset + length <= 256; offset += 1 + offset / 8) {
                assertArrayEquals(Arrays.copyOfRange(all, offset, offset + length),
                        wire.getConfig(offset, length), "offset " + offset);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"256, 1", "1, 256", "200, 57", "-1, 4", "2147483647, 4"})
    void configurationBeyondItsEndIsAnsweredEmpty(int offset, int length) throws Exception {
        try (ReferenceFrontend wire = host.first().dial()) {
            wire.send(24, PLAIN, ReferenceFrontend.config(offset, 0, new byte[length]));
            wire.reply(24, 0);
            wire.getConfig(0, 57);
        }
    }

    @Test
    void eachRequestThatAsksIsAckedOnceAndOthersAreNot() throws Exception {
        try (VhostUserGuest guest = guest()) {
            assertEquals(0, guest.wire.ask(SET_STATUS, NEED_REPLY, u64(1)));
            assertEquals(1, guest.wire.ask(GET_STATUS, NEED_REPLY, NOTHING));
            guest.wire.sendU64(SET_STATUS, 3);
            assertEquals(3, guest.wire.get(GET_STATUS));
            assertEquals(0, guest.wire.ask(RESET_DEVICE, NEED_REPLY, NOTHING));
            assertEquals(0, guest.wire.get(GET_STATUS));
            assertTrue(guest.wire.isQuiet(), "an answer too many");
        }
    }

    @Test
    void withoutReplyAckNothingIsAcked() throws Exception {
        try (ReferenceFrontend wire = host.first().dial()) {
            wire.send(SET_STATUS, NEED_REPLY, u64(5));
            assertEquals(5, wire.get(GET_STATUS));
            assertTrue(wire.isQuiet());
        }
    }

    private static byte[] u64(long value) {
        return new WireBytes().u64(value).bytes();
    }

    // ------------------------------------------------------------------ start and stop

    @ParameterizedTest
    @ValueSource(longs = {
        0, EVENT_IDX, INDIRECT | EVENT_IDX, PACKED, PACKED | INDIRECT | EVENT_IDX})
    void servesBothQueuesAndStopsWhereItWas(long features) throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(features, 2, 16);
            for (int i = 0; i < 40; i++) {
                guest.queue(i % 2).assertReads(i);
            }
            guest.queue(0).assertWrites(7, 0x1234);
            guest.stop(2);
            boolean packed = features >= PACKED;
            int perRequest = (features & INDIRECT) != 0 ? 1 : 3;
            // 21 requests; packed: slots of a ring of 16, wrapped by the bit above.
            int place = packed ? (21 * perRequest / 16 % 2 == 0 ? 0x8000 : 0)
                    | 21 * perRequest % 16 : 21;
            assertEquals(packed ? place | place << 16 : place, guest.queue(0).base);
            guest.resume(2);
            guest.queue(0).assertReads(9);
        }
    }

    @Test
    void aKickThatWasReadableBeforeEnableIsServed() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.setFeatures(0);
            Queue queue = guest.queue(0);
            queue.lay(8);
            queue.send(0, 0, 3);
            queue.sendCall();
            queue.configure();
            guest.wire.settle();
            queue.assertNothingUsed();
            queue.enable(1);
            queue.assertOk(0);
        }
    }

    @Test
    void aRequestMadeWhileDisabledIsHeldAndServedOnEnable() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(EVENT_IDX, 1, 8);
            Queue queue = guest.queue(0);
            queue.assertReads(1);
            queue.enable(0);
            guest.wire.settle();
            queue.send(0, 0, 4);
            guest.wire.settle();
            host.settle();
            queue.assertNothingUsed();
            queue.enable(1);
            queue.assertOk(0);
        }
    }

    @Test
    void queuesThatWereNeverSetUpMayBeEnabledAndAsked() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, 8);
            guest.queue(0).assertReads(5);
            assertEquals(0, guest.wire.getBase(1));
            guest.queue(0).assertReads(6);
            guest.stop(1);
            guest.setFeatures(PACKED);
            assertEquals(0x80008000, guest.wire.getBase(1));
        }
    }

    @Test
    void aResetStatusBeforeGetVringBaseLosesNoIndex() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, 8);
            for (int i = 0; i < 11; i++) {
                guest.queue(0).assertReads(i);
            }
            guest.wire.sendU64(SET_STATUS, 0);
            guest.queue(0).assertReads(11);
            guest.stop(1);
            assertEquals(12, guest.queue(0).base);
            assertEquals(12, guest.wire.getBase(0), "asked a second time");
        }
    }

    @Test
    void memoryOutlivesAStopAndIsNotSentAgain() throws Exception {
        try (VhostUserGuest guest = guest()) {
            for (int i = 0; i < 3; i++) {
                guest.start(0, 2, 8);
                guest.queue(1).assertReads(i);
                guest.stop(2);
            }
        }
    }

    @Test
    void driversWithOtherFeaturesFollowEachOtherOnAConnection() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(VhostUserGuest.SEABIOS, 1, 16);
            guest.queue(0).assertReads(0);
            guest.stop(1);
            guest.start(0x170007e46L & ~2L & ~0x8100000L, 2, 64);
            guest.queue(0).assertReads(1);
            guest.queue(1).assertReads(2);
            guest.stop(2);
            guest.start(PACKED | INDIRECT | EVENT_IDX, 2, 64);
            guest.queue(0).assertReads(3);
            guest.queue(1).assertReads(4);
            guest.stop(2);
            guest.start(0, 1, 16);
            guest.queue(0).assertReads(5);
        }
    }

    @Test
    void withoutProtocolFeaturesAllRingsAreEnabledAtOnce() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.features = 1L << 32;
            guest.wire.sendU64(2, guest.features);
            Queue queue = guest.queue(1);
            queue.lay(8);
            queue.sendCall();
            queue.configure();
            queue.assertReads(8);
        }
    }

    @Test
    void aPackedBaseWithoutItsUpperHalfMeansThatAllWasUsed() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(PACKED | INDIRECT, 1, 4);
            Queue queue = guest.queue(0);
            for (int i = 0; i < 6; i++) {
                queue.assertReads(i);
            }
            guest.stop(1);
            assertEquals(0x00020002, queue.base, "second lap, slot 2");
            queue.base &= 0xFFFF;
            guest.resume(1);
            queue.assertReads(6);
            assertEquals(0x00030003, queue.stop());
        }
    }

    @Test
    void requestsUnderWayAreAnsweredBeforeGetVringBaseIs() throws Exception {
        VhostUserHost.Disk slow = host.serve(1, Behaviour.ON_DEMAND);
        try (VhostUserGuest guest = slow.guest()) {
            guest.start(0, 1, 16);
            Queue queue = guest.queue(0);
            queue.send(0, 0, 1);
            queue.send(1, 0, 2);
            slow.awaitUnderWay(2);
            guest.wire.sendState(ReferenceFrontend.GET_VRING_BASE, 0, 0);
            slow.complete(1);
            queue.assertOk(1);
            assertTrue(guest.wire.isQuiet(), "answered while a request is under way");
            slow.complete(0);
            queue.assertOk(0);
            assertEquals(2, guest.wire.reply(ReferenceFrontend.GET_VRING_BASE, 8).u32(4));
        }
    }

    // ------------------------------------------------------------------ kick, call, err

    @Test
    void aCallIsWrittenOnceAfterItWasSet() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.queue(1).sendCall();
            guest.wire.settle();
            assertEquals(1, counter(guest.queue(1).call));
            guest.start(0, 1, 8);
            guest.wire.settle();
            assertEquals(1, counter(guest.queue(0).call));
        }
    }

    private static long counter(EventNotifier notifier) throws Exception {
        try (MappedMemory memory = MappedMemory.anonymous(8)) {
            long got = Posix.read(notifier.fd(), memory.address(), 8);
            return got == 8 ? NativeMemory.getLong(memory.address()) : 0;
        }
    }

    @Test
    void aCallSetWhileTheRingRunsTakesTheOldOnesPlace() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, 8);
            Queue queue = guest.queue(0);
            queue.assertReads(1);
            EventNotifier old = queue.call;
            queue.call = EventNotifier.create();
            int before = openEventFds();
            queue.sendCall();
            guest.wire.settle();
            assertEquals(before, openEventFds(), "the old call is closed");
            ReferenceFrontend.awaitSet(queue.call, "the driver shall look once");
            counter(old);
            queue.assertReads(2);
            assertEquals(0, counter(old), "the old call is out of use");
            old.close();
        }
    }

    private static int openEventFds() {
        return OpenResources.now().descriptors()
                .getOrDefault("anon_inode:[eventfd]", 0);
    }

    @Test
    void aRingWithoutKickIsPolled() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, 8);
            Queue queue = guest.queue(0);
            queue.stop();
            guest.wire.sendU64(SET_VRING_KICK, NO_FD);
            queue.enable(1);
            for (int i = 0; i < 5; i++) {
                queue.add(0, 0, i);
                NativeMemory.fullFence();
                queue.driver.publish();
                queue.assertOk(0);
            }
            assertEquals(5, queue.stop());
        }
    }

    @Test
    void aRingWithoutCallIsServedForADriverThatPolls() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, 8);
            Queue queue = guest.queue(0);
            guest.wire.sendU64(SET_VRING_CALL, NO_FD);
            guest.wire.settle();
            counter(queue.call);
            queue.send(0, 0, 3);
            VhostUserHost.await(queue::hasUsed, "the request");
            assertEquals(0, queue.driver.pollUsed().token());
            assertEquals(1, queue.stop());
            assertEquals(0, counter(queue.call), "the call that was taken back");
        }
    }

    @Test
    void aBrokenRingSetsItsErrAndNothingElseEnds() throws Exception {
        try (VhostUserGuest guest = guest(); EventNotifier err = EventNotifier.create()) {
            guest.wire.sendU64(SET_VRING_ERR, 0, err.fd());
            guest.start(0, 2, 8);
            guest.ram.putAvailIdx(guest.queue(0).ring, 100);
            guest.queue(0).kick.set();
            ReferenceFrontend.awaitSet(err, "err");
            assertEquals(64, guest.wire.get(GET_STATUS) & 64, "NEEDS_RESET");
            guest.queue(1).assertReads(9);
            guest.stop(2);
            guest.start(0, 2, 8);
            guest.queue(0).assertReads(10);
        }
    }

    // ------------------------------------------------------------------ device

    @Test
    void aChangeOfConfigurationIsTold() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        try (VhostUserGuest guest = guest();
                ReferenceFrontend requests = new ReferenceFrontend(pair[0])) {
            guest.wire.sendAcked(SET_BACKEND_REQ_FD, NOTHING, pair[1].fd());
            pair[1].close();
            host.control.call(host.first().devices.get(0)::grow);
            ReferenceFrontend.Message message = requests.receive();
            assertEquals(2, message.request(), "CONFIG_CHANGE_MSG");
            assertEquals(0x1, message.flags());
            assertEquals(0, message.payload().length);
            guest.start(0, 1, 8);
            guest.queue(0).assertReads(1);
        }
    }

    @Test
    void theWriteCacheIsSwitchedByTheFrontEnd() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(FLUSH | CONFIG_WCE, 1, 8);
            assertEquals(1, guest.wire.getConfig(WRITEBACK, 1)[0]);
            guest.wire.sendAcked(SET_CONFIG,
                    ReferenceFrontend.config(WRITEBACK, 0, new byte[] {0}));
            assertEquals(0, guest.wire.getConfig(WRITEBACK, 1)[0]);
            assertTrue(host.first().devices.get(0).writesThrough());
            guest.wire.send(SET_CONFIG, PLAIN,
                    ReferenceFrontend.config(WRITEBACK, 0, new byte[] {1}));
            assertEquals(1, guest.wire.getConfig(WRITEBACK, 1)[0]);
            assertFalse(host.first().devices.get(0).writesThrough());
            guest.wire.sendAcked(SET_CONFIG,
                    ReferenceFrontend.config(WRITEBACK, 1, new byte[] {0}));
            assertEquals(1, guest.wire.getConfig(WRITEBACK, 1)[0], "what a migration says");
        }
    }

    @Test
    void resetDeviceStopsAllRingsAndStartsAnew() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 2, 8);
            guest.queue(0).assertReads(1);
            guest.queue(1).assertReads(1);
            guest.wire.sendAcked(RESET_DEVICE, NOTHING);
            assertFalse(host.first().isLocked());
            assertEquals(0, guest.wire.getBase(0), "forgotten");
            guest.queue(0).send(0, 0, 2);
            host.settle();
            guest.queue(0).assertNothingUsed();
            guest.start(PACKED, 2, 8);
            guest.queue(0).assertReads(3);
        }
    }

    @Test
    void anExtraRegionBehindTheRingsChangesNothing() throws Exception {
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, 8);
            int fd = Posix.memfdCreate("extra", Posix.MFD_CLOEXEC);
            Posix.ftruncate(fd, 8192);
            byte[] region = new WireBytes().u64(0).u64(1L << 40).u64(8192).u64(1L << 44).u64(0)
                    .bytes();
            guest.wire.sendAcked(ADD_MEM_REG, region, fd);
            Posix.close(fd);
            guest.queue(0).assertReads(1);
            guest.wire.sendAcked(ReferenceFrontend.REM_MEM_REG, region);
            guest.queue(0).assertReads(2);
        }
    }
}
