// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.virtio.VirtioDevice;
import java.io.IOException;

/** What the connections to one socket share. Thread: control of the listener. */
public interface VhostUserExport {
    /** Makes the device model of a new connection. */
    VirtioDevice connect();

    /** A connection has ended; its rings have stopped and the device is closed. */
    void disconnect(VirtioDevice device);

    /**
     * Called before the first ring of a connection starts, while no other connection's rings run:
     * takes locks.
     *
     * @throws IOException one line that says why rings cannot start
     */
    void acquire() throws IOException;

    /** Called after the last ring of that connection has stopped: drops locks. */
    void release();
}
