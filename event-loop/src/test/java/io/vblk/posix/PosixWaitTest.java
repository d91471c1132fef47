// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting: eventfd, epoll and ppoll, each argument of them, time-outs and signals. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PosixWaitTest {
    private static final LibC.Calls C = LibC.CALLS;
    private static final int IN = 1;
    private static final int ADD = 1;
    private static final int DELETE = 2;
    private static final int MODIFY = 3;
    private static final int EFAULT = 14;
    private static final long BAD_POINTER = 1;
    private static final boolean X86 = System.getProperty("os.arch").equals("amd64");
    private static final int DATA = X86 ? 4 : 8;
    private static final int EVENT_BYTES = DATA + 8;
    private static final int F_GETFD = 1;

    private MappedMemory memory;
    private long buffer;
    private long timespec;

    @BeforeEach
    void map() throws ErrnoException {
        memory = MappedMemory.anonymous(4096);
        timespec = memory.address();
        buffer = memory.address() + 64;
    }

    @AfterEach
    void unmap() {
        memory.close();
    }

    private long counterOf(int eventFd) {
        long result = Posix.read(eventFd, buffer, Posix.EVENTFD_BYTES);
        return result < 0 ? result : NativeMemory.getLong(buffer);
    }

    private int eventfd(int initialValue) throws ErrnoException {
        return Posix.eventfd(initialValue, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC);
    }

    private void putEvent(int events, long data) {
        NativeMemory.putInt(buffer, events);
        NativeMemory.putLong(buffer + DATA, data);
    }

    @Test
    void eventfdTakesInitialValueAndFlags() throws ErrnoException {
        int fd = eventfd(5);
        assertEquals(1, Posix.fcntl(fd, F_GETFD, 0));
        assertEquals(5, counterOf(fd));
        assertEquals(-Posix.EAGAIN, counterOf(fd));
        Posix.close(fd);
        int inherited = Posix.eventfd(1, 0);
        assertEquals(0, Posix.fcntl(inherited, F_GETFD, 0));
        Posix.close(inherited);
    }

    @Test
    void epollTakesOperationsEventsAndData() throws ErrnoException {
        int epoll = Posix.epollCreate();
        assertEquals(1, Posix.fcntl(epoll, F_GETFD, 0));
        int fd = eventfd(1);
        putEvent(IN, 0x1122334455667788L);
        assertEquals(0, Posix.epollCtl(epoll, ADD, fd, buffer));
        assertEquals(-Posix.EEXIST, Posix.epollCtl(epoll, ADD, fd, buffer));
        NativeMemory.fill(buffer, 64, 0);
        assertEquals(1, Posix.epollWait(epoll, buffer, 4, 0, timespec));
        assertEquals(IN, NativeMemory.getInt(buffer));
        assertEquals(0x1122334455667788L, NativeMemory.getLong(buffer + DATA));
        putEvent(0, 1);
        assertEquals(0, Posix.epollCtl(epoll, MODIFY, fd, buffer));
        assertEquals(0, Posix.epollWait(epoll, buffer, 4, 0, timespec));
        assertEquals(0, Posix.epollCtl(epoll, DELETE, fd, buffer));
        assertEquals(-Posix.ENOENT, Posix.epollCtl(epoll, DELETE, fd, buffer));
        assertEquals(-Posix.EBADF, Posix.epollCtl(-1, DELETE, fd, buffer));
        Posix.close(fd);
        Posix.close(epoll);
    }

    @Test
    void epollWaitsTakeTheBoundOfEvents() throws ErrnoException {
        int epoll = Posix.epollCreate();
        int[] fds = {eventfd(1), eventfd(1), eventfd(1)};
        for (int fd : fds) {
            putEvent(IN, fd);
            assertEquals(0, Posix.epollCtl(epoll, ADD, fd, buffer));
        }
        NativeMemory.fill(buffer, 64, 0);
        for (long timeoutNs : new long[] {-1, 0, 1_000_000_000}) {
            assertEquals(2, Posix.epollWait(epoll, buffer, 2, timeoutNs, timespec));
            assertEquals(0, NativeMemory.getInt(buffer + 2 * EVENT_BYTES));
            assertEquals(3, Posix.epollWait(epoll, buffer, 8, timeoutNs, timespec));
            NativeMemory.fill(buffer, 64, 0);
        }
        assertEquals(-Posix.EINVAL, Posix.epollWait(epoll, buffer, 0, 0, timespec));
        for (int fd : fds) {
            Posix.close(fd);
        }
        Posix.close(epoll);
    }

    @Test
    void ppollTakesTheCountOfDescriptors() throws ErrnoException {
        int first = eventfd(0);
        int second = eventfd(1);
        putPollfd(0, first);
        putPollfd(1, second);
        assertEquals(0, Posix.ppoll(buffer, 1, 0, timespec));
        assertEquals(1, Posix.ppoll(buffer, 2, -1, timespec));
        assertEquals(0, NativeMemory.getShort(buffer + 6));
        assertEquals(IN, NativeMemory.getShort(buffer + 14));
        Posix.close(first);
        assertEquals(2, Posix.ppoll(buffer, 2, 1_000_000, timespec));
        int invalid = 0x20;
        assertEquals(invalid, NativeMemory.getShort(buffer + 6));
        Posix.close(second);
    }

    private void putPollfd(int index, int fd) {
        NativeMemory.putInt(buffer + 8L * index, fd);
        NativeMemory.putShort(buffer + 8L * index + 4, IN);
        NativeMemory.putShort(buffer + 8L * index + 6, 0);
    }

    @Test
    void waitsTakeTheSignalMask() throws ErrnoException {
        int epoll = Posix.epollCreate();
        NativeMemory.putLong(timespec, 0);
        NativeMemory.putLong(timespec + 8, 0);
        assertEquals(-1, C.ppoll(buffer, 0, timespec, BAD_POINTER));
        assertEquals(EFAULT, LibC.errno());
        assertEquals(-1, C.epoll_pwait2(epoll, buffer, 1, timespec, BAD_POINTER));
        assertEquals(EFAULT, LibC.errno());
        assertEquals(-1, C.epoll_pwait2(epoll, buffer, 1, BAD_POINTER, 0));
        assertEquals(EFAULT, LibC.errno());
        assertEquals(0, C.epoll_wait(epoll, buffer, 1, 3));
        Posix.close(epoll);
    }

    @Test
    void timeoutsAreNanoseconds() throws ErrnoException {
        int epoll = Posix.epollCreate();
        holdsNanoseconds("ppoll", ns -> Posix.ppoll(buffer, 0, ns, timespec));
        holdsNanoseconds("epoll", ns -> Posix.epollWait(epoll, buffer, 1, ns, timespec));
        Posix.close(epoll);
    }

    /** No wait is too short; and were they rounded to milliseconds, no wait could be this short. */
    private static void holdsNanoseconds(String name, LongUnaryOperator wait) {
        long shortestNs = Long.MAX_VALUE;
        for (int i = 0; i < 2000 && shortestNs > 900_000; i++) {
            long startNs = System.nanoTime();
            assertEquals(0, wait.applyAsLong(200_000));
            long tookNs = System.nanoTime() - startNs;
            assertTrue(tookNs >= 200_000, name + " took " + tookNs + " ns");
            shortestNs = Math.min(shortestNs, tookNs);
        }
        assertTrue(shortestNs < 900_000, name + " took " + shortestNs + " ns at best");
    }

    @Test
    void timeoutsLongerThanASecondCarryTheSeconds() throws ErrnoException {
        long startNs = System.nanoTime();
        assertEquals(0, Posix.ppoll(buffer, 0, 1_000_500_000L, timespec));
        assertTrue(System.nanoTime() - startNs >= 1_000_500_000L);
    }

    @Test
    void signalsDoNotShortenAWait() throws Exception {
        int epoll = Posix.epollCreate();
        long waitNs = 200_000_000;
        holdsUnderSignals(waitNs, () -> Posix.ppoll(buffer, 0, waitNs, timespec));
        holdsUnderSignals(waitNs, () -> Posix.epollWait(epoll, buffer, 1, waitNs, timespec));
        Posix.close(epoll);
    }

    private interface Wait {
        int run();
    }

    private void holdsUnderSignals(long waitNs, Wait wait) throws Exception {
        CompletableFuture<Long> waiterId = new CompletableFuture<>();
        CompletableFuture<Long> tookNs = new CompletableFuture<>();
        CompletableFuture<Integer> errno = new CompletableFuture<>();
        Thread waiter = new Thread(() -> {
            waiterId.complete(Signals.currentThreadId());
            // First what the kernel answers, so that the test cannot pass for want of signals.
            errno.complete(C.ppoll(buffer, 0, 0, 0) < 0 ? LibC.errno() : 0);
            long startNs = System.nanoTime();
            int result = wait.run();
            tookNs.complete(result == 0 ? System.nanoTime() - startNs : result);
        });
        Signals.assumeHandled();
        waiter.start();
        long id = waiterId.get();
        while (!tookNs.isDone()) {
            Signals.send(id);
            LockSupport.parkNanos(1_000_000);
        }
        waiter.join();
        assertEquals(Posix.EINTR, errno.get());
        assertTrue(tookNs.get() >= waitNs, "took " + tookNs.get());
    }

    /** The signal by which java.nio interrupts its own blocking calls: it does nothing else. */
    private static final class Signals {
        private static final int NUMBER = 62;
        private static final long GETTID = X86 ? 186 : 178;
        private static final long TGKILL = X86 ? 234 : 131;

        static void assumeHandled() throws IOException {
            String arch = System.getProperty("os.arch");
            assumeTrue(X86 || arch.equals("aarch64"), "system call numbers of " + arch);
            // Whoever opens channels has the handler installed.
            try (FileChannel file = FileChannel.open(Path.of("/proc/self/status"));
                    ServerSocketChannel server = ServerSocketChannel.open()) {
                assertTrue(file.isOpen() && server.isOpen());
            }
            String caught = Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("SigCgt:")).findFirst().orElseThrow();
            long mask = Long.parseUnsignedLong(caught.substring(7).trim(), 16);
            assumeTrue((mask >>> (NUMBER - 1) & 1) == 1, "the JVM does not catch signal 62");
        }

        static long currentThreadId() {
            return Posix.syscall(GETTID, 0, 0, 0, 0);
        }

        static void send(long threadId) {
            Posix.syscall(TGKILL, Posix.getpid(), threadId, NUMBER, 0);
        }
    }
}
