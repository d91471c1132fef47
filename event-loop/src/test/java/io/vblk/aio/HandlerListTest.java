// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.FdPair;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The move from ppoll to epoll as the number of descriptors grows. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HandlerListTest {
    private static final int READ = AioHandler.READ;
    private static final int THRESHOLD = AioOptions.EPOLL_THRESHOLD_DEFAULT;

    private final List<EventNotifier> events = new ArrayList<>();
    private final List<AioHandler> handlers = new ArrayList<>();
    private AioContext context;
    private int served;

    @BeforeEach
    void create() throws ErrnoException {
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
    }

    @AfterEach
    void close() {
        context.close();
        events.forEach(EventNotifier::close);
    }

    /** Adds handlers until the context has so many descriptors, its own included. */
    private void growTo(int descriptors) throws ErrnoException {
        while (handlers.size() + 1 < descriptors) {
            EventNotifier event = EventNotifier.create();
            events.add(event);
            handlers.add(context.addHandler(event.fd(), READ, () -> {
                served++;
                event.testAndClear();
            }));
        }
    }

    private void assertAllServed() {
        served = 0;
        events.forEach(EventNotifier::set);
        while (context.poll(false)) {
            assertTrue(served <= events.size());
        }
        assertEquals(events.size(), served);
    }

    @Test
    void epollBeginsAtTheThreshold() throws ErrnoException {
        growTo(THRESHOLD - 2);
        assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
        growTo(THRESHOLD - 1);
        assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
        assertAllServed();
        growTo(THRESHOLD);
        assertEquals(FdMonitorKind.EPOLL, context.fdMonitor());
        assertAllServed();
        growTo(THRESHOLD + 50);
        assertAllServed();
        handlers.forEach(context::removeHandler);
        assertEquals(FdMonitorKind.EPOLL, context.fdMonitor());
        assertFalse(context.poll(false));
    }

    @Test
    void handlersWithoutADescriptorToWaitForDoNotCount() throws ErrnoException {
        growTo(THRESHOLD - 1);
        for (int i = 0; i < 10; i++) {
            context.addHandler(-1, AioHandler.POLL, new Recorder("memory"));
        }
        EventNotifier event = EventNotifier.create();
        context.addHandler(event.fd(), 0, new Recorder("silent"));
        assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
        event.close();
    }

    @Test
    void aDescriptorThatEpollRefusesLeavesPpollInPlaceUntilItIsGone() throws ErrnoException {
        int closed = FdPair.reserved(Posix.eventfd(0, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC));
        context.addHandler(closed, READ, new Recorder("closed"));
        growTo(THRESHOLD - 3);
        Posix.close(closed);
        growTo(THRESHOLD + 2);
        assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
        assertAllServed();
        growTo(THRESHOLD + 3);
        assertEquals(FdMonitorKind.EPOLL, context.fdMonitor());
        assertAllServed();
    }

    @Test
    void theThresholdCanBeSet() throws ErrnoException {
        context.close();
        context = AioContext.create(
                new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 3, NanoClock.MONOTONIC));
        growTo(2);
        assertEquals(FdMonitorKind.PPOLL, context.fdMonitor());
        growTo(3);
        assertEquals(FdMonitorKind.EPOLL, context.fdMonitor());
        assertAllServed();
    }

    @Test
    void anUpgradeReachesALoopThatSleeps() throws Exception {
        AioOptions options =
                new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 3, NanoClock.MONOTONIC);
        for (int round = 0; round < 200; round++) {
            EventNotifier first = EventNotifier.create();
            EventNotifier second = EventNotifier.create();
            CountDownLatch called = new CountDownLatch(2);
            try (IoThread loop = IoThread.start("loop", options)) {
                for (EventNotifier event : List.of(first, second)) {
                    loop.context().addHandler(event.fd(), READ, () -> {
                        event.testAndClear();
                        called.countDown();
                    });
                }
                assertEquals(FdMonitorKind.EPOLL, loop.context().fdMonitor());
                first.set();
                second.set();
                assertTrue(called.await(30, TimeUnit.SECONDS));
            }
            first.close();
            second.close();
        }
    }

    @Test
    void aRefusedChangeOfInterestChangesNothing() throws ErrnoException {
        growTo(THRESHOLD);
        int fd = FdPair.reserved(Posix.eventfd(1, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC));
        AioHandler handler = context.addHandler(fd, READ, new Recorder("closed"));
        Posix.close(fd);
        assertThrows(ErrnoException.class,
                () -> context.setInterest(handler, READ | AioHandler.WRITE));
        assertEquals(READ, handler.interest);
        context.removeHandler(handler);
        assertAllServed();
    }
}
