// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import java.util.List;

/** What a running server lets its operator do. Thread: the control server's; nothing waits long. */
public interface ServerControl {
    /** Its disks. */
    List<? extends DiskControl> disks();

    /** The event loops that serve them. */
    List<LoopControl> loops();

    /** Ends the server in order, soon. */
    void quit();
}
