// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.EngineChoice;
import io.vblk.block.engine.HostFile;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of this host in every cache mode. */
class CacheModeTest {
    private static final int SECTOR = 512;
    private static final int SIZE = 9 * 4096 + 3 * SECTOR;

    @TempDir
    Path directory;

    @AfterEach
    void nothingStaysOpen() {
        assertEquals(List.of(), OpenFiles.mentioning(directory.toString()));
    }

    private Path image() throws Exception {
        byte[] data = new byte[SIZE];
        Arrays.fill(data, (byte) 7);
        return Files.write(directory.resolve("disk.raw"), data);
    }

    private static void writeAndReadBack(ImageSpec spec, boolean stays) throws Exception {
        byte[] before = Files.readAllBytes(Path.of(spec.target()));
        byte[] expected = before.clone();
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(spec);
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(SIZE, 3)) {
            for (int offset : new int[] {0, 3 * SECTOR, SIZE - SECTOR}) {
                byte[] bytes = new byte[SECTOR];
                Arrays.fill(bytes, (byte) (offset / SECTOR + 1));
                request.write(offset, bytes);
                request.request().setStable(!spec.cache().writeCache());
                assertEquals(0, request.run(disk, context));
                System.arraycopy(bytes, 0, expected, offset, SECTOR);
            }
            assertEquals(0, request.flush().run(disk, context));
            assertEquals(0, request.read(0, 1, SIZE - 2, 1).run(disk, context));
            assertArrayEquals(expected, request.bytes(SIZE));
            assertArrayEquals(expected, Files.readAllBytes(Path.of(image.path())));
        }
        assertArrayEquals(stays ? expected : before, Files.readAllBytes(Path.of(spec.target())));
    }

    @ParameterizedTest
    @EnumSource
    void servesAFile(CacheMode mode) throws Exception {
        writeAndReadBack(TestImages.writable(image(), null).withCache(mode), true);
    }

    @ParameterizedTest
    @EnumSource
    void servesAThrowAwayCopy(CacheMode mode) throws Exception {
        writeAndReadBack(TestImages.copy(image(), null).withCache(mode), false);
    }

    @ParameterizedTest
    @EnumSource
    void servesReadOnly(CacheMode mode) throws Exception {
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(
                        TestImages.readOnly(image(), null).withCache(mode));
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(SECTOR, 2)) {
            assertEquals(0, request.read(SIZE - SECTOR, 1, SECTOR - 1).run(disk, context));
            assertEquals(7, request.bytes(1)[0]);
            assertEquals(0, request.flush().run(disk, context));
        }
    }

    @ParameterizedTest
    @EnumSource
    void locksTheFileInEveryMode(CacheMode mode) throws Exception {
        Path path = image();
        try (OpenImage image = Images.open(TestImages.writable(path, null).withCache(mode))) {
            assertEquals("100,101,201", image.facts().locks());
            assertEquals("raw image " + path + (mode == CacheMode.WRITEBACK ? ""
                    : ", cache=" + mode), image.description());
            assertThrows(ImageException.class,
                    () -> Images.open(TestImages.writable(path, null).withCache(mode)));
        }
        Images.open(TestImages.writable(path, null).withCache(mode)).close();
    }

    @ParameterizedTest
    @EnumSource
    void followsAFileThatGrows(CacheMode mode) throws Exception {
        Path path = image();
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(TestImages.writable(path, null).withCache(mode));
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(2 * SECTOR, 1)) {
            byte[] bytes = new byte[2 * SECTOR];
            Arrays.fill(bytes, (byte) 9);
            assertEquals(0, request.write(SIZE - 2 * SECTOR, bytes).run(disk, context));
            image.extend(SIZE + SECTOR);
            assertTrue(image.followSize());
            assertEquals(0, request.write(SIZE - SECTOR, bytes).run(disk, context));
            assertEquals(0, request.read(SIZE - SECTOR, 2 * SECTOR).run(disk, context));
            assertArrayEquals(bytes, request.bytes(2 * SECTOR));
        }
        assertEquals(SIZE + SECTOR, Files.size(path));
    }

    private static OpenImage withFilters(ImageSpec spec, OpenImage image) throws Exception {
        image.makeFilters(spec);
        return image;
    }

    /** A guest that comes back from another back-end flushes what it wrote there. */
    @Test
    void flushesAfterOthersMayHaveHadTheFile() throws Exception {
        ImageSpec spec = TestImages.writable(image(), null);
        AtomicInteger syncs = new AtomicInteger();
        int fd = Posix.open(spec.target(), Posix.O_RDWR | Posix.O_CLOEXEC, 0);
        HostFile file = new HostFile("counted", fd, fd) {
            @Override
            protected int fdatasync() {
                syncs.incrementAndGet();
                return 0;
            }
        };
        RawFile raw = new RawFile(file,
                new BlockLimits(SIZE, SECTOR, SECTOR, 0, false, true, true),
                new FileFacts(false, 0, 0, 0, "raw", ""), spec.target(),
                new FileHold(spec.target(), fd, true, false, ImageLocking.AUTO));
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = withFilters(spec, OpenImage.raw(
                        spec, raw, new EngineChoice(IoEngineKind.SYNC, "")));
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(1, 1)) {
            for (int turn = 1; turn <= 2; turn++) {
                image.lock();
                assertEquals(0, request.flush().run(disk, context));
                assertEquals(0, request.flush().run(disk, context));
                assertEquals(turn, syncs.get());
                image.unlock();
            }
        }
    }

    /** /proc is a file system without O_DIRECT, and so are files in it that may be read. */
    @Test
    void saysSoWhereTheFileSystemCannotPassByThePageCache() throws Exception {
        int fd = Posix.open("/proc/self/status", Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        try {
            for (CacheMode mode : new CacheMode[] {CacheMode.NONE, CacheMode.DIRECTSYNC}) {
                String message = assertThrows(ImageException.class,
                        () -> OpenFile.in(mode, "disk.raw", fd, true, SECTOR)).getMessage();
                String other = mode == CacheMode.NONE ? "writeback" : "writethrough";
                assertEquals("disk.raw: its file system cannot pass by the page cache (O_DIRECT),"
                        + " which cache mode " + mode + " needs: use " + other
                        + ", or put it elsewhere", message);
                assertFalse(message.contains("\n"));
            }
        } finally {
            Posix.close(fd);
        }
    }
}
