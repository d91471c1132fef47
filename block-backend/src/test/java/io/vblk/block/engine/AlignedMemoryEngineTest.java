// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.AioContext;

/** Every segment at an odd address goes through a buffer, and nobody sees a difference. */
class AlignedMemoryEngineTest extends IoEngineContract {
    @Override
    IoEngine open(HostFile hostFile, AioContext home) {
        IoEngine threads = new ThreadsEngine(new BlockingIo(hostFile), home,
                ThreadsEngine.IDLE_MAX_NS, ThreadsEngine::worker);
        return new AlignedEngine(
                threads, new DirectIo(4096, 1, 1, null, 1 << 22), home, () -> null);
    }
}
