// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
