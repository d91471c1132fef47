// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EpollMonitorTest extends FdMonitorContract {
    @Override
    FdMonitorKind kind() {
        return FdMonitorKind.EPOLL;
    }

    /** Numbers of the epoll instances of this process. */
    private static Set<String> epollFds() throws IOException {
        Set<String> found = new HashSet<>();
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : fds) {
                if (Files.isSymbolicLink(fd)
                        && Files.readSymbolicLink(fd).toString().contains("[eventpoll]")) {
                    found.add(fd.getFileName().toString());
                }
            }
        }
        return found;
    }

    private static Set<Integer> watchedBy(String epollFd) throws IOException {
        Set<Integer> watched = new HashSet<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + epollFd))) {
            if (line.startsWith("tfd:")) {
                watched.add(Integer.parseInt(line.substring(4).trim().split("\\s+")[0]));
            }
        }
        return watched;
    }

    @Test
    void theKernelsSetHoldsExactlyWhatIsWatched() throws IOException {
        Set<String> before = epollFds();
        try (AioContext other = AioContext.create(options())) {
            Set<String> added = epollFds();
            added.removeAll(before);
            assertEquals(1, added.size());
            String epollFd = added.iterator().next();
            Set<Integer> own = watchedBy(epollFd);
            assertEquals(1, own.size());

            int fd = notifier(false).fd();
            AioHandler handler = other.addHandler(fd, AioHandler.READ, recorder("a"));
            int polled = notifier(false).fd();
            AioHandler polledOnly = other.addHandler(polled, AioHandler.POLL, recorder("b"));
            assertTrue(watchedBy(epollFd).contains(fd) && !watchedBy(epollFd).contains(polled));
            other.setInterest(polledOnly, AioHandler.POLL | AioHandler.READ);
            assertTrue(watchedBy(epollFd).contains(polled));
            other.setInterest(handler, 0);
            other.removeHandler(polledOnly);
            assertEquals(own, watchedBy(epollFd));
        }
        assertEquals(before, epollFds());
    }

    @Test
    void moreEventsThanFitInOneWaitComeInTheNext() throws ErrnoException {
        int count = EpollMonitor.EVENTS_MAX + 20;
        for (int i = 0; i < count; i++) {
            context.addHandler(notifier(true).fd(), AioHandler.READ, recorder("h" + i));
        }
        waitForProgress();
        List<String> first = taken();
        assertEquals(EpollMonitor.EVENTS_MAX, first.size());
        waitForProgress();
        Set<String> served = new HashSet<>(first);
        served.addAll(taken());
        assertEquals(count, served.size());
    }

    @Test
    void aSlotIsReusedWithoutItsFormerReadiness() throws ErrnoException {
        EventNotifier set = notifier(true);
        for (int i = 0; i < 200; i++) {
            AioHandler handler = context.addHandler(set.fd(), AioHandler.READ, recorder("old"));
            context.removeHandler(handler);
            handler = context.addHandler(notifier(false).fd(), AioHandler.READ, recorder("new"));
            assertFalse(context.poll(false));
            context.removeHandler(handler);
        }
        assertEquals(List.of(), taken());
    }
}
