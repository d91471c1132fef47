// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.TestRequest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThrowAwayCopyTest {
    @TempDir
    Path directory;

    private String usualDirectory;
    private Path copies;

    @BeforeEach
    void useOwnDirectory() throws IOException {
        usualDirectory = System.getProperty("java.io.tmpdir");
        copies = Files.createDirectory(directory.resolve("copies"));
        System.setProperty("java.io.tmpdir", copies.toString());
    }

    @AfterEach
    void putDirectoryBack() {
        System.setProperty("java.io.tmpdir", usualDirectory);
        assertEquals(List.of(), OpenFiles.mentioning(directory.toString()));
    }

    private List<Path> named() throws IOException {
        try (Stream<Path> files = Files.list(copies)) {
            return files.toList();
        }
    }

    @Test
    void takesTheWritesAndLeavesTheImageAlone() throws Exception {
        byte[] bytes = new byte[1 << 20];
        Arrays.fill(bytes, (byte) 'a');
        Path path = Files.write(directory.resolve("disk.raw"), bytes);
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(TestImages.copy(path, null));
                BlockBackend disk = image.attach(context);
                TestRequest request = new TestRequest(4096, 1)) {
            assertEquals(0, request.write(4096, new byte[4096]).run(disk, context));
            assertEquals(0, request.write(0, new byte[512]).stable().run(disk, context));
            assertEquals(0, request.flush().run(disk, context));
            byte[] copy = Files.readAllBytes(Path.of(image.path()));
            byte[] expected = bytes.clone();
            Arrays.fill(expected, 0, 512, (byte) 0);
            Arrays.fill(expected, 4096, 8192, (byte) 0);
            assertArrayEquals(expected, copy);
            assertEquals(List.of(), named(), "a copy without a name needs no cleaning up");
        }
        assertArrayEquals(bytes, Files.readAllBytes(path));
    }

    @Test
    void worksOnImagesThatMayOnlyBeRead() throws Exception {
        Path path = Files.write(directory.resolve("disk.raw"), new byte[512]);
        assertTrue(path.toFile().setWritable(false));
        Images.open(TestImages.copy(path, null)).close();
    }

    @Test
    void copiesEveryByteAndNoHole() throws Exception {
        long seed = Long.getLong("copy.seed", System.nanoTime());
        System.out.println("ThrowAwayCopyTest: -Dcopy.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 5; round++) {
            Path path = TestImages.sparse(directory, "sparse" + round, 512L * (1 + random.nextInt(
                    1 << 15)));
            scatter(path, random);
            try (OpenImage image = Images.open(TestImages.copy(path, null))) {
                assertEquals(-1, Files.mismatch(path, Path.of(image.path())));
                assertEquals(image.limits().capacityBytes(), Files.size(path));
            }
        }
    }

    private static void scatter(Path path, SplittableRandom random) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long length = file.length();
            for (int i = random.nextInt(20); i > 0; i--) {
                byte[] bytes = new byte[1 + random.nextInt(300_000)];
                for (int j = 0; j < bytes.length; j++) {
                    bytes[j] = (byte) random.nextInt(3);
                }
                long at = random.nextLong(length);
                file.seek(at);
                file.write(bytes, 0, (int) Math.min(bytes.length, length - at));
            }
        }
    }

    @Test
    void copiesHugeSparseImagesAtOnce() throws Exception {
        Path path = TestImages.sparse(directory, "huge.raw", 1L << 42);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek((1L << 41) + 12_345);
            file.write(new byte[1 << 20]);
            file.write(77);
        }
        try (OpenImage image = Images.open(TestImages.copy(path, null));
                RandomAccessFile copy = new RandomAccessFile(image.path(), "r")) {
            assertEquals(1L << 42, copy.length());
            copy.seek((1L << 41) + 12_345 + (1 << 20));
            assertEquals(77, copy.read());
        }
    }

    @Test
    void saysWhereItCouldNotCopy() throws Exception {
        Path path = TestImages.sparse(directory, "disk.raw", 512);
        Path missing = directory.resolve("missing");
        System.setProperty("java.io.tmpdir", missing.toString());
        ImageException e = assertThrows(
                ImageException.class, () -> Images.open(TestImages.copy(path, null)));
        assertEquals(path + ": cannot make a throw-away copy in " + missing + ": open(" + missing
                + "): No such file or directory; set TMPDIR to a directory with room",
                e.getMessage());
    }
}
