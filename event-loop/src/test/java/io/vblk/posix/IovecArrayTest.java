// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class IovecArrayTest {
    @Test
    void elementsLieAsTheKernelReadsThem() throws ErrnoException {
        try (MappedMemory memory = MappedMemory.anonymous(64)) {
            IovecArray iovecs = new IovecArray(memory.address(), 3);
            iovecs.set(1, 0x1122334455667788L, 1L << 33);
            assertEquals(memory.address() + 16, iovecs.address(1));
            assertEquals(0x1122334455667788L, NativeMemory.getLong(memory.address() + 16));
            assertEquals(1L << 33, NativeMemory.getLong(memory.address() + 24));
            assertEquals(0, NativeMemory.getLong(memory.address() + 8));
            assertEquals(0, NativeMemory.getLong(memory.address() + 32));
        }
    }

    @Test
    void readsBackByIndexAndByAddress() throws ErrnoException {
        try (MappedMemory memory = MappedMemory.anonymous(64)) {
            IovecArray iovecs = new IovecArray(memory.address(), 2);
            iovecs.set(1, 4096, 512);
            assertEquals(2, iovecs.capacity());
            assertEquals(4096, iovecs.base(1));
            assertEquals(512, iovecs.lengthBytes(1));
            assertEquals(4096, IovecArray.baseAt(iovecs.address(1)));
            assertEquals(512, IovecArray.lengthAt(iovecs.address(1)));
        }
    }

    @Test
    void indexesOutsideAreAProgrammersError() throws ErrnoException {
        try (MappedMemory memory = MappedMemory.anonymous(64)) {
            IovecArray iovecs = new IovecArray(memory.address(), 2);
            assertThrows(AssertionError.class, () -> iovecs.address(2));
            assertThrows(AssertionError.class, () -> iovecs.address(-1));
            assertThrows(AssertionError.class, () -> new IovecArray(memory.address() + 4, 1));
        }
    }
}
