// SPDX-License-Identifier: Apache-2.0
package io.vblk.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedMemoryTest {
    private static final int PAGE = 4096;

    @TempDir
    Path directory;

    private int openFile(int pages) throws IOException {
        Path file = directory.resolve("file");
        byte[] content = new byte[pages * PAGE];
        for (int page = 0; page < pages; page++) {
            content[page * PAGE] = (byte) (page + 1);
        }
        Files.write(file, content);
        return Posix.open(file.toString(), Posix.O_RDWR | Posix.O_CLOEXEC, 0);
    }

    static boolean isMapped(long address) throws IOException {
        String start = Long.toHexString(address) + "-";
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .anyMatch(line -> line.startsWith(start));
    }

    @Test
    void anonymousMemoryIsZeroedAndPageAligned() throws IOException {
        try (MappedMemory memory = MappedMemory.anonymous(3 * PAGE)) {
            assertEquals(0, memory.address() % PAGE);
            assertEquals(3 * PAGE, memory.lengthBytes());
            for (int i = 0; i < 3 * PAGE; i += 8) {
                assertEquals(0, NativeMemory.getLong(memory.address() + i));
            }
        }
    }

    @Test
    void regionsMayBeLargerThanFourGibibytes() throws IOException {
        long length = (5L << 30) + PAGE;
        try (MappedMemory memory = MappedMemory.anonymous(length)) {
            long last = memory.address() + length - 8;
            NativeMemory.putLong(last, 42);
            assertEquals(42, NativeMemory.getLong(last));
            assertEquals(0, NativeMemory.getLong(last - (1L << 32)));
        }
    }

    @Test
    void sharedMemoryIsTheFileFromItsOffsetOn() throws IOException {
        int fd = openFile(3);
        try (MappedMemory memory = MappedMemory.shared(fd, PAGE, 2 * PAGE)) {
            assertEquals(2, NativeMemory.getByte(memory.address()));
            assertEquals(3, NativeMemory.getByte(memory.address() + PAGE));
            NativeMemory.putByte(memory.address() + 5, 0x77);
        } finally {
            Posix.close(fd);
        }
        assertEquals(0x77, Files.readAllBytes(directory.resolve("file"))[PAGE + 5]);
    }

    @Test
    void twoMappingsOfOneFileShareMemory() throws IOException {
        int fd = FdPair.reserved(Posix.memfdCreate("shared", Posix.MFD_CLOEXEC));
        Posix.ftruncate(fd, PAGE);
        try (MappedMemory one = MappedMemory.shared(fd, 0, PAGE);
                MappedMemory other = MappedMemory.shared(fd, 0, PAGE)) {
            assertNotEquals(one.address(), other.address());
            NativeMemory.putInt(one.address() + 16, 0xCAFE);
            assertEquals(0xCAFE, NativeMemory.getInt(other.address() + 16));
        } finally {
            Posix.close(fd);
        }
    }

    @Test
    void refusesRangesPastTheEndOfTheFile() throws IOException {
        int fd = openFile(2);
        try {
            long[][] ranges = {
                {0, 2 * PAGE + 1}, {PAGE, PAGE + 1}, {2 * PAGE, 1}, {3 * PAGE, PAGE}, {-PAGE, PAGE},
                {0, 0}, {0, -1}, {0, Long.MAX_VALUE}, {Long.MAX_VALUE, 1},
                {Long.MAX_VALUE, Long.MAX_VALUE}, {PAGE, Long.MIN_VALUE},
                {Long.MAX_VALUE - PAGE + 1, PAGE},
            };
            for (long[] range : ranges) {
                ErrnoException refused = assertThrows(ErrnoException.class,
                        () -> MappedMemory.shared(fd, range[0], range[1]).close());
                assertEquals(Posix.EINVAL, refused.errno());
            }
        } finally {
            Posix.close(fd);
        }
    }

    @Test
    void closeUnmapsOnce() throws IOException {
        MappedMemory memory = MappedMemory.anonymous(PAGE);
        long address = memory.address();
        // An anonymous neighbour may share the region's line in the list: this one does not.
        int fd = openFile(1);
        MappedMemory file = MappedMemory.shared(fd, 0, PAGE);
        Posix.close(fd);
        assertTrue(isMapped(file.address()));
        file.close();
        assertFalse(isMapped(file.address()));
        memory.close();
        try (MappedMemory next = MappedMemory.anonymous(PAGE)) {
            memory.close();
            NativeMemory.putInt(next.address(), 1);
            assertEquals(1, NativeMemory.getInt(next.address()), "at " + address);
        }
    }
}
