// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.BlockDeviceFile;
import io.vblk.block.engine.HostFile;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real block devices: loop devices over files. */
class BlockDeviceInteropTest {
    private static final int CAPACITY = 1 << 20;

    @TempDir
    Path directory;

    private Path backing;
    private String device;

    @BeforeEach
    void makeFile() throws Exception {
        Tool.require("losetup", "mount");
        backing = TestImages.sparse(directory, "backing.raw", CAPACITY);
    }

    @AfterEach
    void detach() throws Exception {
        if (device != null) {
            Tool.run("losetup", "-d", device);
        }
    }

    private Path attach(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("losetup", "--find", "--show"));
        command.addAll(List.of(options));
        command.add(backing.toString());
        Tool.Result result = Tool.run(command.toArray(String[]::new));
        if (result.exitCode() != 0) {
            System.out.println("SKIPPED: no loop device: " + result.output());
        }
        assumeTrue(result.exitCode() == 0, "no loop device: " + result.output());
        device = result.output();
        return Path.of(device);
    }

    @Test
    void takesSizeAndBlockSizesFromTheDevice() throws Exception {
        Path path = attach("--sector-size", "4096");
        try (OpenImage image = Images.open(TestImages.writable(path, null))) {
            assertEquals("block device " + path, image.description());
            assertTrue(image.facts().blockDevice());
            assertEquals(CAPACITY, image.limits().capacityBytes());
            assertEquals(4096, image.limits().blockBytes());
            assertEquals(4096, image.limits().physicalBlockBytes());
        }
        try (OpenImage image = Images.open(TestImages.copy(path, null))) {
            assertEquals(4096, image.limits().blockBytes(), "a partition table depends on it");
            assertEquals(-1, Files.mismatch(backing, Path.of(image.path())));
        }
    }

    @Test
    void servesAllOperations() throws Exception {
        Path path = attach();
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(TestImages.writable(path, null));
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(8192, 2)) {
            byte[] bytes = new byte[8192];
            Arrays.fill(bytes, (byte) 3);
            assertEquals(0, request.write(512, bytes, 1000, 7192).run(disk, context));
            assertEquals(0, request.write(CAPACITY - 8192, bytes).stable().run(disk, context));
            assertEquals(0, request.range(BlockOp.DISCARD, 16384, 8192).run(disk, context));
            request.range(BlockOp.WRITE_ZEROES, 1024, 512);
            assertEquals(0, request.run(disk, context));
            assertEquals(0, request.flush().run(disk, context));
            assertEquals(0, request.read(512, 1536).run(disk, context));
            Arrays.fill(bytes, 512, 1024, (byte) 0);
            assertEquals(0, Arrays.compare(Arrays.copyOf(bytes, 1536), request.bytes(1536)));
        }
        byte[] all = Files.readAllBytes(backing);
        assertEquals(3, all[CAPACITY - 1]);
        assertEquals(0, all[1024]);
    }

    private static ImageSpec spec(Path path, ImageLocking locking, boolean keepsStorage) {
        return new ImageSpec(path.toString(), ImageFormat.RAW, false, false, IoEngineKind.THREADS,
                0, locking, keepsStorage);
    }

    private long allocated() throws Exception {
        try (OpenImage image = Images.open(TestImages.readOnly(backing, ImageFormat.RAW))) {
            return image.facts().allocatedBytes();
        }
    }

    /** Fills the device, runs a request in its middle while all pages are dirty, and reads. */
    private byte[] runOnFull(ImageSpec spec, BlockOp op, boolean mayUnmap, int offset, int length)
            throws Exception {
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(spec);
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(CAPACITY, 1)) {
            byte[] bytes = new byte[CAPACITY];
            Arrays.fill(bytes, (byte) 7);
            assertEquals(0, request.write(0, bytes).run(disk, context));
            request.range(op, offset, length).request().setMayUnmap(mayUnmap);
            assertEquals(0, request.run(disk, context));
            assertEquals(0, request.read(0, CAPACITY).run(disk, context));
            byte[] read = request.bytes(CAPACITY);
            assertEquals(0, request.flush().run(disk, context));
            return read;
        }
    }

    private static byte[] sevens(int zeroFrom, int zeroTo) {
        byte[] expected = new byte[CAPACITY];
        Arrays.fill(expected, (byte) 7);
        Arrays.fill(expected, zeroFrom, zeroTo, (byte) 0);
        return expected;
    }

    @ParameterizedTest
    @ValueSource(strings = {"512", "4096"})
    void zeroesAreReadBackPastDirtyPagesAndGiveStorageBackOnlyIfTheyMay(String sectorSize)
            throws Exception {
        Path path = attach("--sector-size", sectorSize);
        int half = CAPACITY / 2;
        byte[] expected = sevens(4096, 4096 + half);
        ImageSpec spec = spec(path, ImageLocking.AUTO, false);
        assertArrayEquals(expected, runOnFull(spec, BlockOp.WRITE_ZEROES, false, 4096, half));
        assertArrayEquals(expected, Files.readAllBytes(backing));
        assertTrue(allocated() >= CAPACITY, allocated() + " bytes");
        assertArrayEquals(expected, runOnFull(spec, BlockOp.WRITE_ZEROES, true, 4096, half));
        assertArrayEquals(expected, Files.readAllBytes(backing));
        assertTrue(allocated() < CAPACITY, allocated() + " bytes");
        assertArrayEquals(expected, runOnFull(spec, BlockOp.DISCARD, false, 4096, half));
        assertTrue(allocated() < CAPACITY, allocated() + " bytes");
    }

    @Test
    void aDeviceKeepsItsStorageIfToldTo() throws Exception {
        ImageSpec spec = spec(attach(), ImageLocking.AUTO, true);
        byte[] zeroed = runOnFull(spec, BlockOp.WRITE_ZEROES, true, 4096, 8192);
        assertArrayEquals(sevens(4096, 12288), zeroed);
        assertArrayEquals(sevens(0, 0), runOnFull(spec, BlockOp.DISCARD, false, 0, CAPACITY));
        assertTrue(allocated() >= CAPACITY, allocated() + " bytes");
    }

    /** The kernel says EBUSY to zeroing while somebody else holds the device exclusively. */
    @Test
    void zeroesAreWrittenToADeviceThatSomebodyElseHolds() throws Exception {
        Path path = attach();
        int holder = Posix.open(path.toString(), Posix.O_RDWR | FileHold.O_EXCL, 0);
        try {
            ImageSpec spec = spec(path, ImageLocking.OFF, false);
            for (boolean mayUnmap : new boolean[] {false, true}) {
                byte[] read = runOnFull(spec, BlockOp.WRITE_ZEROES, mayUnmap, 8192, 65536);
                assertArrayEquals(sevens(8192, 8192 + 65536), read);
            }
            runOnFull(spec, BlockOp.DISCARD, false, 8192, 65536);
        } finally {
            Posix.close(holder);
        }
    }

    @Test
    void wholeBlocksAreDiscardedAndTheRestOfTheRangeKept() throws Exception {
        Path path = attach("--sector-size", "4096");
        int fd = Posix.open(path.toString(), Posix.O_RDWR | Posix.O_CLOEXEC, 0);
        try (HostFile file = new BlockDeviceFile("device", fd, fd, true, null, 4096)) {
            runOnFull(spec(path, ImageLocking.OFF, false), BlockOp.FLUSH, false, 0, 0);
            assertEquals(0, file.discard(100, 4095 + 8192));
            assertArrayEquals(sevens(4096, 12288), Files.readAllBytes(path));
            assertEquals(0, file.discard(4097, 8190), "less than a block");
            assertEquals(0, file.discard(CAPACITY - 8192 - 1, 8192));
            assertEquals(-Posix.EINVAL, file.zeroRange(512, 512), "no whole block");
            assertEquals(-Posix.EOPNOTSUPP, file.allocate(0, 4096));
        }
        byte[] expected = sevens(4096, 12288);
        Arrays.fill(expected, CAPACITY - 8192, CAPACITY - 4096, (byte) 0);
        assertArrayEquals(expected, Files.readAllBytes(backing));
    }

    @Test
    void guestsHearInWhichUnitTheDeviceGivesStorageBack() throws Exception {
        Path path = attach();
        String queue = "/sys/block/" + path.getFileName() + "/queue/discard_granularity";
        int unit = Integer.parseInt(Files.readString(Path.of(queue)).strip());
        assertTrue(unit >= 512, "a loop device over a file system that punches holes");
        try (OpenImage image = Images.open(spec(path, ImageLocking.AUTO, false))) {
            assertEquals(unit, image.limits().unmapBytes());
        }
        try (OpenImage image = Images.open(spec(path, ImageLocking.AUTO, true))) {
            assertEquals(0, image.limits().unmapBytes());
            assertTrue(image.limits().canDiscard(), "offered all the same");
        }
    }

    @Test
    void refusesToWriteToAReadOnlyDevice() throws Exception {
        Path path = attach("--read-only");
        ImageException e = assertThrows(
                ImageException.class, () -> Images.open(TestImages.writable(path, null)));
        assertTrue(e.getMessage().contains("use --read-only"), e.getMessage());
        Images.open(TestImages.readOnly(path, null)).close();
        Images.open(TestImages.copy(path, null)).close();
    }

    @Test
    void refusesToWriteToADeviceInUse() throws Exception {
        Path path = attach();
        try (OpenImage first = Images.open(TestImages.writable(path, null))) {
            ImageException e = assertThrows(
                    ImageException.class, () -> Images.open(TestImages.writable(path, null)));
            assertEquals(path + ": in use by this host (mounted, part of a volume, or served "
                    + "already): free it, or use --read-only", e.getMessage());
            assertTrue(first.facts().blockDevice());
        }
        Images.open(TestImages.writable(path, null)).close();
    }
}
