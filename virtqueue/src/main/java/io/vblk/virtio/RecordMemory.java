// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.NativeMemory;

/**
 * Stores to a record of chains under way, each after all before it: the other end is the next
 * process, which finds what was stored before this one died. Thread: home of the queue.
 */
final class RecordMemory {
    private RecordMemory() {}

    static void put16(long address, int value) {
        // R: pairs with RecordMemory.get16
        NativeMemory.putShortRelease(address, value);
    }

    static int get16(long address) {
        // R: pairs with RecordMemory.put16
        return NativeMemory.getShortAcquire(address);
    }

    static void put32(long address, int value) {
        // S: pairs with RecordMemory.get32
        NativeMemory.putIntRelease(address, value);
    }

    static int get32(long address) {
        // S: pairs with RecordMemory.put32
        return NativeMemory.getIntAcquire(address);
    }

    static void put64(long address, long value) {
        // T: pairs with RecordMemory.get64
        NativeMemory.putLongRelease(address, value);
    }

    static long get64(long address) {
        // T: pairs with RecordMemory.put64
        return NativeMemory.getLongAcquire(address);
    }
}
