// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locks belong to the open file, so two openers in one process exclude each other as well. */
class ImageLockTest {
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final int F_WRLCK = 1;
    private static final int F_UNLCK = 2;

    @TempDir
    Path directory;

    private Path path;

    @BeforeEach
    void makeImage() throws IOException {
        path = TestImages.sparse(directory, "disk.raw", 1 << 20);
    }

    private String refusal(ImageSpec spec) {
        String message =
                assertThrows(ImageException.class, () -> Images.open(spec)).getMessage();
        String start = path + ": in use by another process (lock on byte ";
        assertTrue(message.startsWith(start), message);
        return message.substring(start.length());
    }

    /** Bytes that others would find locked. */
    private List<Integer> lockedBytes() throws IOException {
        List<Integer> locked = new ArrayList<>();
        int fd = Posix.open(path.toString(), Posix.O_RDONLY, 0);
        try (MappedMemory flock = MappedMemory.anonymous(32)) {
            for (int lockByte = 0; lockByte < 300; lockByte++) {
                assertEquals(0, Posix.fcntl(fd, F_OFD_GETLK, put(flock, lockByte, 1)));
                if (NativeMemory.getShort(flock.address()) != F_UNLCK) {
                    locked.add(lockByte);
                }
            }
        } finally {
            Posix.close(fd);
        }
        return locked;
    }

    private static long put(MappedMemory flock, long start, long length) {
        NativeMemory.fill(flock.address(), 32, 0);
        NativeMemory.putShort(flock.address(), F_WRLCK);
        NativeMemory.putLong(flock.address() + 8, start);
        NativeMemory.putLong(flock.address() + 16, length);
        return flock.address();
    }

    @Test
    void locksTheBytesThatQemuLocks() throws IOException {
        try (OpenImage image = Images.open(TestImages.writable(path, null))) {
            assertEquals(List.of(100, 101, 201), lockedBytes());
            assertEquals("100,101,201", image.facts().locks());
        }
        assertEquals(List.of(), lockedBytes());
        try (OpenImage image = Images.open(TestImages.readOnly(path, null))) {
            assertEquals(List.of(100, 201), lockedBytes());
            assertEquals("100,201", image.facts().locks());
        }
        try (OpenImage image = Images.open(TestImages.copy(path, null))) {
            assertEquals(List.of(), lockedBytes(), "the original is free again");
            assertEquals("100,201", image.facts().locks(), "while it was copied");
        }
        assertEquals(List.of(), lockedBytes());
    }

    @Test
    void writersExcludeEverybody() throws IOException {
        try (OpenImage image = Images.open(TestImages.writable(path, null))) {
            String stop = "stop it, or use another image";
            assertEquals("101): " + stop,
                    refusal(TestImages.writable(path, null)));
            assertEquals("101): " + stop, refusal(TestImages.readOnly(path, null)));
            assertEquals("101): " + stop, refusal(TestImages.copy(path, null)));
            assertEquals("101): " + stop,
                    refusal(TestImages.writable(path, ImageFormat.RAW)));
            assertEquals(List.of(100, 101, 201), lockedBytes(), "the first keeps its locks");
            assertEquals(path.toString(), image.path());
        }
        Images.open(TestImages.writable(path, null)).close();
    }

    @Test
    void readersShareWithReadersOnly() throws IOException {
        try (OpenImage first = Images.open(TestImages.readOnly(path, null));
                OpenImage second = Images.open(TestImages.readOnly(path, null));
                OpenImage copy = Images.open(TestImages.copy(path, null))) {
            assertEquals("201): stop it, or use --read-only if it only reads",
                    refusal(TestImages.writable(path, null)));
            assertEquals(first.limits(), second.limits());
            assertNotEquals(first.path(), copy.path());
        }
        Images.open(TestImages.writable(path, null)).close();
    }

    @Test
    void seesALockOnTheWholeFile() throws IOException {
        int fd = Posix.open(path.toString(), Posix.O_RDWR, 0);
        try (MappedMemory flock = MappedMemory.anonymous(32)) {
            assertEquals(0, Posix.fcntl(fd, F_OFD_SETLK, put(flock, 0, 0)));
            refusal(TestImages.writable(path, null));
            refusal(TestImages.readOnly(path, null));
        } finally {
            Posix.close(fd);
        }
        Images.open(TestImages.writable(path, null)).close();
    }
}
