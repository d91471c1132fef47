// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.AioContext;

/** Opens engines. Thread: any. */
public final class IoEngines {
    private IoEngines() {}

    /** An engine for one context; any number of them may share a file, which stays its owner's. */
    public static IoEngine open(IoEngineKind kind, HostFile file, AioContext context) {
        BlockingIo io = new BlockingIo(file);
        return switch (kind) {
            case SYNC -> new SyncEngine(io);
            case THREADS -> new ThreadsEngine(
                    io, context, ThreadsEngine.IDLE_MAX_NS, ThreadsEngine::worker);
        };
    }
}
