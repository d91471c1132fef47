// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.aio.AioContext;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import org.junit.jupiter.api.Test;

class SyncEngineTest extends IoEngineContract {
    @Override
    IoEngine open(HostFile hostFile, AioContext home) {
        return new SyncEngine(new BlockingIo(hostFile));
    }

    @Test
    void endsEveryRequestInsideSubmit() {
        try (TestRequest request = new TestRequest(1, 1)) {
            assertEquals(QueueStatus.COMPLETED, disk.submit(request.flush().request()));
            assertEquals(0, request.completions());
        }
    }
}
