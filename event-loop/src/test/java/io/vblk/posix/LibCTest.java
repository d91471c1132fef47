// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds each argument of each bound function: jnr-ffi can pass garbage without a word. */
class LibCTest {
    private static final LibC.Calls C = LibC.CALLS;
    private static final int PAGE = 4096;
    private static final long FAR = (5L << 30) + 512;

    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int SEEK_SET = 0;
    private static final int SEEK_END = 2;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int F_GETFD = 1;
    private static final int F_OFD_SETLK = 37;
    private static final int FIONREAD = 0x541B;
    private static final long BLKGETSIZE64 = 0x80081272L;
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;

    @TempDir
    Path directory;

    private Path file;
    private int fd;
    private MappedMemory memory;
    private long buffer;
    private IovecArray iovecs;

    @BeforeEach
    void openFile() throws IOException {
        file = directory.resolve("file");
        Files.createFile(file);
        fd = Posix.open(file.toString(), Posix.O_RDWR | Posix.O_CLOEXEC, 0);
        memory = MappedMemory.anonymous(16 * PAGE);
        buffer = memory.address();
        iovecs = new IovecArray(buffer + 15 * PAGE, 8);
    }

    @AfterEach
    void closeFile() {
        Posix.close(fd);
        memory.close();
    }

