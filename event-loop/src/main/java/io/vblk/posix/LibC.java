// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The jnr-ffi binding: only the functions that this project calls and jnr-posix does not offer.
 * Thread: any.
 *
 * <p>Two traps decide the signatures. A method with exactly six {@code int} or {@code long}
 * parameters passes garbage as the sixth on x86-64, so one of six is a {@link Pointer}; seven or
 * more parameters fall back to libffi, which is 25 times slower and allocates. LibCTest holds each
 * argument of each function.
 */
final class LibC {
    /** The bound functions. Public because the generated class lives in another class loader. */
    public interface Calls {
        int open(String path, int flags, int mode);

        int close(int fd);

        int isatty(int fd);

        int getpid();

        int eventfd(int initialValue, int flags);

        int epoll_create1(int flags);

        int epoll_ctl(int epollFd, int operation, int fd, long event);

        int epoll_pwait2(int epollFd, long events, int maxEvents, long timespec, long sigmask);

        int epoll_wait(int epollFd, long events, int maxEvents, int timeoutMs);

        int ppoll(long fds, long count, long timespec, long sigmask);

        Pointer mmap(Pointer address, long length, int protection, int flags, int fd, long offset);

        int munmap(long address, long length);

        int memfd_create(String name, int flags);

        long read(int fd, long buffer, long count);

        long write(int fd, long buffer, long count);

        long preadv(int fd, long iovecs, int count, long offset);

        long preadv2(int fd, long iovecs, int count, long offset, int flags);

        long pwritev(int fd, long iovecs, int count, long offset);

        long pwritev2(int fd, long iovecs, int count, long offset, int flags);

        int fallocate(int fd, int mode, long offset, long length);

        int fdatasync(int fd);

        int ftruncate(int fd, long length);

        long lseek(int fd, long offset, int whence);

        int ioctl(int fd, long request, long argument);

        int fcntl(int fd, int command, long argument);

        int statx(int directoryFd, String path, int flags, int mask, long buffer);

        long syscall(long number, long first, long second, long third, long fourth);

        long syscall(
                long number, long first, long second, long third, long fourth, Pointer fifth);

        int prctl(int operation, long second, long third, long fourth, long fifth);

        int socket(int domain, int type, int protocol);

        int socketpair(int domain, int type, int protocol, long fds);

        int bind(int fd, long address, int lengthBytes);

        int listen(int fd, int backlog);

        int connect(int fd, long address, int lengthBytes);

        int accept4(int fd, long address, long lengthBytes, int flags);

        int getsockopt(int fd, int level, int name, long value, long lengthAddress);

        long sendmsg(int fd, long message, int flags);

        long recvmsg(int fd, long message, int flags);

        int sched_setaffinity(int pid, long maskBytes, long mask);

        int sched_getaffinity(int pid, long maskBytes, long mask);
    }

    static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");

    private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);

    private LibC() {}

    /** errno as the last call of this thread left it. */
    static int errno() {
        return LastError.getLastError(RUNTIME);
    }
}
