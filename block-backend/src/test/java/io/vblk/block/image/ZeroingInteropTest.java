// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.IoEngineKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Zeroing on real file systems: tmpfs knows holes only, others also how to zero in place. */
class ZeroingInteropTest {
    private static final int BYTES = 1 << 20;
    private static final int TAIL = 4096;
    private static final Path TMPFS = Path.of("/dev/shm");

    @TempDir
    Path directory;

    private static void check(Path path, BlockOp op, boolean mayUnmap, boolean keepsStorage)
            throws Exception {
        byte[] data = new byte[BYTES];
        Arrays.fill(data, (byte) 9);
        Files.write(path, data);
        ImageSpec spec = new ImageSpec(path.toString(), ImageFormat.RAW, false, false,
                IoEngineKind.SYNC, 0, ImageLocking.AUTO, keepsStorage);
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(spec);
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(BYTES, 1)) {
            for (int i = 0; i < 2; i++) {
                request.range(op, 0, BYTES - TAIL).stable().request().setMayUnmap(mayUnmap);
                assertEquals(0, request.run(disk, context));
            }
            assertEquals(0, request.read(0, BYTES).run(disk, context));
            Arrays.fill(data, 0, BYTES - TAIL, (byte) 0);
            assertEquals(-1, Arrays.mismatch(data, request.bytes(BYTES)));
        }
        try (OpenImage image = Images.open(spec)) {
            boolean unmaps = !keepsStorage && (mayUnmap || op == BlockOp.DISCARD);
            long allocated = image.facts().allocatedBytes();
            assertTrue(unmaps ? allocated <= TAIL : allocated >= BYTES, allocated + " bytes");
        }
    }

    private static void checkAll(Path path) throws Exception {
        check(path, BlockOp.WRITE_ZEROES, false, false);
        check(path, BlockOp.WRITE_ZEROES, true, false);
        check(path, BlockOp.WRITE_ZEROES, true, true);
        check(path, BlockOp.DISCARD, false, false);
    }

    @Test
    void zeroesKeepStorageUnlessTheyMayNotWhereTestsRun() throws Exception {
        checkAll(directory.resolve("disk.raw"));
    }

    @Test
    void zeroesKeepStorageUnlessTheyMayNotOnTmpfs() throws Exception {
        boolean tmpfs = isTmpfs();
        if (!tmpfs) {
            System.out.println("SKIPPED: " + TMPFS + " is no tmpfs that can be written");
        }
        assumeTrue(tmpfs, "no tmpfs at " + TMPFS);
        Path path = Files.createTempFile(TMPFS, "vblk-test-", ".raw");
        try {
            checkAll(path);
        } finally {
            Files.delete(path);
        }
    }

    private static boolean isTmpfs() {
        try {
            return Files.isWritable(TMPFS) && Files.getFileStore(TMPFS).type().equals("tmpfs");
        } catch (IOException e) {
            return false;
        }
    }
}
