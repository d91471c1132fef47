// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.Posix;
import io.vblk.uring.UringProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Handlers changed in place and external handlers, whichever monitor waits; polling is off. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class HandlerChangeContract {
    private static final int READ = AioHandler.READ;
    private static final int WRITE = AioHandler.WRITE;
    private static final int EXTERNAL = AioHandler.EXTERNAL;

    @TempDir
    Path directory;

    private AioContext context;
    private final List<String> log = new ArrayList<>();
    private final List<AutoCloseable> resources = new ArrayList<>();

    abstract FdMonitorKind kind();

    @BeforeEach
    final void create() throws ErrnoException {
        assumeAvailable(kind());
        context = AioContext.create(
                new AioOptions(PollingOptions.OFF, kind(), 64, NanoClock.MONOTONIC));
    }

    /** Skips a test of io_uring where this host has none. */
    static void assumeAvailable(FdMonitorKind kind) {
        if (kind == FdMonitorKind.IO_URING) {
            UringProbe probe = UringProbe.run();
            assumeTrue(probe.available(), probe.reason());
        }
    }

    @AfterEach
    final void closeAll() throws Exception {
        if (context != null) {
            context.close();
        }
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    private Recorder recorder(String name) {
        return new Recorder(name, log);
    }

    private EventNotifier event(boolean set) throws ErrnoException {
        EventNotifier event = EventNotifier.create();
        resources.add(event);
        if (set) {
            event.set();
        }
        return event;
    }

    private FdPair sockets() throws ErrnoException {
        FdPair pair = FdPair.sockets();
        resources.add(pair);
        return pair;
    }

    private List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    private void update(AioHandler handler, int interest, FdCallbacks callbacks) {
        try {
            context.updateHandler(handler, interest, callbacks);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    /** The loop sleeps: a spinning one would iterate some thousand times. */
    private void assertFewIterationsUntilATimer() {
        boolean[] fired = new boolean[1];
        AioTimer timer = context.timer("end", () -> fired[0] = true);
        timer.modify(context.nanoTime() + 20_000_000);
        long before = context.stats().iterations();
        while (!fired[0]) {
            context.poll(true);
        }
        assertTrue(context.stats().iterations() - before < 10);
        assertEquals(List.of(), taken());
    }

    // ------------------------------------------------------------------ callbacks in place

    @Test
    final void newCallbacksGetNoReadinessThatWasFoundForTheOldOnes() throws ErrnoException {
        AioHandler[] handlers = new AioHandler[2];
        for (int i = 0; i < 2; i++) {
            EventNotifier event = event(true);
            int other = 1 - i;
            Recorder old = recorder("old");
            old.onRead = () -> {
                event.testAndClear();
                update(handlers[other], READ, recorder("new"));
            };
            handlers[i] = context.addHandler(event.fd(), READ, old);
        }
        assertTrue(context.poll(false));
        assertEquals(List.of("old read"), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("new read"), taken());
    }

    @Test
    final void whoReplacesItsOwnCallbacksInReadLeavesTheWriteToTheNextPass()
            throws ErrnoException {
        FdPair pair = sockets();
        pair.write(1);
        AioHandler[] handler = new AioHandler[1];
        Recorder old = recorder("old");
        old.onRead = () -> update(handler[0], READ | WRITE, recorder("new"));
        handler[0] = context.addHandler(pair.first(), READ | WRITE, old);
        assertTrue(context.poll(false));
        assertEquals(List.of("old read"), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("new read", "new write"), taken());
    }

    @Test
    final void newCallbacksComeWithTheirOwnInterest() throws ErrnoException {
        FdPair pair = sockets();
        pair.write(1);
        AioHandler handler = context.addHandler(pair.first(), READ, recorder("old"));
        assertTrue(context.poll(false));
        context.updateHandler(handler, WRITE, recorder("writer"));
        assertTrue(context.poll(false));
        context.updateHandler(handler, READ | WRITE, recorder("both"));
        assertTrue(context.poll(false));
        context.updateHandler(handler, 0, recorder("none"));
        assertFalse(context.poll(false));
        context.updateHandler(handler, READ, recorder("reader"));
        assertTrue(context.poll(false));
        assertEquals(List.of(
                "old read", "writer write", "both read", "both write", "reader read"), taken());
    }

    @Test
    final void anotherInterestInTheSamePassKeepsWhatItStillCovers() throws ErrnoException {
        AioHandler[] handlers = new AioHandler[2];
        for (int i = 0; i < 2; i++) {
            FdPair pair = sockets();
            pair.write(1);
            int other = 1 - i;
            Recorder recorder = recorder("h");
            handlers[i] = context.addHandler(pair.first(), READ | WRITE, recorder);
            recorder.onRead = () -> update(handlers[other], WRITE, handlers[other].callbacks);
        }
        assertTrue(context.poll(false));
        assertEquals(List.of("h read", "h write", "h write"), taken());
    }

    @Test
    final void whatWasRemovedIsNotBroughtBackByNewCallbacks() throws ErrnoException {
        AioHandler handler = context.addHandler(event(true).fd(), READ, recorder("old"));
        context.removeHandler(handler);
        context.updateHandler(handler, READ, recorder("new"));
        assertFalse(context.poll(false));
        assertFewIterationsUntilATimer();
    }

    @Test
    final void aRefusedChangeLeavesTheOldCallbacksAndInterest() throws ErrnoException {
        int flags = Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC;
        int fd = FdPair.reserved(Posix.eventfd(1, flags));
        AioHandler handler = context.addHandler(fd, 0, recorder("old"));
        Posix.close(fd);
        ErrnoException refused = assertThrows(ErrnoException.class,
                () -> context.updateHandler(handler, READ, recorder("new")));
        assertEquals(Posix.EBADF, refused.errno());
        assertFalse(context.poll(false));
        assertEquals(fd, FdPair.reserved(Posix.eventfd(1, flags)));
        context.setInterest(handler, READ);
        assertTrue(context.poll(false));
        assertEquals(List.of("old read"), taken());
        context.removeHandler(handler);
        Posix.close(fd);
    }

    @Test
    final void manyChangesBetweenTwoPassesAmountToTheLast() throws ErrnoException {
        FdPair pair = sockets();
        pair.write(1);
        AioHandler handler = context.addHandler(pair.first(), READ, recorder("first"));
        for (int round = 0; round < 500; round++) {
            context.updateHandler(handler, WRITE, recorder("w" + round));
            context.updateHandler(handler, 0, recorder("n" + round));
            context.updateHandler(handler, READ, recorder("r" + round));
            if (round % 50 == 0) {
                assertTrue(context.poll(false));
                assertEquals(List.of("r" + round + " read"), taken());
            }
        }
        assertTrue(context.poll(false));
        assertEquals(List.of("r499 read"), taken());
    }

    @Test
    final void aClosedContextTakesChangesWithoutHarm() throws ErrnoException {
        int fd = event(true).fd();
        AioHandler handler = context.addHandler(fd, READ | EXTERNAL, recorder("a"));
        assertTrue(context.poll(false));
        context.close();
        context.updateHandler(handler, WRITE, recorder("b"));
        context.disableExternal();
        context.enableExternal();
        context.removeAndAwait(handler);
        assertThrows(IllegalStateException.class,
                () -> context.addHandler(fd, READ, recorder("c")));
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        assertEquals(List.of("a read"), taken());
    }

    // ------------------------------------------------------------------ external handlers

    @Test
    final void theDisabledAreLeftOutAndTheLoopSleepsThoughTheyAreReady() throws ErrnoException {
        context.addHandler(event(true).fd(), READ | EXTERNAL, recorder("guest"));
        EventNotifier own = event(true);
        Recorder inner = recorder("own");
        inner.onRead = own::testAndClear;
        context.addHandler(own.fd(), READ, inner);
        context.disableExternal();
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("own read"), taken());
        assertFewIterationsUntilATimer();
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("guest read"), taken());
    }

    @Test
    final void theDisabledComeBackWithTheLastEnableNotBefore() throws ErrnoException {
        context.addHandler(event(true).fd(), READ | EXTERNAL, recorder("guest"));
        for (int depth = 1; depth <= 3; depth++) {
            for (int i = 0; i < depth; i++) {
                context.disableExternal();
                assertFalse(context.poll(false));
            }
            for (int i = 1; i < depth; i++) {
                context.enableExternal();
                assertFalse(context.poll(false));
            }
            context.enableExternal();
            assertTrue(context.poll(false));
            assertEquals(List.of("guest read"), taken());
        }
    }

    @Test
    final void enablingMoreOftenThanDisablingIsRefusedAndHarmsNothing() throws ErrnoException {
        context.addHandler(event(true).fd(), READ | EXTERNAL, recorder("guest"));
        assertThrows(IllegalStateException.class, () -> context.enableExternal());
        context.disableExternal();
        assertFalse(context.poll(false));
        context.enableExternal();
        assertThrows(IllegalStateException.class, () -> context.enableExternal());
        assertTrue(context.poll(false));
        context.disableExternal();
        assertFalse(context.poll(false));
        assertEquals(List.of("guest read"), taken());
    }

    @Test
    final void whoIsAddedWhileDisabledStaysOut() throws ErrnoException {
        context.disableExternal();
        context.addHandler(event(true).fd(), READ | EXTERNAL, recorder("guest"));
        assertFalse(context.poll(false));
        assertFewIterationsUntilATimer();
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("guest read"), taken());
    }

    @Test
    final void whoBecomesOrCeasesToBeExternalWhileDisabledFollowsAtOnce() throws ErrnoException {
        AioHandler handler =
                context.addHandler(event(true).fd(), READ | EXTERNAL, recorder("guest"));
        context.disableExternal();
        assertFalse(context.poll(false));
        context.setInterest(handler, READ);
        assertTrue(context.poll(false));
        assertEquals(List.of("guest read"), taken());
        context.setInterest(handler, READ | EXTERNAL);
        assertFalse(context.poll(false));
        context.enableExternal();
        assertTrue(context.poll(false));
        context.setInterest(handler, READ);
        context.disableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("guest read", "guest read"), taken());
    }

    @Test
    final void changesOfTheDisabledHoldWhenTheyAreEnabled() throws ErrnoException {
        FdPair pair = sockets();
        pair.write(1);
        AioHandler changed =
                context.addHandler(pair.first(), READ | EXTERNAL, recorder("old"));
        AioHandler removed =
                context.addHandler(event(true).fd(), READ | EXTERNAL, recorder("removed"));
        context.disableExternal();
        assertFalse(context.poll(false));
        context.updateHandler(changed, WRITE | EXTERNAL, recorder("new"));
        context.removeHandler(removed);
        assertFalse(context.poll(false));
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("new write"), taken());
    }

    @Test
    final void whoIsDisabledByAnotherIsNotCalledInThatPass() throws ErrnoException {
        for (int i = 0; i < 3; i++) {
            EventNotifier event = event(true);
            Recorder recorder = recorder("guest");
            recorder.onRead = () -> {
                event.testAndClear();
                context.disableExternal();
            };
            context.addHandler(event.fd(), READ | EXTERNAL, recorder);
        }
        for (int i = 0; i < 3; i++) {
            assertTrue(context.poll(false));
            assertFalse(context.poll(false));
            assertEquals(List.of("guest read"), taken());
            context.enableExternal();
        }
        assertFalse(context.poll(false));
    }

    @Test
    final void whoIsDisabledInReadIsNotCalledToWrite() throws ErrnoException {
        FdPair pair = sockets();
        pair.write(1);
        Recorder guest = recorder("guest");
        guest.onRead = () -> {
            pair.read(1);
            context.disableExternal();
        };
        context.addHandler(pair.first(), READ | WRITE | EXTERNAL, guest);
        assertTrue(context.poll(false));
        assertEquals(List.of("guest read"), taken());
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("guest write"), taken());
    }

    @Test
    final void anExternalRegularFileIsLeftOutToo() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[10]);
        int fd = Posix.open(file.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        resources.add(() -> Posix.close(fd));
        context.addHandler(fd, READ | EXTERNAL, recorder("file"));
        assertTrue(context.poll(false));
        context.disableExternal();
        taken();
        assertFalse(context.poll(false));
        assertFewIterationsUntilATimer();
        context.enableExternal();
        assertTrue(context.poll(false));
        assertEquals(List.of("file read"), taken());
    }

    @Test
    final void memoryThatIsExternalIsLeftOutToo() throws ErrnoException {
        Recorder memory = recorder("memory");
        memory.look = () -> true;
        context.addHandler(-1, AioHandler.POLL | EXTERNAL, memory);
        assertTrue(context.poll(false));
        context.disableExternal();
        int looks = memory.looks;
        taken();
        assertFalse(context.poll(false));
        assertFewIterationsUntilATimer();
        assertEquals(looks, memory.looks);
        context.enableExternal();
        assertTrue(context.poll(true));
        assertEquals(List.of("memory ready"), taken());
    }
}
