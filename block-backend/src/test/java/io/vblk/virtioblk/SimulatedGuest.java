// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtqueueConfig;

/** A guest with one queue, in the device's thread. */
interface SimulatedGuest extends AutoCloseable {
    /** A request that has come back. */
    record Answer(DiskModel.Request request, int status, long usedLength, long data) {}

    /** Its memory. */
    GuestMemory memory();

    /** Where its ring lies, with the base of a new one. */
    VirtqueueConfig ring();

    EventNotifier kickNotifier();

    EventNotifier callNotifier();

    /** Whether a request of this kind with so many ranges is for this guest. */
    boolean accepts(DiskModel.Request request);

    /** Makes a request available, not yet shown; false if there is no room. */
    boolean add(DiskModel.Request request);

    /** Shows what was added and kicks if the device wants that. */
    void publish();

    /** The next answer, or null; a guest that sleeps has none until it is called. */
    Answer poll();

    /** Whether it sleeps although something came back: the device owes it a call. */
    boolean awaitsCall();

    /** Requests under way. */
    int inFlight();

    @Override
    void close();
}
