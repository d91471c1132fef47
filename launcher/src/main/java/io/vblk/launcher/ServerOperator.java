// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.control.LoopControl;
import io.vblk.control.ServerControl;
import java.util.List;

/** A server of disks as its operator sees it. Thread: the control server's. */
final class ServerOperator implements ServerControl {
    private final DiskServer server;
    private final List<DiskOperator> disks;

    ServerOperator(DiskServer server) {
        this.server = server;
        this.disks = server.disks().stream().map(DiskOperator::new).toList();
    }

    @Override
    public List<DiskOperator> disks() {
        return disks;
    }

    @Override
    public List<LoopControl> loops() {
        return server.loops();
    }

    @Override
    public void quit() {
        server.stop();
    }
}
