// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import java.util.BitSet;
import jnr.ffi.Pointer;

/**
 * Checked system calls: each method is one call, named as its manual page (section 2) has it.
 * Thread: any.
 *
 * <p>EINTR is retried here, except for io_uring_enter, whose caller looks at the ring first. Calls
 * of the control plane throw {@link ErrnoException}. Calls of the data plane, where a failure is an
 * ordinary answer and an exception would allocate, return the negative errno instead and say so.
 */
public final class Posix {
    public static final int O_RDONLY = 0;
    public static final int O_RDWR = 2;
    public static final int O_CLOEXEC = 0x80000;
    /** Past the page cache; its number is one of the few that differ between processors. */
    public static final int O_DIRECT =
            System.getProperty("os.arch").equals("aarch64") ? 0x10000 : 0x4000;

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int ENOTTY = 25;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int ECONNABORTED = 103;
    public static final int ECONNREFUSED = 111;
    public static final int ECANCELED = 125;

    /** Command of {@link #fcntl} that every open descriptor answers. */
    public static final int F_GETFD = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_ADD_SEALS = 1033;
    /** F_SEAL_SEAL, F_SEAL_SHRINK and F_SEAL_GROW. */
    private static final int SEALS_OF_SIZE = 0x7;
    private static final int O_NONBLOCK = 0x800;

    /** Write through to stable storage before returning (pwritev2(2)). */
    public static final int RWF_DSYNC = 0x2;
    /** Answer EAGAIN rather than wait for the disk (preadv2(2)). */
    public static final int RWF_NOWAIT = 0x8;

    public static final int FALLOC_FL_KEEP_SIZE = 0x1;
    public static final int FALLOC_FL_PUNCH_HOLE = 0x2;
    public static final int FALLOC_FL_ZERO_RANGE = 0x10;

    public static final int EFD_NONBLOCK = 0x800;
    public static final int EFD_CLOEXEC = 0x80000;
    public static final int MFD_CLOEXEC = 0x1;
    public static final int MFD_ALLOW_SEALING = 0x2;

    /** Bytes that an eventfd(2) counter takes or gives in one read or write. */
    public static final int EVENTFD_BYTES = 8;
    /** Size of a {@code struct timespec}: seconds and nanoseconds, 8 bytes each. */
    public static final int TIMESPEC_BYTES = 16;

    private static final long SYS_IO_URING_SETUP = 425;
    private static final long SYS_IO_URING_ENTER = 426;
    private static final long SYS_IO_URING_REGISTER = 427;
    private static final int PR_SET_TIMERSLACK = 29;
    /** Room for 1024 processors, what glibc's cpu_set_t has. */
    private static final int CPU_MASK_BYTES = 128;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7FF;
    private static final int STATX_DIOALIGN = 0x2000;
    private static final int STATX_BYTES = 256;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private static final LibC.Calls C = LibC.CALLS;

    private Posix() {}

    // ------------------------------------------------------------------ files, control plane

    /** open(2); the descriptor must be closed with {@link #close}. */
    public static int open(String path, int flags, int mode) throws ErrnoException {
        while (true) {
            int fd = C.open(path, flags, mode);
            if (fd >= 0) {
                return fd;
            }
            int errno = LibC.errno();
            if (errno != EINTR) {
                throw new ErrnoException("open(" + path + ")", errno);
            }
        }
    }

    /** close(2). Never retried: Linux frees the descriptor even when it answers EINTR. */
    public static void close(int fd) {
        C.close(fd);
    }

    /** isatty(3). */
    public static boolean isTerminal(int fd) {
        return C.isatty(fd) != 0;
    }

    /** Process id, getpid(2). */
    public static int getpid() {
        return C.getpid();
    }

    /** statx(2) of an open descriptor. */
    public static FileStatus fileStatus(int fd) throws ErrnoException {
        try (MappedMemory buffer = MappedMemory.anonymous(STATX_BYTES)) {
            long at = buffer.address();
            int mask = STATX_BASIC_STATS | STATX_DIOALIGN;
            check("statx", C.statx(fd, "", AT_EMPTY_PATH, mask, at));
            // struct statx: 0 mask, 4 blksize, 28 mode (16 bits), 40 size, 48 blocks of 512,
            // 152 dio_mem_align, 156 dio_offset_align.
            boolean direct = (NativeMemory.getInt(at) & STATX_DIOALIGN) != 0;
            return new FileStatus(
                    NativeMemory.getLong(at + 40),
                    NativeMemory.getShort(at + 28),
                    NativeMemory.getLong(at + 48) * 512,
                    NativeMemory.getInt(at + 4),
                    direct ? NativeMemory.getInt(at + 152) : 0,
                    direct ? NativeMemory.getInt(at + 156) : 0);
        }
    }

