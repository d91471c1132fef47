// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import org.junit.jupiter.api.Test;

class EventNotifierTest {
    private static final int F_GETFD = 1;

    @Test
    void isClearUntilSetAndClearsOnce() throws ErrnoException {
        try (EventNotifier event = EventNotifier.create()) {
            assertFalse(event.testAndClear());
            event.set();
            event.set();
            assertTrue(event.testAndClear());
            assertFalse(event.testAndClear());
        }
    }

    @Test
    void aBorrowedOneStaysOpen() throws ErrnoException {
        try (EventNotifier owner = EventNotifier.create()) {
            EventNotifier borrowed = EventNotifier.borrow(owner.fd());
            borrowed.set();
            borrowed.close();
            assertTrue(owner.testAndClear());
        }
    }

    @Test
    void aSecondCloseDoesNotCloseTheNextOwnerOfTheNumber() throws ErrnoException {
        EventNotifier event = EventNotifier.create();
        int number = event.fd();
        event.close();
        assertEquals(-Posix.EBADF, Posix.fcntl(number, F_GETFD, 0));
        try (FdPair pipe = FdPair.pipe(); EventNotifier next = EventNotifier.create()) {
            event.close();
            next.set();
            assertTrue(next.testAndClear());
            pipe.write(1);
            assertEquals(1, pipe.read(1));
        }
    }

    @Test
    void aFullCounterIsSetAlready() throws ErrnoException {
        int flags = Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC;
        int fd = Posix.eventfd(0, flags);
        EventNotifier event = EventNotifier.borrow(fd);
        try (MappedMemory most = MappedMemory.anonymous(8)) {
            NativeMemory.putLong(most.address(), -2L);
            assertEquals(8, Posix.write(fd, most.address(), 8));
            event.set();
            assertTrue(event.testAndClear());
            assertFalse(event.testAndClear());
        }
        Posix.close(fd);
    }
}
