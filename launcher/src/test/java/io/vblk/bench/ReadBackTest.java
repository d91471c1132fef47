// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockOp;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.block.image.Images;
import io.vblk.block.image.OpenImage;
import io.vblk.fio.ReadWrite;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All jobs together read each written block once. */
final class ReadBackTest {
    @ParameterizedTest
    @CsvSource({
        // jobs, blocks, written of a hundred
        "1, 1, 100", "1, 100, 0", "1, 100, 100", "1, 100, 50", "3, 100, 50", "3, 2, 100",
        "7, 50, 30", "64, 100, 90", "64, 10, 100"})
    void eachWrittenBlockOnce(int jobs, int blocks, int percent) throws IOException {
        ImageSpec disk = new ImageSpec("memory:1M", null, false, false, IoEngineKind.SYNC);
        Random random = new Random(blocks);
        try (OpenImage image = Images.open(disk);
                VerifyMap map = VerifyMap.of(Jobs.blocks(ReadWrite.RANDRW, blocks, 1), image)) {
            SortedSet<Long> written = new TreeSet<>();
            for (long block = 0; block < blocks; block++) {
                if (random.nextInt(100) < percent) {
                    map.wrote(block, 1);
                    written.add(block);
                }
            }
            List<Long> seen = new ArrayList<>();
            for (int job = 0; job < jobs; job++) {
                long last = -1;
                ReadBack source = new ReadBack(map, blocks, job, jobs);
                while (source.next()) {
                    assertEquals(BlockOp.READ, source.op());
                    assertTrue(source.block() > last);
                    last = source.block();
                    seen.add(last);
                }
                assertFalse(source.next());
            }

            assertEquals(written.size(), seen.size());
            assertEquals(written, new TreeSet<>(seen));
        }
    }
}
