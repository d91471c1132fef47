// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.CacheMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Past the page cache on real hosts whose units are larger than a guest's sectors. */
class DirectInteropTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 20 * 8 + 3;
    private static final int SIZE = SECTORS * SECTOR;
    private static final int REQUESTS = 400;
    private static final long FILE_SYSTEM_BYTES = 64L << 20;

    @TempDir
    Path directory;

    private long seed;

    @BeforeEach
    void drawSeed() {
        seed = Long.getLong("direct.seed", System.nanoTime());
        System.out.println("DirectInteropTest: -Ddirect.seed=" + seed);
    }

    /** A file that ends inside a unit of the device under its file system. */
    @ParameterizedTest
    @EnumSource(names = {"NONE", "DIRECTSYNC", "DIRECT_UNSAFE"})
    void aFileThatEndsInsideAUnitStaysAsLong(CacheMode mode) throws Exception {
        Path mounted = Files.createDirectory(directory.resolve("mounted"));
        try (LoopDevices loops = new LoopDevices()) {
            Path backing = TestImages.sparse(directory, "backing", FILE_SYSTEM_BYTES);
            loops.mount(loops.attach(backing, 4096, "--direct-io=on"), mounted);
            Path image = TestImages.sparse(mounted, "disk.raw", SIZE);
            assertEquals(4096, offsetAlign(image));
            writeAndReadBack(image, mode);
        }
    }

    /** The kernel says nothing of the alignment there, so the safe one is kept to. */
    @Test
    void aFileInMemoryIsServed() throws Exception {
        Path memory = Path.of("/dev/shm");
        if (!Files.isWritable(memory)) {
            System.out.println("SKIPPED: no file system in memory at " + memory);
            return;
        }
        Path image = Files.createTempFile(memory, "vblk", ".raw");
        try {
            Files.write(image, new byte[SIZE]);
            writeAndReadBack(image, CacheMode.NONE);
        } catch (ImageException e) {
            // Before Linux 6.6 tmpfs has no O_DIRECT.
            assertEquals(0, e.getMessage().indexOf(image + ": its file system cannot pass by"));
        } finally {
            Files.delete(image);
        }
    }

    private static int offsetAlign(Path path) throws Exception {
        try (OpenImage image = Images.open(TestImages.readOnly(path, null))) {
            return image.facts().directOffsetAlign();
        }
    }

    private void writeAndReadBack(Path path, CacheMode mode) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] expected = new byte[SIZE];
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(TestImages.writable(path, null).withCache(mode));
                BlockBackend first = new ContractFilter(image.attach(context), context);
                BlockBackend second = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(SIZE, 3)) {
            for (int i = 0; i < REQUESTS; i++) {
                int from = random.nextInt(SECTORS);
                int sectors = 1 + random.nextInt(Math.min(SECTORS - from, 24));
                // The end is where it is most likely to go wrong.
                from = random.nextInt(4) == 0 ? SECTORS - sectors : from;
                draw(request, from * SECTOR, sectors * SECTOR, random, expected);
                request.request().setStable(!mode.writeCache()
                        && request.request().op() != BlockOp.READ);
                int errno = request.run(random.nextBoolean() ? first : second, context);
                assertEquals(0, errno, request.request().op() + " at " + from);
                if (request.request().op() == BlockOp.READ) {
                    assertArrayEquals(Arrays.copyOfRange(expected, from * SECTOR,
                            (from + sectors) * SECTOR), request.bytes(sectors * SECTOR));
                }
            }
            assertEquals(0, request.flush().run(first, context));
        }
        assertArrayEquals(expected, Files.readAllBytes(path));
    }

    private static void draw(TestRequest request, int offset, int length,
            SplittableRandom random, byte[] expected) {
        int cut = random.nextInt(length + 1);
        switch (random.nextInt(8)) {
            case 0 -> {
                request.range(BlockOp.WRITE_ZEROES, offset, length);
                request.request().setMayUnmap(random.nextBoolean());
                Arrays.fill(expected, offset, offset + length, (byte) 0);
            }
            case 1, 2, 3 -> request.read(offset, cut, length - cut);
            default -> {
                byte[] bytes = new byte[length];
                Arrays.fill(bytes, (byte) (1 + random.nextInt(255)));
                request.write(offset, bytes, cut, length - cut);
                System.arraycopy(bytes, 0, expected, offset, length);
            }
        }
    }

    /** Another program finds the same bytes, past the page cache as well. */
    @Test
    void qemuReadsWhatWasWrittenToLargeSectors() throws Exception {
        Tool.require("qemu-io", "qemu-utils");
        try (LoopDevices loops = new LoopDevices()) {
            Path backing = TestImages.sparse(directory, "backing", 1 << 20);
            Path device = loops.attach(backing, 4096);
            try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                    OpenImage image = Images.open(sectors(device));
                    BlockBackend disk = new ContractFilter(image.attach(context), context);
                    TestRequest request = new TestRequest(3 * SECTOR, 2)) {
                assertEquals(SECTOR, image.limits().blockBytes());
                assertEquals(4096, image.limits().physicalBlockBytes());
                byte[] bytes = new byte[3 * SECTOR];
                Arrays.fill(bytes, (byte) 0x5a);
                assertEquals(0, request.write(7 * SECTOR, bytes, 1, 3 * SECTOR - 1)
                        .stable().run(disk, context));
            }
            for (String read : List.of("read -P 0 0 3584", "read -P 0x5a 3584 1536",
                    "read -P 0 5120 3072")) {
                Tool.Result result = Tool.run(
                        "qemu-io", "-f", "raw", "-t", "none", "-c", read, device.toString());
                assertEquals(0, result.exitCode(), result.output());
                assertEquals(-1, result.output().indexOf("Pattern"), result.output());
            }
        }
    }

    private static ImageSpec sectors(Path device) {
        ImageSpec writable = TestImages.writable(device, null);
        return new ImageSpec(writable.target(), null, false, false, writable.engine(), SECTOR)
                .withCache(CacheMode.DIRECTSYNC);
    }
}
