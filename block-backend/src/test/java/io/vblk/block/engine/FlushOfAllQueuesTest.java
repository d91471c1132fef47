// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A flush on one event loop makes stable what was completed on another. */
class FlushOfAllQueuesTest {
    private static final int FILE_BYTES = 8192;

    /** What a power cut leaves of it is what it held at the last fdatasync. */
    private static final class CachedFile extends FakeFile {
        private volatile byte[] stable = new byte[FILE_BYTES];

        CachedFile() {
            super(FILE_BYTES);
        }

        @Override
        protected int fdatasync() {
            stable = bytes.clone();
            return super.fdatasync();
        }
    }

    private final CachedFile file = new CachedFile();
    private final List<AioContext> contexts = new ArrayList<>();
    private final List<BlockBackend> disks = new ArrayList<>();

    private void attach(IoEngineKind engine) throws Exception {
        AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
        contexts.add(context);
        disks.add(new ContractFilter(EngineBackend.of(
                IoEngines.open(engine, file, context, false), FILE_BYTES), context));
    }

    @AfterEach
    void close() {
        disks.forEach(BlockBackend::close);
        contexts.forEach(AioContext::close);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void coversWritesThatCompletedOnOthers(IoEngineKind engine) throws Exception {
        attach(engine);
        attach(engine);
        byte[] expected = new byte[FILE_BYTES];
        try (TestRequest request = new TestRequest(512, 1)) {
            for (int i = 0; i < FILE_BYTES / 512; i++) {
                byte[] bytes = new byte[512];
                Arrays.fill(bytes, (byte) (i + 1));
                int writer = i % 2;
                request.write(512L * i, bytes);
                assertEquals(0, request.run(disks.get(writer), contexts.get(writer)));
                assertArrayEquals(expected, file.stable, "not before the flush");
                request.flush();
                assertEquals(0, request.run(disks.get(1 - writer), contexts.get(1 - writer)));
                Arrays.fill(expected, 512 * i, 512 * (i + 1), (byte) (i + 1));
                assertArrayEquals(expected, file.stable);
            }
            assertTrue(file.count("fdatasync") >= FILE_BYTES / 512);
        }
    }
}
