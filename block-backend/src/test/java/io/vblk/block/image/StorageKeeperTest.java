// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.block.engine.IoEngineKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** discard=ignore: nothing that a guest says takes storage away. */
class StorageKeeperTest {
    private static final int BYTES = 1 << 20;

    @TempDir
    Path directory;

    private Path filled() throws IOException {
        byte[] data = new byte[BYTES];
        Arrays.fill(data, (byte) 1);
        return Files.write(directory.resolve("disk.raw"), data);
    }

    private static long run(Path path, BlockOp op, boolean keepsStorage) throws IOException {
        ImageSpec spec = new ImageSpec(path.toString(), ImageFormat.RAW, false, false,
                IoEngineKind.SYNC, 0, ImageLocking.AUTO, keepsStorage);
        try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                OpenImage image = Images.open(spec);
                BlockBackend view = image.attach(context)) {
            BlockRequest request = new BlockRequest(done -> { });
            request.range(op, 0, BYTES);
            request.setMayUnmap(op == BlockOp.WRITE_ZEROES);
            assertEquals(QueueStatus.COMPLETED, view.submit(request));
            view.commit();
            assertEquals(0, request.errno());
        }
        try (OpenImage image = Images.open(spec)) {
            return image.facts().allocatedBytes();
        }
    }

    @ParameterizedTest
    @CsvSource({"DISCARD,false,0", "DISCARD,true,1", "WRITE_ZEROES,false,0", "WRITE_ZEROES,true,1"})
    void keepsWhatIsAllocated(BlockOp op, boolean keepsStorage, int allocated)
            throws IOException {
        long bytes = run(filled(), op, keepsStorage);

        assertEquals(allocated, bytes >= BYTES ? 1 : 0, bytes + " bytes");
    }

    @Test
    void zeroesAreZeroesAllTheSame() throws IOException {
        Path path = filled();
        run(path, BlockOp.DISCARD, true);
        assertEquals(1, Files.readAllBytes(path)[0], "a discard does nothing");
        run(path, BlockOp.WRITE_ZEROES, true);

        assertEquals(-1, Arrays.mismatch(new byte[BYTES], Files.readAllBytes(path)));
    }
}
