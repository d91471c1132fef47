// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.vhostuser.ReferenceFrontend.NEED_REPLY;
import static io.vblk.vhostuser.ReferenceFrontend.SET_VRING_ENABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.UnixSocket;
import io.vblk.vhostuser.OpenResources;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.VhostUserListener;
import io.vblk.vhostuser.WireBytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several front-ends of a disk: at a time, and one after the other. */
@Timeout(60)
class VhostUserConnectionsTest {
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

    private VhostUserGuest guest() throws Exception {
        return host.first().guest();
    }

    @Test
    void aFrontEndThatLeavesAndReturnsFindsTheDisk() throws Exception {
        OpenResources before = null;
        for (int i = 0; i < 5; i++) {
            try (VhostUserGuest guest = guest()) {
                guest.start(0, 1, SIZE);
                guest.queue(0).send(0, 0, 40);
                guest.queue(0).assertOk(0);
                int found = guest.ram.get32(guest.queue(0).slot(0).data());
                assertEquals(i == 0 ? 40 : 0x4321 + i - 1, found, "what was written before");
                guest.queue(0).assertWrites(40, 0x4321 + i);
                assertTrue(host.first().isLocked());
            }
            host.first().awaitConnections(0);
            host.settle();
            assertFalse(host.first().isLocked(), "lock of a front-end that is gone");
            assertEquals(0, host.first().listener.runningCount());
            assertTrue(host.first().devices.isEmpty());
            if (i > 1) {
                assertEquals(before, OpenResources.now());
            }
            before = OpenResources.now();
        }
    }

    @Test
    void aSecondNegotiatesAndReadsTheConfigurationWhileTheFirstRuns() throws Exception {
        try (VhostUserGuest first = guest()) {
            first.start(0, 1, SIZE);
            first.queue(0).assertReads(1);
            try (VhostUserGuest second = guest()) {
                assertEquals(VhostUserHost.DISK_SECTORS,
                        WireBytes.field(second.wire.getConfig(0, 57), 0, 8), "capacity");
                first.queue(0).assertReads(2);
                assertEquals(1, host.first().listener.runningCount());
                assertEquals(2, host.first().listener.connectionCount());
            }
            first.queue(0).assertReads(3);
        }
    }

    @Test
    void theRingsOfASecondStartOnceTheFirstHasStopped() throws Exception {
        try (VhostUserGuest first = guest(); VhostUserGuest second = guest()) {
            first.start(0, 1, SIZE);
            first.queue(0).assertReads(1);
            first.stop(1);
            assertFalse(host.first().isLocked());
            second.start(0, 1, SIZE);
            second.queue(0).assertReads(2);
            assertTrue(host.first().isLocked());
            second.stop(1);
            first.resume(1);
            first.queue(0).assertReads(3);
        }
    }

    @Test
    void theRingsOfASecondStartOnceTheFirstHasLeft() throws Exception {
        try (VhostUserGuest second = guest()) {
            try (VhostUserGuest first = guest()) {
                first.start(0, 1, SIZE);
                first.queue(0).assertReads(1);
            }
            host.first().awaitConnections(1);
            second.start(0, 1, SIZE);
            second.queue(0).assertReads(2);
        }
    }

    @Test
    void disabledRingsAreNotStoppedOnes() throws Exception {
        try (VhostUserGuest first = guest(); VhostUserGuest second = guest()) {
            first.start(0, 1, SIZE);
            first.queue(0).assertReads(1);
            first.enableAll(0);
            first.wire.settle();
            second.start(0, 1, SIZE);
            second.wire.awaitClosed();
            first.enableAll(1);
            first.queue(0).assertReads(2);
        }
    }

    @Test
    void aSecondThatStartsRingsWhileTheFirstRunsIsClosed() throws Exception {
        try (VhostUserGuest first = guest()) {
            first.start(0, 1, SIZE);
            first.queue(0).assertReads(1);
            try (VhostUserGuest second = guest()) {
                second.setFeatures(0);
                second.queue(0).lay(SIZE);
                second.queue(0).send(0, 0, 5);
                second.resume(1);
                second.wire.awaitClosed();
                second.queue(0).assertNothingUsed();
            }
            host.first().awaitConnections(1);
            first.queue(0).assertReads(2);
        }
    }

    @Test
    void aStartThatWasRefusedWithAnAnswerIsTriedAgain() throws Exception {
        try (VhostUserGuest first = guest(); VhostUserGuest second = guest()) {
            first.start(0, 1, SIZE);
            first.queue(0).assertReads(1);
            second.setFeatures(0);
            second.queue(0).lay(SIZE);
            second.queue(0).sendCall();
            second.queue(0).configure();
            byte[] enable = ReferenceFrontend.state(0, 1);
            assertEquals(1, second.wire.ask(SET_VRING_ENABLE, NEED_REPLY, enable));
            // Nothing has changed: what does not start rings is granted as before.
            second.wire.sendAcked(ReferenceFrontend.SET_MEM_TABLE,
                    second.shared.table(), second.shared.fds());
            second.wire.sendAcked(SET_VRING_ENABLE, ReferenceFrontend.state(0, 0));
            first.stop(1);
            second.wire.sendAcked(SET_VRING_ENABLE, enable);
            second.queue(0).assertReads(2);
        }
    }

    @Test
    void ringsOfADiskThatSomebodyElseHasLockedDoNotStart() throws Exception {
        host.first().refusal = "another process writes to it";
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, SIZE);
            guest.wire.awaitClosed();
        }
        host.first().refusal = null;
        host.first().awaitConnections(0);
        try (VhostUserGuest guest = guest()) {
            guest.start(0, 1, SIZE);
            guest.queue(0).assertReads(1);
        }
    }

    @Test
    void aConnectionThatIsThereAlreadyIsServed() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        try (VhostUserListener listener = VhostUserListener.open(
                "handed over", pair[1], host.control, host.first())) {
            try (VhostUserGuest guest =
                    VhostUserGuest.connected(new ReferenceFrontend(pair[0]))) {
                guest.start(0, 1, SIZE);
                guest.queue(0).assertReads(1);
                assertEquals(1, listener.connectionCount());
            }
            VhostUserHost.await(() -> listener.connectionCount() == 0, "the end");
        }
    }

    @Test
    void sixteenAtATimeAndTheNextIsClosed() throws Exception {
        List<ReferenceFrontend> wires = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            wires.add(host.first().dial());
            wires.get(i).settle();
        }
        try (ReferenceFrontend next = host.first().dial()) {
            next.awaitClosed();
        }
        wires.remove(3).close();
        host.first().awaitConnections(15);
        try (ReferenceFrontend next = host.first().dial()) {
            next.settle();
        }
        wires.forEach(ReferenceFrontend::settle);
        wires.forEach(ReferenceFrontend::close);
        host.first().awaitConnections(0);
    }

    @Test
    void aListenerThatClosesWaitsForWhatIsUnderWay() throws Exception {
        VhostUserHost.Disk slow = host.serve(1, Behaviour.ON_DEMAND);
        try (VhostUserGuest guest = slow.guest()) {
            guest.start(0, 1, SIZE);
            guest.queue(0).send(0, 0, 1);
            slow.awaitUnderWay(1);
            Thread closer = new Thread(slow.listener::close, "closer");
            closer.start();
            while (closer.getState() != Thread.State.WAITING) {
                assertTrue(closer.isAlive(), "did not wait");
                Thread.onSpinWait();
            }
            slow.complete(0);
            closer.join(20_000);
            assertFalse(closer.isAlive());
            guest.queue(0).assertOk(0);
            guest.wire.awaitClosed();
        }
    }
}
