// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.PLAIN;
import static io.vblk.vhostuser.ReferenceFrontend.SET_LOG_BASE;
import static io.vblk.vhostuser.ReferenceFrontend.SET_VRING_ADDR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.Posix;
import io.vblk.vhostuser.SharedRam;
import io.vblk.vhostuser.SharedRam.Region;
import io.vblk.vhostuser.WireBytes;
import io.vblk.virtio.VirtqueueConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A front-end cuts short the file of the memory that it shares, which is a SIGBUS to touch. */
@Timeout(60)
class LostMemoryTest {
    private static final int SIZE = 8;
    private static final boolean COMES_LATE = Runtime.version().feature() < 21;
    private static final long PACKED = 1L << 34;
    private static final long RAM_BYTES = 1 << 20;
    private static final long LOG_BYTES = 4096;
    /** Ends requests when told to, without touching the guest's memory, as a system call would. */
    private static final Behaviour FAILING = new Behaviour(0, 0, 100, 0, true);

    /** What the JVM says in time, at the access itself, nobody else hears of. */
    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void ringsStopAndOthersGoOn(long features) throws Exception {
        if (COMES_LATE) {
            theProcessLives(features);
            return;
        }
        try (VhostUserHost host = VhostUserHost.withDisk(1)) {
            VhostUserHost.Disk other = host.serve(1, Behaviour.PLAIN);
            try (VhostUserGuest neighbour = other.guest()) {
                neighbour.start(features, 1, SIZE);
                for (int round = 0; round < 20; round++) {
                    VhostUserGuest guest = losing(host, features);
                    neighbour.queue(0).assertReads(30 + round);
                    guest.close();
                    host.first().awaitConnections(0);
                    neighbour.queue(0).assertReads(31 + round);
                }
                assertTrue(host.control.isAlive() && host.data.isAlive());
                assertEquals(0, host.first().listener.runningCount());
            }
        }
    }

    /** A guest whose memory is gone, and that has kicked since. */
    private static VhostUserGuest losing(VhostUserHost host, long features) throws Exception {
        VhostUserGuest guest = host.first().guest();
        guest.start(features, 1, SIZE);
        guest.queue(0).assertReads(7);
        Posix.ftruncate(guest.shared.fds()[0], 0);
        guest.queue(0).kick.set();
        return guest;
    }

    /**
     * Elsewhere the error comes out of anything, which ends a server in order. What must not be is
     * the end of the JVM, and with it of this test.
     */
    private static void theProcessLives(long features) throws Exception {
        VhostUserHost host = VhostUserHost.withDisk(1);
        losing(host, features).close();
        try {
            host.close();
        } catch (IllegalStateException e) {
            assertTrue(!host.data.isAlive() || !host.control.isAlive(), e.toString());
        } catch (InternalError e) {
            assertTrue(e.getMessage().contains("unsafe memory access"), e.toString());
        }
    }

    /** The page of the available ring is gone when the ring starts, the others are there. */
    @Test
    void aStartThatBreaksOffLeavesNothingRunning() throws Exception {
        if (COMES_LATE) {
            return;
        }
        int log = Posix.memfdCreate("vblk-test-log", Posix.MFD_CLOEXEC);
        try (VhostUserHost host = VhostUserHost.withDisk(1)) {
            Posix.ftruncate(log, LOG_BYTES);
            for (int round = 0; round < 20; round++) {
                VhostUserGuest guest = VhostUserGuest.silent(host.first().dial(), SharedRam.of(
                        new Region(0, RAM_BYTES, 0x7f00_0000_0000L, 0, -1)));
                guest.negotiate();
                guest.addMemory();
                assertEquals(0, guest.wire.ask(SET_LOG_BASE, PLAIN,
                        new WireBytes().u64(LOG_BYTES).u64(0).bytes(), log));
                guest.setFeatures(VhostUserGuest.LOG_ALL);
                VhostUserGuest.Queue queue = guest.queue(0);
                queue.use(new VirtqueueConfig(SIZE, 0x1000, RAM_BYTES - 0x1000, 0x3000, 0));
                queue.configure();
                guest.wire.sendAcked(SET_VRING_ADDR, queue.addresses(1));
                Posix.ftruncate(guest.shared.fds()[0], RAM_BYTES - 0x1000);
                queue.enable(1);
                guest.close();
                host.first().awaitConnections(0);
            }
            assertTrue(host.control.isAlive() && host.data.isAlive());
            assertEquals(0, host.first().listener.runningCount());
        } finally {
            Posix.close(log);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, PACKED})
    void requestsUnderWayEndFirst(long features) throws Exception {
        if (COMES_LATE) {
            theProcessLives(features);
            return;
        }
        try (VhostUserHost host = new VhostUserHost()) {
            VhostUserHost.Disk slow = host.serve(1, FAILING);
            VhostUserGuest guest = slow.guest();
            guest.start(features, 1, SIZE);
            guest.queue(0).send(0, 0, 5);
            guest.queue(0).send(1, 0, 6);
            slow.awaitUnderWay(2);
            Posix.ftruncate(guest.shared.fds()[0], 0);
            complete(slow);
            guest.close();
            complete(slow);
            slow.awaitConnections(0);
            assertTrue(host.control.isAlive() && host.data.isAlive());
        }
    }

    /** The error may come out of the queue, to whoever completes its request, who goes on. */
    private static void complete(VhostUserHost.Disk disk) {
        try {
            disk.complete(0);
        } catch (InternalError e) {
            assertTrue(e.getMessage().contains("unsafe memory access"), e.toString());
        }
    }
}