    private void fillFile(int pages) throws IOException {
        byte[] content = new byte[pages * PAGE];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / PAGE + 1);
        }
        Files.write(file, content);
    }

    private int byteAt(long offset) throws IOException {
        try (RandomAccessFile reader = new RandomAccessFile(file.toFile(), "r")) {
            reader.seek(offset);
            return reader.read();
        }
    }

    @Test
    void mmapTakesLengthProtectionFlagsFdAndOffset() throws IOException {
        fillFile(5);
        for (int flags : new int[] {MAP_SHARED, MAP_PRIVATE}) {
            for (int protection = 1; protection <= 3; protection += 2) {
                Pointer at = C.mmap(null, 2L * PAGE, protection, flags, fd, 2L * PAGE);
                String start = Long.toHexString(at.address()) + "-"
                        + Long.toHexString(at.address() + 2 * PAGE);
                String perms = (protection == 3 ? "rw-" : "r--") + (flags == 1 ? "s" : "p");
                String line = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                        .filter(l -> l.startsWith(start)).findFirst().orElse("none: " + start);
                assertTrue(line.startsWith(start + " " + perms + " 00002000"), line);
                assertTrue(line.endsWith(file.toString()), line);
                assertEquals(3, NativeMemory.getByte(at.address()));
                assertEquals(0, C.munmap(at.address(), 2L * PAGE));
            }
        }
    }

    @Test
    void mmapTakesAnOffsetBeyondFourGibibytes() throws IOException {
        long offset = 5L << 30;
        assertEquals(0, C.ftruncate(fd, offset + PAGE));
        long at = Posix.mmap(PAGE, 3, MAP_SHARED, fd, offset);
        NativeMemory.putByte(at + 7, 0x42);
        assertEquals(0, C.munmap(at, PAGE));
        assertEquals(0x42, byteAt(offset + 7));
    }

    @Test
    void mmapFailureTellsErrno() {
        ErrnoException failed = assertThrows(ErrnoException.class,
                () -> Posix.mmap(PAGE, 3, MAP_SHARED, -1, 0));
        assertEquals(Posix.EBADF, failed.errno());
    }

    @Test
    void munmapTakesAddressAndLength() throws IOException {
        fillFile(3);
        long at = Posix.mmap(3 * PAGE, 3, MAP_SHARED, fd, 0);
        assertEquals(0, C.munmap(at, PAGE));
        assertFalse(MappedMemoryTest.isMapped(at));
        assertTrue(MappedMemoryTest.isMapped(at + PAGE));
        assertEquals(2, NativeMemory.getByte(at + PAGE));
        assertEquals(0, C.munmap(at + PAGE, 2 * PAGE));
        assertFalse(MappedMemoryTest.isMapped(at + PAGE));
    }

    @Test
    void preadvAndPwritevTakeIovecsCountAndFarOffset() throws IOException {
        NativeMemory.fill(buffer, 100, 0x11);
        NativeMemory.fill(buffer + PAGE, 200, 0x22);
        NativeMemory.fill(buffer + 2 * PAGE, 300, 0x33);
        for (int i = 0; i < 3; i++) {
            iovecs.set(i, buffer + (long) i * PAGE, 100L * (i + 1));
        }
        assertEquals(300, Posix.pwritev(fd, iovecs.address(0), 2, FAR, 0));
        assertEquals(FAR + 300, Files.size(file));
        assertEquals(0x11, byteAt(FAR));
        assertEquals(0x22, byteAt(FAR + 100));
        assertEquals(0, byteAt(FAR & 0xFFFFFFFFL));

        NativeMemory.fill(buffer, 3 * PAGE, 0);
        assertEquals(200, Posix.preadv(fd, iovecs.address(1), 1, FAR + 50));
        assertEquals(0, NativeMemory.getByte(buffer));
        assertEquals(0x11, NativeMemory.getByte(buffer + PAGE + 49));
        assertEquals(0x22, NativeMemory.getByte(buffer + PAGE + 50));
        assertEquals(250, Posix.preadv(fd, iovecs.address(1), 2, FAR + 50));
        assertEquals(0x22, NativeMemory.getByte(buffer + 2 * PAGE + 49));
        assertEquals(0, NativeMemory.getByte(buffer + 2 * PAGE + 50));
        assertEquals(0, Posix.preadv(fd, iovecs.address(0), 1, FAR + 300));
        assertEquals(-Posix.EINVAL, Posix.preadv(fd, iovecs.address(0), 1, -1));
        assertEquals(-Posix.EBADF, Posix.preadv(-1, iovecs.address(0), 1, 0));
    }

    @Test
    void pwritev2TakesOffsetAndFlags() throws IOException {
        NativeMemory.fill(buffer, 512, 0x44);
        iovecs.set(0, buffer, 512);
        assertEquals(512, Posix.pwritev(fd, iovecs.address(0), 1, FAR, Posix.RWF_DSYNC));
        assertEquals(FAR + 512, Files.size(file));
        assertEquals(0x44, byteAt(FAR + 511));
        int noSuchFlag = 1 << 30;
        assertEquals(-Posix.EOPNOTSUPP,
                Posix.pwritev(fd, iovecs.address(0), 1, FAR + 512, noSuchFlag));
        assertEquals(FAR + 512, Files.size(file));
    }

    @Test
    void fallocateTakesModeOffsetAndLength() throws IOException {
        assertEquals(0, Posix.fallocate(fd, 0, FAR, PAGE));
        assertEquals(FAR + PAGE, Files.size(file));
        assertEquals(0, Posix.fallocate(fd, Posix.FALLOC_FL_KEEP_SIZE, FAR, 4 * PAGE));
        assertEquals(FAR + PAGE, Files.size(file));
        assertEquals(-Posix.EINVAL, Posix.fallocate(fd, 0, 0, 0));
        assertEquals(-Posix.EBADF, Posix.fallocate(-1, 0, 0, 1));
    }

    @Test
    void fallocatePunchesAndZeroesExactlyTheRange() throws IOException {
        int[] modes = {
            Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE, Posix.FALLOC_FL_ZERO_RANGE,
        };
        for (int mode : modes) {
            fillFile(4);
            int result = Posix.fallocate(fd, mode, PAGE + 512, PAGE);
            assumeTrue(result != -Posix.EOPNOTSUPP, "this file system cannot fallocate so");
            assertEquals(0, result);
            assertEquals(4 * PAGE, Files.size(file));
            assertEquals(2, byteAt(PAGE + 511));
            assertEquals(0, byteAt(PAGE + 512));
            assertEquals(0, byteAt(2 * PAGE + 511));
            assertEquals(3, byteAt(2 * PAGE + 512));
        }
    }

    @Test
    void fdatasyncTakesTheFd() throws IOException {
        fillFile(1);
        assertEquals(0, Posix.fdatasync(fd));
        assertEquals(-Posix.EBADF, Posix.fdatasync(-1));
        try (FdPair pipe = FdPair.pipe()) {
            assertEquals(-Posix.EINVAL, Posix.fdatasync(pipe.first()));
        }
    }

    @Test
    void ftruncateTakesFdAndLength() throws IOException {
        Posix.ftruncate(fd, FAR);
        assertEquals(FAR, Files.size(file));
        Posix.ftruncate(fd, 3);
        assertEquals(3, Files.size(file));
        ErrnoException failed = assertThrows(ErrnoException.class, () -> Posix.ftruncate(fd, -1));
        assertEquals(Posix.EINVAL, failed.errno());
    }

    @Test
    void lseekTakesOffsetAndWhence() throws IOException {
        Posix.ftruncate(fd, FAR + PAGE);
        assertEquals(FAR + 1, Posix.lseek(fd, FAR + 1, SEEK_SET));
        assertEquals(FAR + PAGE - 2, Posix.lseek(fd, -2, SEEK_END));
        long data = 4L << 30;
        iovecs.set(0, buffer, PAGE);
        assertEquals(PAGE, Posix.pwritev(fd, iovecs.address(0), 1, data, 0));
        long found = Posix.lseek(fd, 0, SEEK_DATA);
        assumeTrue(found != 0, "this file system does not tell holes");
        assertEquals(data, found);
        assertEquals(data + PAGE, Posix.lseek(fd, data, SEEK_HOLE));
        assertEquals("No such device or address",
                ErrnoException.describe((int) -Posix.lseek(fd, data + PAGE, SEEK_DATA)));
    }

    @Test
    void ioctlTakesRequestAndArgument() throws IOException {
        try (FdPair pipe = FdPair.pipe()) {
            pipe.write(7);
            NativeMemory.putInt(buffer, -1);
            assertEquals(0, Posix.ioctl(pipe.first(), FIONREAD, buffer));
            assertEquals(7, NativeMemory.getInt(buffer));
        }
        assertEquals(-Posix.ENOTTY, Posix.ioctl(fd, BLKGETSIZE64, buffer));
        assertEquals(-Posix.EBADF, Posix.ioctl(-1, BLKGETSIZE64, buffer));
    }

    @Test
    void fcntlTakesCommandAndArgument() throws IOException {
        int other = Posix.open(file.toString(), Posix.O_RDWR | Posix.O_CLOEXEC, 0);
        try {
            assertEquals(1, Posix.fcntl(other, F_GETFD, 0));
            putFlock(100, 50);
            assertEquals(0, Posix.fcntl(fd, F_OFD_SETLK, buffer));
            putFlock(149, 1);
            assertEquals(-Posix.EAGAIN, Posix.fcntl(other, F_OFD_SETLK, buffer));
            putFlock(150, 10);
            assertEquals(0, Posix.fcntl(other, F_OFD_SETLK, buffer));
        } finally {
            Posix.close(other);
        }
    }

    /** struct flock: 0 type (2), 2 whence (2), 8 start (8), 16 length (8), 24 pid (4). */
    private void putFlock(long start, long length) {
        int writeLock = 1;
        NativeMemory.fill(buffer, 32, 0);
        NativeMemory.putShort(buffer, writeLock);
        NativeMemory.putLong(buffer + 8, start);
        NativeMemory.putLong(buffer + 16, length);
    }

    @Test
    void memfdCreateTakesNameAndFlags() throws IOException {
        int named = Posix.memfdCreate("vblk test", Posix.MFD_CLOEXEC);
        int inherited = Posix.memfdCreate("", 0);
        try {
            assertEquals("/memfd:vblk test (deleted)",
                    Files.readSymbolicLink(Path.of("/proc/self/fd/" + named)).toString());
            assertEquals(1, Posix.fcntl(named, F_GETFD, 0));
            assertEquals(0, Posix.fcntl(inherited, F_GETFD, 0));
        } finally {
            Posix.close(named);
            Posix.close(inherited);
        }
    }

    @Test
    void readAndWriteTakeBufferAndCount() throws IOException {
        NativeMemory.fill(buffer, 64, 0x55);
        try (FdPair pipe = FdPair.pipe()) {
            assertEquals(10, Posix.write(pipe.second(), buffer + 8, 10));
            assertEquals(4, Posix.read(pipe.first(), buffer + 100, 4));
            assertEquals(0x55, NativeMemory.getByte(buffer + 103));
            assertEquals(0, NativeMemory.getByte(buffer + 104));
            assertEquals(6, Posix.read(pipe.first(), buffer + 200, 100));
        }
        assertEquals(-Posix.EBADF, Posix.write(-1, buffer, 1));
        assertEquals(-Posix.EBADF, Posix.read(-1, buffer, 1));
    }

    @Test
    void statxTakesDirectoryPathFlagsMaskAndBuffer() throws IOException {
        fillFile(2);
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        int directoryFd = Posix.open(directory.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        int wantSize = 0x200;
        assertEquals(0, C.statx(directoryFd, "file", 0, wantSize, buffer));
        assertEquals(2 * PAGE, NativeMemory.getLong(buffer + 40));
        assertEquals(0, C.statx(AT_FDCWD, link.toString(), AT_SYMLINK_NOFOLLOW, 0, buffer));
        assertEquals(0xA000, NativeMemory.getShort(buffer + 28) & 0xF000);
        assertEquals(-1, C.statx(directoryFd, "gone", 0, wantSize, buffer));
        assertEquals(Posix.ENOENT, LibC.errno());
        int reservedMask = 0x80000000;
        assertEquals(-1, C.statx(directoryFd, "file", 0, reservedMask, buffer));
        assertEquals(Posix.EINVAL, LibC.errno());
        Posix.close(directoryFd);
    }

    @Test
    void fileStatusSaysWhatJavaSays() throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r----x"));
        Posix.ftruncate(fd, FAR);
        FileStatus sparse = Posix.fileStatus(fd);
        assertEquals(Files.size(file), sparse.sizeBytes());
        assertTrue(sparse.isRegular() && !sparse.isDirectory() && !sparse.isBlockDevice());
        assertEquals(Files.getAttribute(file, "unix:mode"), sparse.mode());
        assertTrue(sparse.allocatedBytes() < PAGE * 16L);
        assertTrue(sparse.blockBytes() >= 512 && Integer.bitCount(sparse.blockBytes()) == 1);
        assertEquals(0, Posix.fallocate(fd, 0, 0, 256 * PAGE));
        long allocated = Posix.fileStatus(fd).allocatedBytes();
        assertTrue(allocated >= 256 * PAGE && allocated < 1024 * PAGE, "allocated " + allocated);

        int directoryFd = Posix.open(directory.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        assertTrue(Posix.fileStatus(directoryFd).isDirectory());
        Posix.close(directoryFd);
        ErrnoException failed = assertThrows(ErrnoException.class, () -> Posix.fileStatus(-1));
        assertEquals(Posix.EBADF, failed.errno());
    }

    @Test
    void syscallTakesNumberAndFourArguments() throws IOException {
        String arch = System.getProperty("os.arch");
        assumeTrue(List.of("amd64", "aarch64").contains(arch), "number of pread64 on " + arch);
        long pread64 = arch.equals("amd64") ? 17 : 67;
        fillFile(2);
        assertEquals(100, Posix.syscall(pread64, fd, buffer + 8, 100, PAGE - 40));
        assertEquals(0, NativeMemory.getByte(buffer + 7));
        assertEquals(1, NativeMemory.getByte(buffer + 8 + 39));
        assertEquals(2, NativeMemory.getByte(buffer + 8 + 40));
        assertEquals(0, NativeMemory.getByte(buffer + 8 + 100));
        assertEquals(-Posix.EBADF, Posix.syscall(pread64, -1, buffer, 1, 0));
    }

    /** A function that the system's libc lacks; public as LibC.Calls has to be. */
    public interface Missing {
        int vblk_no_such_function(int argument);
    }

    @Test
    void aFunctionThatLibcLacksFailsWhenCalledNotWhenBound() {
        Missing bound = LibraryLoader.create(Missing.class).load("c");
        assertThrows(UnsatisfiedLinkError.class, () -> bound.vblk_no_such_function(1));
    }

    @Test
    void openTakesFlagsAndMode() throws IOException {
        Path created = directory.resolve("created");
        int createExclusively = 0x40 | 0x80;
        int flags = Posix.O_RDWR | Posix.O_CLOEXEC | createExclusively;
        int opened = Posix.open(created.toString(), flags, 0600);
        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(created)));
        assertFalse(Posix.isTerminal(opened));
        assertEquals(ProcessHandle.current().pid(), Posix.getpid());
        Posix.close(opened);
        assertEquals(-Posix.EBADF, Posix.fdatasync(opened));
        ErrnoException failed = assertThrows(ErrnoException.class,
                () -> Posix.open(created.toString(), flags, 0600));
        assertEquals(Posix.EEXIST, failed.errno());
    }
}
