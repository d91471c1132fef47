// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.IoThread;
import io.vblk.block.BlockBackend;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.MemoryRegion;

/**
 * Where queues of a device can run.
 *
 * @param ioThread the event loop
 * @param backend the disk, attached to that loop's context; stays its owner's to close
 */
public record QueueHome(IoThread ioThread, BlockBackend backend) {
    /** One more queue with its data in this memory. Thread: home. */
    void addBuffers(GuestMemory memory) {
        for (int i = 0; i < memory.regionCount(); i++) {
            MemoryRegion region = memory.region(i);
            backend.addBuffers(region.hostAddress(), region.lengthBytes());
        }
    }

    /** One queue less. Thread: home. */
    void removeBuffers(GuestMemory memory) {
        for (int i = 0; i < memory.regionCount(); i++) {
            MemoryRegion region = memory.region(i);
            backend.removeBuffers(region.hostAddress(), region.lengthBytes());
        }
    }
}
