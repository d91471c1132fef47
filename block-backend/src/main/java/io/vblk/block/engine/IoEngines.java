// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.AioContext;
import io.vblk.posix.ErrnoException;
import io.vblk.uring.UringProbe;
import java.io.IOException;

/** Opens engines. Thread: any. */
public final class IoEngines {
    private IoEngines() {}

    /**
     * Decides what AUTO is on this host.
     *
     * @throws IOException in words for an operator, if the engine was named and is not to be had
     */
    public static EngineChoice choose(IoEngineKind wanted) throws IOException {
        if (wanted == IoEngineKind.SYNC || wanted == IoEngineKind.THREADS) {
            return new EngineChoice(wanted, "");
        }
        UringProbe probe = UringProbe.run(UringTransfers.ENTRIES);
        if (probe.available()) {
            return new EngineChoice(IoEngineKind.IO_URING, "");
        }
        if (wanted == IoEngineKind.IO_URING) {
            throw new IOException(
                    "aio=io_uring: " + probe.reason() + "; use aio=threads or auto");
        }
        return new EngineChoice(IoEngineKind.THREADS, "no io_uring: " + probe.reason());
    }

    /**
     * An engine for one context; any number of them may share a file, which stays its owner's.
     *
     * @param kind not AUTO, which is to be decided once for all contexts
     * @param fixedBuffers whether io_uring registers the memory that requests lie in
     * @throws ErrnoException if the host has no more rings, descriptors or memory
     */
    public static IoEngine open(IoEngineKind kind, HostFile file, AioContext context,
            boolean fixedBuffers) throws ErrnoException {
        IoEngine engine = plain(kind, file, context, fixedBuffers);
        DirectIo direct = file.direct();
        return direct == null ? engine
                : new AlignedEngine(engine, direct, context, () -> tail(kind, direct, context));
    }

    /** What is behind the end of direct transfers is little, and never much used. */
    private static IoEngine tail(IoEngineKind kind, DirectIo direct, AioContext context) {
        return kind == IoEngineKind.SYNC ? new SyncEngine(new BlockingIo(direct.tail()))
                : threads(direct.tail(), context);
    }

    private static IoEngine plain(IoEngineKind kind, HostFile file, AioContext context,
            boolean fixedBuffers) throws ErrnoException {
        return switch (kind) {
            case SYNC -> new SyncEngine(new BlockingIo(file));
            case THREADS -> threads(file, context);
            case IO_URING -> new UringEngine(
                    file, context, file.newRing(fixedBuffers), threads(file, context));
            case AUTO -> throw new IllegalArgumentException("auto was not decided");
        };
    }

    private static ThreadsEngine threads(HostFile file, AioContext context) {
        return new ThreadsEngine(
                new BlockingIo(file), context, ThreadsEngine.IDLE_MAX_NS, ThreadsEngine::worker);
    }
}
