// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.uring.UringProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds each argument of the six-argument syscall, of io_uring's calls and of affinity's. */
class LibCSyscallTest {
    private static final LibC.Calls C = LibC.CALLS;
    private static final String ARCH = System.getProperty("os.arch");
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_SIZE = 0x200;
    /** For growth of the structure: refused until then. */
    private static final long STATX_RESERVED = 0x8000_0000L;
    private static final int ESRCH = 3;
    private static final int EFAULT = 14;
    /** No descriptor; -1 would mean something to io_uring_register(2). */
    private static final int CLOSED = 999_999;
    private static final long SYS_IO_URING_ENTER = 426;
    /** Beyond any pid_max. */
    private static final int NO_PROCESS = Integer.MAX_VALUE;
    private static final int CPUS_MAX = 1024;

    @TempDir
    Path directory;

    private static long statxNumber() {
        assumeTrue(List.of("amd64", "aarch64").contains(ARCH), "number of statx on " + ARCH);
        return ARCH.equals("amd64") ? 332 : 291;
    }

    private static Pointer pointer(long address) {
        return Pointer.wrap(Runtime.getRuntime(C), address);
    }

    private static int failure(long result) {
        assertEquals(-1, result);
        return LibC.errno();
    }

    @Test
    void syscallOfSixTakesEachArgument() throws IOException {
        long statx = statxNumber();
        Path file = Files.write(directory.resolve("file"), new byte[1234]);
        Path link = Files.createSymbolicLink(directory.resolve("l"), Path.of("file"));
        int fd = Posix.open(file.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        try (MappedMemory memory = MappedMemory.anonymous(8192)) {
            long empty = memory.address();
            long path = memory.address() + 1;
            byte[] name = link.toString().getBytes();
            NativeMemory.copyFromArray(name, 0, path, name.length);
            long buffer = memory.address() + 4096;
            Pointer out = pointer(buffer);
            assertEquals(0, C.syscall(statx, fd, empty, AT_EMPTY_PATH, STATX_SIZE, out));
            assertEquals(1234, NativeMemory.getLong(buffer + 40));
            assertEquals(0, C.syscall(statx, AT_FDCWD, path, 0, STATX_SIZE, out));
            assertEquals(1234, NativeMemory.getLong(buffer + 40));
            assertEquals(0, C.syscall(
                    statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_SIZE, out));
            assertEquals("file".length(), NativeMemory.getLong(buffer + 40));
            assertEquals(Posix.EBADF,
                    failure(C.syscall(statx, -1, empty, AT_EMPTY_PATH, STATX_SIZE, out)));
            assertEquals(Posix.ENOENT,
                    failure(C.syscall(statx, fd, empty, 0, STATX_SIZE, out)));
            assertEquals(EFAULT, failure(C.syscall(statx, fd, 1, 0, STATX_SIZE, out)));
            assertEquals(Posix.EINVAL, failure(
                    C.syscall(statx, fd, empty, AT_EMPTY_PATH, STATX_RESERVED, out)));
            assertEquals(EFAULT, failure(
                    C.syscall(statx, fd, empty, AT_EMPTY_PATH, STATX_SIZE, pointer(1))));
            assertEquals(EFAULT, failure(
                    C.syscall(statx, fd, empty, AT_EMPTY_PATH, STATX_SIZE, null)));
            assertEquals(Posix.ENOSYS, failure(
                    C.syscall(100_000, fd, empty, AT_EMPTY_PATH, STATX_SIZE, out)));
        }
        Posix.close(fd);
    }

    // ------------------------------------------------------------------ io_uring

    private static void assumeIoUring() {
        UringProbe probe = UringProbe.run();
        assumeTrue(probe.available(), probe.reason());
    }

    @Test
    void ioUringCallsTakeEachArgument() throws Exception {
        assumeIoUring();
        int eventfd = Posix.eventfd(0, Posix.EFD_CLOEXEC);
        int unknownFlag = 1 << 30;
        int unknownOperation = 9999;
        assertEquals(-Posix.EBADF, Posix.ioUringEnter(CLOSED, 0, 0, 0));
        assertEquals(-Posix.EOPNOTSUPP, Posix.ioUringEnter(eventfd, 0, 0, 0));
        assertEquals(-Posix.EINVAL, Posix.ioUringEnter(eventfd, 0, 0, unknownFlag));
        assertEquals(-Posix.EBADF, Posix.ioUringRegister(CLOSED, 12, 0, 0));
        assertEquals(-Posix.EOPNOTSUPP, Posix.ioUringRegister(eventfd, 12, 0, 0));
        assertEquals(-Posix.EINVAL, Posix.ioUringRegister(eventfd, unknownOperation, 0, 0));
        try (MappedMemory params = MappedMemory.anonymous(120)) {
            assertEquals(EFAULT, assertThrows(ErrnoException.class,
                    () -> Posix.ioUringSetup(4, 1)).errno());
            assertEquals(Posix.EINVAL, assertThrows(ErrnoException.class,
                    () -> Posix.ioUringSetup(0, params.address())).errno());
            int ring = Posix.ioUringSetup(16, params.address());
            assertEquals(16, NativeMemory.getInt(params.address()));
            assertEquals(1, Posix.fcntl(ring, 1, 0));
            // Nothing in the ring: of the two asked for, none can be submitted.
            assertEquals(0, Posix.ioUringEnter(ring, 2, 0, 0));
            // Operation 12 enables rings: this one is, and it takes no argument.
            assertEquals(-Posix.EINVAL, Posix.ioUringRegister(ring, 12, 1, 0));
            assertEquals(-Posix.EINVAL, Posix.ioUringRegister(ring, 12, 0, 1));
            // The signal mask, in place of the fifth argument, is looked at in a wait.
            assertEquals(-1, C.syscall(SYS_IO_URING_ENTER, ring, 0, 1, 1, pointer(1)));
            int errno = LibC.errno();
            assertTrue(errno == EFAULT || errno == Posix.EINVAL, "errno " + errno);
            Posix.close(ring);
        }
        Posix.close(eventfd);
    }

    // ------------------------------------------------------------------ processors

    private static <T> T onThread(Callable<T> callable) throws Exception {
        FutureTask<T> task = new FutureTask<>(callable);
        new Thread(task, "helper").start();
        return task.get();
    }

    @Test
    void aThreadRunsWhereItIsToldAndNoOtherDoes() throws Exception {
        BitSet before = Posix.cpus();
        assertTrue(before.cardinality() > 0);
        List<Integer> tried = new ArrayList<>();
        for (int cpu = before.nextSetBit(0); cpu >= 0; cpu = before.nextSetBit(cpu + 1)) {
            int one = cpu;
            BitSet expected = new BitSet();
            expected.set(one);
            BitSet then = onThread(() -> {
                Posix.runOnCpu(one);
                return Posix.cpus();
            });
            assertEquals(expected, then);
            assertEquals(before, onThread(() -> {
                Posix.runOnCpu(one);
                return onThread(() -> {
                    Posix.runOnAllCpus();
                    return Posix.cpus();
                });
            }), "made by a thread that is bound");
            tried.add(one);
        }
        assertEquals(before, onThread(() -> {
            Posix.runOnCpu(tried.get(0));
            Posix.runOnCpus(before);
            return Posix.cpus();
        }), "several");
        assertEquals(before.cardinality(), tried.size());
        assertEquals(before, Posix.cpus());
    }

    @Test
    void cpusAreThoseOfTheKernelsStatus() throws Exception {
        String line = Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(l -> l.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow();
        BitSet expected = new BitSet();
        for (String range : line.substring(line.indexOf(':') + 1).trim().split(",")) {
            String[] ends = range.split("-");
            expected.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
        }
        assertEquals(expected, Posix.cpus());
    }

    @Test
    void aProcessorThatIsNotOursIsRefusedAndChangesNothing() throws Exception {
        int none = CPUS_MAX - 1;
        BitSet before = Posix.cpus();
        assumeTrue(before.length() < none, "this machine has all processors there can be");
        BitSet after = onThread(() -> {
            for (int cpu : new int[] {-1, Integer.MIN_VALUE, none, CPUS_MAX, CPUS_MAX + 1,
                Integer.MAX_VALUE}) {
                ErrnoException refused =
                        assertThrows(ErrnoException.class, () -> Posix.runOnCpu(cpu));
                assertEquals(Posix.EINVAL, refused.errno(), "cpu " + cpu);
            }
            return Posix.cpus();
        });
        assertEquals(before, after);
    }

    @Test
    void affinityCallsTakeEachArgument() throws ErrnoException {
        try (MappedMemory memory = MappedMemory.anonymous(4096)) {
            long mask = memory.address() + 64;
            NativeMemory.fill(memory.address(), 4096, 0x55);
            int bytes = C.sched_getaffinity(0, 1024, mask);
            assertEquals(0, bytes);
            assertEquals(0x55, NativeMemory.getByte(mask - 1));
            assertEquals(0x55, NativeMemory.getByte(mask + 1024));
            assertEquals(Posix.EINVAL, failure(C.sched_getaffinity(0, 1, mask)));
            assertEquals(ESRCH, failure(C.sched_getaffinity(NO_PROCESS, 128, mask)));
            assertEquals(EFAULT, failure(C.sched_getaffinity(0, 128, 1)));
            NativeMemory.fill(mask, 128, 0);
            assertEquals(Posix.EINVAL, failure(C.sched_setaffinity(0, 128, mask)));
            NativeMemory.fill(mask, 128, 0xff);
            assertEquals(ESRCH, failure(C.sched_setaffinity(NO_PROCESS, 128, mask)));
            assertEquals(EFAULT, failure(C.sched_setaffinity(0, 128, 1)));
        }
    }
}
