// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.IoEngineKind;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MemoryImageTest extends BlockBackendContract {
    @Override
    OpenImage open(long capacityBytes, boolean readOnly) throws Exception {
        String target = "memory:" + capacityBytes;
        return Images.open(new ImageSpec(target, null, readOnly, false, IoEngineKind.SYNC));
    }

    @Test
    void erasesSecurelyByZeroingAndNothingAround() throws Exception {
        int bytes = 32768;
        try (OpenImage image = open(bytes, false);
                BlockBackend disk = new ContractFilter(image.attach(context), context);
                TestRequest request = new TestRequest(bytes, 1)) {
            assertTrue(disk.limits().canSecureErase());
            byte[] expected = filled(7, bytes);
            assertEquals(0, request.write(0, expected).run(disk, context));
            assertEquals(0, request.range(BlockOp.SECURE_ERASE, 512, 512).run(disk, context));
            assertEquals(0, request.range(BlockOp.SECURE_ERASE, 3584, 17408).run(disk, context));
            Arrays.fill(expected, 512, 1024, (byte) 0);
            Arrays.fill(expected, 3584, 3584 + 17408, (byte) 0);
            assertEquals(0, request.read(0, bytes).run(disk, context));
            assertArrayEquals(expected, request.bytes(bytes));
        }
    }
}
