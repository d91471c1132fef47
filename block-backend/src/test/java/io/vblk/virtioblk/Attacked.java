// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.vhostuser.OpenResources;
import io.vblk.vhostuser.ReferenceFrontend;

/**
 * A server with a disk that bad front-ends connect to and one whose guest works beside. After each
 * of them: nothing is left open or mapped, both threads live, the neighbour is served, and so is
 * the next front-end of the disk. Thread: the test's.
 */
final class Attacked implements AutoCloseable {
    /** What a bad front-end does. */
    interface Attack {
        void on(VhostUserGuest guest) throws Exception;
    }

    /** What a bad front-end does that has not even negotiated. */
    interface WireAttack {
        void on(ReferenceFrontend wire) throws Exception;
    }

    final VhostUserHost host;
    final VhostUserHost.Disk disk;
    private final VhostUserGuest neighbour;
    private final OpenResources before;
    private int sector;

    Attacked() throws Exception {
        host = new VhostUserHost();
        disk = host.serve(2, Behaviour.PLAIN);
        neighbour = host.serve(1, Behaviour.PLAIN).guest();
        neighbour.start(VhostUserGuest.EVENT_IDX, 1, 8);
        // Classes and descriptors of the JVM that come with the first of all.
        serveOne();
        host.settle();
        before = OpenResources.now();
        assertHarmless();
    }

    private void serveOne() throws Exception {
        try (VhostUserGuest guest = disk.guest()) {
            guest.start(0, 2, 8);
            guest.queue(1).assertReads(++sector % VhostUserHost.DISK_SECTORS);
        }
        disk.awaitConnections(0);
    }

    /** A negotiated connection with memory, to do harm with. */
    void by(Attack attack) throws Exception {
        try (VhostUserGuest guest = disk.guest()) {
            attack.on(guest);
        }
        assertHarmless();
    }

    /** A connection on which nothing has been said. */
    void byWire(WireAttack attack) throws Exception {
        try (ReferenceFrontend wire = disk.dial()) {
            attack.on(wire);
        }
        assertHarmless();
    }

    void assertHarmless() throws Exception {
        disk.awaitConnections(0);
        assertTrue(host.control.isAlive(), "the control thread");
        assertTrue(host.data.isAlive(), "the iothread");
        assertTrue(!disk.isLocked(), "the image's lock");
        neighbour.queue(0).assertReads(++sector % VhostUserHost.DISK_SECTORS);
        serveOne();
        host.settle();
        assertEquals(before, OpenResources.now(), "left over");
    }

    @Override
    public void close() {
        neighbour.close();
        host.close();
    }
}
