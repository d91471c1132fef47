// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/** Requests of a job, by the number of their slot. Thread: the job's. */
final class Slots {
    final long[] startNs;
    final long[] issueNs;
    final long[] offsets;
    final int[] lengths;
    final Direction[] directions;
    private final int[] free;
    private int freeCount;
    /** Where requests are noted stage by stage; null if nobody asks. */
    private AnatomySamples anatomy;

    Slots(int depth) {
        startNs = new long[depth];
        issueNs = new long[depth];
        offsets = new long[depth];
        lengths = new int[depth];
        directions = new Direction[depth];
        free = new int[depth];
        for (int slot = 0; slot < depth; slot++) {
            free[slot] = depth - 1 - slot;
        }
        freeCount = depth;
    }

    int depth() {
        return free.length;
    }

    int inFlight() {
        return free.length - freeCount;
    }

    boolean hasFree() {
        return freeCount > 0;
    }

    /** The slot that {@link #take} is going to take. */
    int nextFree() {
        return free[freeCount - 1];
    }

    void take() {
        freeCount--;
    }

    void give(int slot) {
        free[freeCount++] = slot;
    }

    void trace(AnatomySamples samples) {
        anatomy = samples;
    }

    /** The device can see the request, added to this port. */
    void issued(int slot, long nowNs, RequestPort port) {
        issueNs[slot] = nowNs;
        if (anatomy != null) {
            anatomy.issued(slot, port.number(slot), startNs[slot], nowNs);
        }
    }

    /** The device was kicked for what it could see from the same moment on. */
    void kicked(long beganNs, long nowNs) {
        if (anatomy != null) {
            anatomy.kicked(beganNs, nowNs);
        }
    }

    /** A request that counts has succeeded, in measured time or while it is rehearsed. */
    void seen(int slot, long nowNs, boolean measured) {
        if (anatomy != null && measured && directions[slot] != Direction.SYNC) {
            anatomy.seen(slot, nowNs);
        }
    }

    void describe(int slot, Direction direction, long offset, int lengthBytes) {
        directions[slot] = direction;
        offsets[slot] = offset;
        lengths[slot] = lengthBytes;
    }
}
