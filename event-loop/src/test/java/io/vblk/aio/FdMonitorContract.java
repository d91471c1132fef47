// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.Posix;
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

/** What a context does with descriptors, whichever monitor waits for them; polling is off. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class FdMonitorContract {
    private static final int READ = AioHandler.READ;
    private static final int WRITE = AioHandler.WRITE;

    @TempDir
    Path directory;

    AioContext context;
    final List<String> log = new ArrayList<>();
    private final List<AutoCloseable> resources = new ArrayList<>();

    abstract FdMonitorKind kind();

    final AioOptions options() {
        return new AioOptions(PollingOptions.OFF, kind(), 64, NanoClock.MONOTONIC);
    }

    @BeforeEach
    final void create() throws ErrnoException {
        context = AioContext.create(options());
    }

    @AfterEach
    final void closeAll() throws Exception {
        context.close();
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    final Recorder recorder(String name) {
        return new Recorder(name, log);
    }

    /** An eventfd whose number nobody but a test takes, set or not. */
    final EventNotifier notifier(boolean set) throws ErrnoException {
        int flags = Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC;
        int fd = FdPair.reserved(Posix.eventfd(set ? 1 : 0, flags));
        resources.add(() -> Posix.close(fd));
        return EventNotifier.borrow(fd);
    }

    final FdPair opened(FdPair pair) {
        resources.add(pair);
        return pair;
    }

    /** Blocks until a callback ran; a wake-up given before may end a wait with nothing done. */
    final void waitForProgress() {
        boolean progress = false;
        while (!progress) {
            progress = context.poll(true);
        }
    }

    final List<String> taken() {
        List<String> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    @Test
    final void isTheMonitorAskedFor() {
        assertEquals(kind(), context.fdMonitor());
    }

    @Test
    final void onlyReadyDescriptorsAreCalled() throws ErrnoException {
        EventNotifier set = notifier(true);
        Recorder one = recorder("one");
        one.onRead = set::testAndClear;
        context.addHandler(set.fd(), READ, one);
        context.addHandler(notifier(false).fd(), READ, recorder("other"));
        waitForProgress();
        assertEquals(List.of("one read"), taken());
        assertFalse(context.poll(false));
        set.set();
        waitForProgress();
        assertEquals(List.of("one read"), taken());
    }

    @Test
    final void readIsCalledBeforeWrite() throws ErrnoException {
        FdPair pair = opened(FdPair.sockets());
        pair.write(1);
        context.addHandler(pair.first(), READ | WRITE, recorder("a"));
        waitForProgress();
        assertEquals(List.of("a read", "a write"), taken());
        pair.read(1);
        waitForProgress();
        assertEquals(List.of("a write"), taken());
    }

    @Test
    final void hangUpIsForTheReader() throws ErrnoException {
        FdPair pipe = opened(FdPair.pipe());
        context.addHandler(pipe.first(), READ, recorder("a"));
        assertFalse(context.poll(false));
        pipe.closeSecond();
        waitForProgress();
        assertEquals(List.of("a read"), taken());
    }

    @Test
    final void hangUpIsForTheWriterIfNobodyReads() throws ErrnoException {
        FdPair pipe = opened(FdPair.pipe());
        context.addHandler(pipe.first(), WRITE, recorder("a"));
        assertFalse(context.poll(false));
        pipe.closeSecond();
        waitForProgress();
        assertEquals(List.of("a write"), taken());
    }

    @Test
    final void anErrorIsForTheWriter() throws ErrnoException {
        FdPair pipe = opened(FdPair.pipe());
        pipe.closeFirst();
        context.addHandler(pipe.second(), WRITE, recorder("a"));
        waitForProgress();
        assertEquals(List.of("a write"), taken());
    }

    @Test
    final void anErrorIsForTheReaderToo() throws ErrnoException {
        FdPair pipe = opened(FdPair.pipe());
        pipe.closeFirst();
        context.addHandler(pipe.second(), READ, recorder("a"));
        waitForProgress();
        assertEquals(List.of("a read"), taken());
    }

    @Test
    final void interestChangesInPlace() throws ErrnoException {
        FdPair pair = opened(FdPair.sockets());
        pair.write(1);
        AioHandler handler = context.addHandler(pair.first(), 0, recorder("a"));
        assertFalse(context.poll(false));
        context.setInterest(handler, WRITE);
        assertTrue(context.poll(false));
        context.setInterest(handler, READ);
        assertTrue(context.poll(false));
        context.setInterest(handler, READ | WRITE);
        assertTrue(context.poll(false));
        context.setInterest(handler, 0);
        assertFalse(context.poll(false));
        assertEquals(List.of("a write", "a read", "a read", "a write"), taken());
    }

    @Test
    final void interestInPollingAloneWatchesNothing() throws ErrnoException {
        EventNotifier set = notifier(true);
        AioHandler handler = context.addHandler(set.fd(), AioHandler.POLL, recorder("a"));
        assertFalse(context.poll(false));
        context.setInterest(handler, AioHandler.POLL | READ);
        assertTrue(context.poll(false));
        context.setInterest(handler, AioHandler.POLL);
        assertFalse(context.poll(false));
        assertEquals(List.of("a read"), taken());
    }

    @Test
    final void whoDropsWriteInterestInReadIsNotCalledToWrite() throws ErrnoException {
        FdPair pair = opened(FdPair.sockets());
        pair.write(1);
        Recorder a = recorder("a");
        AioHandler handler = context.addHandler(pair.first(), READ | WRITE, a);
        a.onRead = () -> setInterest(handler, READ);
        assertTrue(context.poll(false));
        assertEquals(List.of("a read"), taken());
    }

    private void setInterest(AioHandler handler, int interest) {
        try {
            context.setInterest(handler, interest);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    private AioHandler add(int fd, int interest, FdCallbacks callbacks) {
        try {
            return context.addHandler(fd, interest, callbacks);
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    final void whoRemovesItselfInReadIsNotCalledToWrite() throws ErrnoException {
        FdPair pair = opened(FdPair.sockets());
        pair.write(1);
        Recorder a = recorder("a");
        AioHandler handler = context.addHandler(pair.first(), READ | WRITE, a);
        a.onRead = () -> context.removeHandler(handler);
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("a read"), taken());
    }

    @Test
    final void whoIsRemovedByAnotherIsNotCalledInThatPass() throws ErrnoException {
        AioHandler[] handlers = new AioHandler[3];
        for (int i = 0; i < 3; i++) {
            int self = i;
            Recorder recorder = recorder("h");
            recorder.onRead = () -> {
                context.removeHandler(handlers[(self + 1) % 3]);
                context.removeHandler(handlers[(self + 2) % 3]);
            };
            handlers[i] = context.addHandler(notifier(true).fd(), READ, recorder);
        }
        assertTrue(context.poll(false));
        assertEquals(List.of("h read"), taken());
    }

    @Test
    final void whoIsAddedInACallbackIsCalledInTheNextPass() throws ErrnoException {
        EventNotifier late = notifier(true);
        EventNotifier early = notifier(true);
        Recorder first = recorder("first");
        first.onRead = () -> {
            early.testAndClear();
            add(late.fd(), READ, recorder("late"));
        };
        context.addHandler(early.fd(), READ, first);
        assertTrue(context.poll(false));
        assertEquals(List.of("first read"), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("late read"), taken());
    }

    @Test
    final void whoIsRemovedAndAddedAgainInACallbackIsCalledInTheNextPass() throws ErrnoException {
        EventNotifier one = notifier(true);
        AioHandler[] handler = new AioHandler[1];
        Recorder old = recorder("old");
        old.onRead = () -> {
            context.removeHandler(handler[0]);
            add(one.fd(), READ, recorder("new"));
        };
        handler[0] = context.addHandler(one.fd(), READ, old);
        assertTrue(context.poll(false));
        assertEquals(List.of("old read"), taken());
        assertTrue(context.poll(false));
        assertEquals(List.of("new read"), taken());
    }

    @Test
    final void aReusedNumberGetsNoReadinessOfItsPredecessor() throws ErrnoException {
        EventNotifier[] old = {notifier(true), notifier(true)};
        AioHandler[] handlers = new AioHandler[2];
        Recorder fresh = recorder("fresh");
        for (int i = 0; i < 2; i++) {
            int other = 1 - i;
            Recorder recorder = recorder("old");
            recorder.onRead = () -> {
                context.removeHandler(handlers[0]);
                context.removeHandler(handlers[1]);
                int number = old[other].fd();
                Posix.close(number);
                assertEquals(number, reopened());
                add(number, READ, fresh);
            };
            handlers[i] = context.addHandler(old[i].fd(), READ, recorder);
        }
        assertTrue(context.poll(false));
        assertFalse(context.poll(false));
        assertEquals(List.of("old read"), taken());
    }

    private static int reopened() {
        try {
            return FdPair.reserved(Posix.eventfd(0, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC));
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    final void aDescriptorClosedUnderItsHandlerDoesNotSpin() throws ErrnoException {
        EventNotifier closed = notifier(false);
        AioHandler handler = context.addHandler(closed.fd(), READ, recorder("closed"));
        assertFalse(context.poll(false));
        Posix.close(closed.fd());
        assertFewIterationsUntilATimer();
        context.removeHandler(handler);
        assertEquals(closed.fd(), reopened());
        closed.set();
        context.addHandler(closed.fd(), READ, recorder("next"));
        assertTrue(context.poll(false));
        assertEquals(List.of("next read"), taken());
    }

    @Test
    final void aRegularFileIsAlwaysReady() throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[10]);
        int fd = Posix.open(file.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        resources.add(() -> Posix.close(fd));
        EventNotifier set = notifier(true);
        AioHandler handler = context.addHandler(fd, READ, recorder("file"));
        context.addHandler(set.fd(), READ, recorder("event"));
        for (int i = 0; i < 5; i++) {
            waitForProgress();
            List<String> called = taken();
            assertTrue(called.size() == 2 && called.contains("file read"), called.toString());
        }
        context.setInterest(handler, 0);
        assertTrue(context.poll(false));
        assertEquals(List.of("event read"), taken());
        context.setInterest(handler, READ | WRITE);
        set.testAndClear();
        for (int i = 0; i < 3; i++) {
            waitForProgress();
            assertEquals(List.of("file read", "file write"), taken());
        }
        context.removeHandler(handler);
        assertFewIterationsUntilATimer();
    }

    /** The loop sleeps: nothing is ready, and a spinning loop would iterate some thousand times. */
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

    @Test
    final void aClosedDescriptorIsRefused() throws ErrnoException {
        int number = notifier(false).fd();
        Posix.close(number);
        ErrnoException refused = assertThrows(ErrnoException.class,
                () -> context.addHandler(number, READ, recorder("closed")));
        assertEquals(Posix.EBADF, refused.errno());
        assertFalse(context.poll(false));
        assertEquals(number, reopened());
        context.addHandler(number, READ, recorder("open"));
    }

    @Test
    final void aDescriptorHasOneHandlerAtATime() throws ErrnoException {
        int fd = notifier(true).fd();
        AioHandler first = context.addHandler(fd, READ, recorder("first"));
        assertThrows(IllegalArgumentException.class,
                () -> context.addHandler(fd, WRITE, recorder("second")));
        assertThrows(IllegalArgumentException.class,
                () -> context.addHandler(-2, READ, recorder("none")));
        context.removeHandler(first);
        context.removeHandler(first);
        context.setInterest(first, WRITE);
        context.addHandler(fd, READ, recorder("second"));
        assertTrue(context.poll(false));
        assertEquals(List.of("second read"), taken());
    }

    @Test
    final void whatWasNotCalledBecauseACallbackThrewIsCalledNextTime() throws ErrnoException {
        Recorder[] recorders = {recorder("h"), recorder("h")};
        for (Recorder recorder : recorders) {
            recorder.onRead = () -> {
                throw new IllegalStateException("bad");
            };
            context.addHandler(notifier(true).fd(), READ, recorder);
        }
        assertThrows(IllegalStateException.class, () -> context.poll(false));
        assertEquals(1, taken().size());
        recorders[0].onRead = Recorder.NOTHING;
        recorders[1].onRead = Recorder.NOTHING;
        assertTrue(context.poll(false));
        assertEquals(2, taken().size());
    }

    @Test
    final void manyDescriptorsAreAllServed() throws ErrnoException {
        int count = 300;
        int[] served = new int[count];
        AioHandler[] handlers = new AioHandler[count];
        for (int i = 0; i < count; i++) {
            int self = i;
            EventNotifier set = notifier(true);
            handlers[i] = context.addHandler(set.fd(), READ, () -> {
                served[self]++;
                set.testAndClear();
            });
        }
        pollUntilStill();
        for (int i = 0; i < count; i++) {
            assertEquals(1, served[i]);
            EventNotifier.borrow(handlers[i].fd()).set();
            if (i % 2 == 0) {
                context.removeHandler(handlers[i]);
            }
        }
        pollUntilStill();
        for (int i = 0; i < count; i++) {
            assertEquals(i % 2 == 0 ? 1 : 2, served[i]);
        }
    }

    private void pollUntilStill() {
        boolean progress = true;
        while (progress) {
            progress = context.poll(false);
        }
    }

    @Test
    final void timersAreNeverEarlyAndNotRoundedToMilliseconds() {
        long shortestNs = Long.MAX_VALUE;
        for (int i = 0; i < 2_000 && shortestNs > 900_000; i++) {
            long[] firedNs = new long[1];
            AioTimer timer = context.timer("tick", () -> firedNs[0] = System.nanoTime());
            long startNs = System.nanoTime();
            timer.modify(startNs + 200_000);
            while (firedNs[0] == 0) {
                context.poll(true);
            }
            long tookNs = firedNs[0] - startNs;
            assertTrue(tookNs >= 200_000, "fired after " + tookNs + " ns");
            shortestNs = Math.min(shortestNs, tookNs);
        }
        assertTrue(shortestNs < 900_000, "at best " + shortestNs + " ns");
    }
}
