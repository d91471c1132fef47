// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.Posix;
import java.util.List;
import org.junit.jupiter.api.Test;

class PpollMonitorTest extends FdMonitorContract {
    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.PPOLL;
    }

    @Test
    void whatIsRemovedAndClosedWhileTheLoopSleepsIsReallyClosed() throws Exception {
        try (IoThread loop = IoThread.start("loop", options()); FdPair pair = FdPair.sockets();
                MappedMemory buffer = MappedMemory.anonymous(8)) {
            AioHandler handler =
                    loop.context().addHandler(pair.first(), AioHandler.READ, recorder("a"));
            AioContextTest.awaitSleep(loop);
            loop.context().removeHandler(handler);
            pair.closeFirst();
            // A sleeping ppoll keeps the file open: its peer would wait here for ever.
            assertEquals(0, Posix.read(pair.second(), buffer.address(), 1));
        }
    }

    @Test
    void aClosedDescriptorIsDroppedWhenFirstSeen() throws ErrnoException {
        EventNotifier closed = notifier(true);
        context.addHandler(closed.fd(), AioHandler.READ, recorder("closed"));
        Posix.close(closed.fd());
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of(), taken());
    }
}
