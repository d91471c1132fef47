// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;

/** The slots of a queue that no chain is in. Thread: home of the queue. */
final class RequestSlots implements AutoCloseable {
    /** Segments of a chain: header, data and status, and some for borders of memory regions. */
    static final int SEGMENTS_MAX = VirtioBlkOptions.SEG_MAX_LIMIT + 2 + 16;

    private final MappedMemory memory;
    private VirtioBlkRequest free;

    /** Slots for all chains that a ring can have out. */
    RequestSlots(VirtioBlkQueue queue, int ringSize) throws ErrnoException {
        int iovecBytes = SEGMENTS_MAX * IovecArray.ELEMENT_BYTES;
        int slotBytes = iovecBytes + VirtioBlkAbi.HEADER_BYTES;
        // Each head can be in flight once; the slot beyond is for chains without one of their own,
        // so that a driver which offers a head again gets its answer when all others are taken.
        int slots = ringSize + 1;
        memory = MappedMemory.anonymous((long) slots * slotBytes);
        for (int i = slots - 1; i >= 0; i--) {
            long at = memory.address() + (long) i * slotBytes;
            release(new VirtioBlkRequest(
                    queue, new IovecArray(at, SEGMENTS_MAX), at + iovecBytes));
        }
    }

    /** The slot that is taken next. */
    VirtioBlkRequest first() {
        return free;
    }

    /** The first slot has a chain now. */
    void takeFirst() {
        free = free.next;
    }

    void release(VirtioBlkRequest request) {
        request.next = free;
        request.record = RequestTrace.NOT_TRACED;
        free = request;
    }

    @Override
    public void close() {
        memory.close();
    }
}