    /** ftruncate(2). */
    public static void ftruncate(int fd, long lengthBytes) throws ErrnoException {
        int result;
        do {
            result = C.ftruncate(fd, lengthBytes);
        } while (interrupted(result));
        check("ftruncate", result);
    }

    /** lseek(2); returns the offset or the negative errno (ENXIO is an ordinary answer). */
    public static long lseek(int fd, long offset, int whence) {
        long result = C.lseek(fd, offset, whence);
        return result < 0 ? -LibC.errno() : result;
    }

    /** ioctl(2) with a pointer or number as its argument; returns the negative errno. */
    public static int ioctl(int fd, long request, long argument) {
        int result = C.ioctl(fd, request, argument);
        return result < 0 ? -LibC.errno() : result;
    }

    /** fcntl(2) with a pointer or number as its argument; returns the negative errno. */
    public static int fcntl(int fd, int command, long argument) {
        int result;
        do {
            result = C.fcntl(fd, command, argument);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    /** Makes reads and writes of a descriptor answer EAGAIN instead of waiting. */
    public static void setNonBlocking(int fd) throws ErrnoException {
        addFlag(fd, O_NONBLOCK);
    }

    /** Takes an open file past the page cache; EINVAL where its file system cannot do so. */
    public static void setDirect(int fd) throws ErrnoException {
        addFlag(fd, O_DIRECT);
    }

    private static void addFlag(int fd, int flag) throws ErrnoException {
        int flags = fcntl(fd, F_GETFL, 0);
        int result = flags < 0 ? flags : fcntl(fd, F_SETFL, flags | flag);
        if (result < 0) {
            throw new ErrnoException("fcntl(" + fd + ")", -result);
        }
    }

    /** Fixes the size of a memfd for ever (F_ADD_SEALS of fcntl(2)). */
    public static void sealSize(int fd) throws ErrnoException {
        int result = fcntl(fd, F_ADD_SEALS, SEALS_OF_SIZE);
        if (result < 0) {
            throw new ErrnoException("fcntl(" + fd + ", F_ADD_SEALS)", -result);
        }
    }

    /** memfd_create(2). */
    public static int memfdCreate(String name, int flags) throws ErrnoException {
        return check("memfd_create", C.memfd_create(name, flags));
    }

    /** syscall(2) with up to four arguments; returns the negative errno. */
    public static long syscall(long number, long first, long second, long third, long fourth) {
        long result = C.syscall(number, first, second, third, fourth);
        return result < 0 ? -LibC.errno() : result;
    }

    /** io_uring_setup(2) with the address of a {@code struct io_uring_params}. */
    public static int ioUringSetup(int entries, long params) throws ErrnoException {
        long fd = syscall(SYS_IO_URING_SETUP, entries, params, 0, 0);
        if (fd < 0) {
            throw new ErrnoException("io_uring_setup", (int) -fd);
        }
        return (int) fd;
    }

    /** io_uring_register(2); returns the negative errno. */
    public static int ioUringRegister(int ringFd, int operation, long argument, int count) {
        return (int) syscall(SYS_IO_URING_REGISTER, ringFd, operation, argument, count);
    }

    /**
     * PR_SET_TIMERSLACK of prctl(2): how much later than asked for the calling thread may be woken
     * for the sake of the processor's rest. The kernel's default is 50 us.
     */
    public static void setTimerSlack(long slackNs) {
        int result = C.prctl(PR_SET_TIMERSLACK, slackNs, 0, 0, 0);
        assert result == 0 : "prctl(PR_SET_TIMERSLACK): errno " + LibC.errno();
    }

    /**
     * sched_setaffinity(2): lets the calling thread run on one processor only.
     *
     * @throws ErrnoException EINVAL if this machine or process has no such processor
     */
    public static void runOnCpu(int cpu) throws ErrnoException {
        BitSet one = new BitSet();
        if (cpu < 0 || cpu >= CPU_MASK_BYTES * Byte.SIZE) {
            throw new ErrnoException("sched_setaffinity(cpu " + cpu + ")", EINVAL);
        }
        one.set(cpu);
        runOnCpus(one);
    }

    /**
     * sched_setaffinity(2): lets the calling thread run on those of these processors that there
     * are.
     *
     * @throws ErrnoException EINVAL if there is none of them, or a number is too large
     */
    public static void runOnCpus(BitSet cpus) throws ErrnoException {
        byte[] bits = cpus.toByteArray();
        String call = "sched_setaffinity(cpu " + cpus + ")";
        if (bits.length > CPU_MASK_BYTES) {
            throw new ErrnoException(call, EINVAL);
        }
        try (MappedMemory mask = MappedMemory.anonymous(CPU_MASK_BYTES)) {
            NativeMemory.copyFromArray(bits, 0, mask.address(), bits.length);
            check(call, C.sched_setaffinity(0, CPU_MASK_BYTES, mask.address()));
        }
    }

    /**
     * Lets the calling thread run on all processors that the process may use: a thread begins with
     * those of the thread that made it. The main thread is never bound to one, so its are taken.
     */
    public static void runOnAllCpus() {
        try (MappedMemory mask = MappedMemory.anonymous(CPU_MASK_BYTES)) {
            if (C.sched_getaffinity(getpid(), CPU_MASK_BYTES, mask.address()) >= 0) {
                C.sched_setaffinity(0, CPU_MASK_BYTES, mask.address());
            }
        } catch (ErrnoException e) {
            // No memory for a mask: the thread stays where it is, which is no reason to fail.
            assert e.errno() == ENOMEM : e;
        }
    }

    /** sched_getaffinity(2): the processors that the calling thread may run on. */
    public static BitSet cpus() throws ErrnoException {
        try (MappedMemory mask = MappedMemory.anonymous(CPU_MASK_BYTES)) {
            check("sched_getaffinity", C.sched_getaffinity(0, CPU_MASK_BYTES, mask.address()));
            byte[] bytes = new byte[CPU_MASK_BYTES];
            NativeMemory.copyToArray(mask.address(), bytes, 0, bytes.length);
            return BitSet.valueOf(bytes);
        }
    }

    static long mmap(long lengthBytes, int protection, int flags, int fd, long offset)
            throws ErrnoException {
        Pointer result = C.mmap(null, lengthBytes, protection, flags, fd, offset);
        long address = result == null ? 0 : result.address();
        if (address == 0 || address == -1L) {
            throw new ErrnoException("mmap(" + lengthBytes + " bytes)", LibC.errno());
        }
        return address;
    }

    static void munmap(long address, long lengthBytes) {
        int result = C.munmap(address, lengthBytes);
        assert result == 0 : "munmap of a region that is not ours";
    }

    // ------------------------------------------------------------------ files, data plane

    /** preadv(2): bytes read (0 at the end of the file) or the negative errno. */
    public static long preadv(int fd, long iovecs, int count, long offset) {
        long result;
        do {
            result = C.preadv(fd, iovecs, count, offset);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    /**
     * preadv2(2): bytes read or the negative errno.
     *
     * @param flags such as {@link #RWF_NOWAIT}, with which less may be read than there is
     */
    public static long preadv2(int fd, long iovecs, int count, long offset, int flags) {
        long result;
        do {
            result = C.preadv2(fd, iovecs, count, offset, flags);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    /**
     * pwritev(2), or pwritev2(2) when flags are set: bytes written or the negative errno.
     *
     * @param flags 0, {@link #RWF_DSYNC} or {@link #RWF_NOWAIT}
     */
    public static long pwritev(int fd, long iovecs, int count, long offset, int flags) {
        long result;
        do {
            result = flags == 0
                    ? C.pwritev(fd, iovecs, count, offset)
                    : C.pwritev2(fd, iovecs, count, offset, flags);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    /** fallocate(2): 0 or the negative errno. */
    public static int fallocate(int fd, int mode, long offset, long lengthBytes) {
        int result;
        do {
            result = C.fallocate(fd, mode, offset, lengthBytes);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : 0;
    }

    /** fdatasync(2): 0 or the negative errno. */
    public static int fdatasync(int fd) {
        int result;
        do {
            result = C.fdatasync(fd);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : 0;
    }

    /** read(2): bytes read or the negative errno (EAGAIN from a non-blocking descriptor). */
    public static long read(int fd, long buffer, long count) {
        long result;
        do {
            result = C.read(fd, buffer, count);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    /** write(2): bytes written or the negative errno. */
    public static long write(int fd, long buffer, long count) {
        long result;
        do {
            result = C.write(fd, buffer, count);
        } while (interrupted(result));
        return result < 0 ? -LibC.errno() : result;
    }

    // ------------------------------------------------------------------ waiting

    /** eventfd(2). */
    public static int eventfd(int initialValue, int flags) throws ErrnoException {
        return check("eventfd", C.eventfd(initialValue, flags));
    }

    /** epoll_create1(2), close-on-exec. */
    public static int epollCreate() throws ErrnoException {
        return check("epoll_create1", C.epoll_create1(EPOLL_CLOEXEC));
    }

    /**
     * epoll_ctl(2): 0 or the negative errno.
     *
     * @param event address of a {@code struct epoll_event}
     */
    public static int epollCtl(int epollFd, int operation, int fd, long event) {
        int result = C.epoll_ctl(epollFd, operation, fd, event);
        return result < 0 ? -LibC.errno() : 0;
    }

    /**
     * epoll_pwait2(2), waiting again for what is left of the time after EINTR.
     *
     * @param timeoutNs nanoseconds, 0 to look only, negative to wait for ever
     * @param timespec scratch of {@link #TIMESPEC_BYTES} bytes
     * @return number of events or the negative errno (ENOSYS where kernel or libc lack the call)
     */
    public static int epollWait(
            int epollFd, long events, int maxEvents, long timeoutNs, long timespec) {
        long deadlineNs = timeoutNs > 0 ? System.nanoTime() + timeoutNs : 0;
        long leftNs = timeoutNs;
        while (true) {
            int result = timeoutNs > 0
                    ? C.epoll_pwait2(epollFd, events, maxEvents, putTimespec(timespec, leftNs), 0)
                    : C.epoll_wait(epollFd, events, maxEvents, timeoutNs == 0 ? 0 : -1);
            if (result >= 0) {
                return result;
            }
            int errno = LibC.errno();
            if (errno != EINTR) {
                return -errno;
            }
            leftNs = Math.max(0, deadlineNs - System.nanoTime());
        }
    }

    /**
     * ppoll(2), waiting again for what is left of the time after EINTR.
     *
     * @param fds address of a {@code struct pollfd[]}
     * @param timeoutNs nanoseconds, 0 to look only, negative to wait for ever
     * @param timespec scratch of {@link #TIMESPEC_BYTES} bytes
     * @return number of ready descriptors or the negative errno
     */
    public static int ppoll(long fds, int count, long timeoutNs, long timespec) {
        long deadlineNs = timeoutNs > 0 ? System.nanoTime() + timeoutNs : 0;
        long leftNs = timeoutNs;
        while (true) {
            long time = timeoutNs < 0 ? 0 : putTimespec(timespec, leftNs);
            int result = C.ppoll(fds, count, time, 0);
            if (result >= 0) {
                return result;
            }
            int errno = LibC.errno();
            if (errno != EINTR) {
                return -errno;
            }
            leftNs = Math.max(0, deadlineNs - System.nanoTime());
        }
    }

    /**
     * io_uring_enter(2), not retried: what was submitted before an EINTR is told by the count, and
     * the caller looks at the completion queue anyway.
     *
     * @return entries submitted or the negative errno
     */
    public static int ioUringEnter(int ringFd, int toSubmit, int minComplete, int flags) {
        // The signal mask is the sixth argument and null, so its size, the seventh, is not read.
        long result = C.syscall(SYS_IO_URING_ENTER, ringFd, toSubmit, minComplete, flags, null);
        return result < 0 ? -LibC.errno() : (int) result;
    }

    private static long putTimespec(long timespec, long ns) {
        NativeMemory.putLong(timespec, ns / NANOS_PER_SECOND);
        NativeMemory.putLong(timespec + 8, ns % NANOS_PER_SECOND);
        return timespec;
    }

    static boolean interrupted(long result) {
        return result < 0 && LibC.errno() == EINTR;
    }

    static int check(String call, int result) throws ErrnoException {
        if (result < 0) {
            throw new ErrnoException(call, LibC.errno());
        }
        return result;
    }
}
