// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.image.ImageSpec;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.util.List;

/**
 * A disk to be served on a socket.
 *
 * @param name what log lines call it
 * @param image the disk
 * @param device what guests see of it
 * @param iothreads the event loops that its queues run on, by their place in the server's list
 * @param socket where front-ends connect
 */
record DiskSpec(String name, ImageSpec image, VirtioBlkOptions device, List<Integer> iothreads,
        SocketSpec socket) {
    DiskSpec {
        iothreads = List.copyOf(iothreads);
    }

    /** The same, and its requests can be held back. */
    DiskSpec withHold() {
        return new DiskSpec(name, image.withFilters(image.filters().withHold()), device, iothreads,
                socket);
    }
}
