// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Lets other threads wait until a loop has passed from one callback to the next. Thread: any. */
final class IterationBarrier {
    private final AioContext context;
    private final Set<CompletableFuture<Void>> waiting = ConcurrentHashMap.newKeySet();

    IterationBarrier(AioContext context) {
        this.context = context;
    }

    /**
     * Returns when the loop has taken over all changes made before this call and runs no callback
     * of an earlier moment, or has ended. On the home thread there is nothing to wait for.
     */
    void await() {
        if (context.inHomeThread()) {
            context.takeOverIfBetweenCallbacks();
            return;
        }
        CompletableFuture<Void> passed = new CompletableFuture<>();
        waiting.add(passed);
        context.execute("barrier", () -> {
            try {
                context.takeOverIfBetweenCallbacks();
            } finally {
                passed.complete(null);
            }
        });
        if (context.inHomeThread()) {
            // The loop has ended, and may have released those who wait before we were one.
            passed.complete(null);
        }
        passed.join();
        waiting.remove(passed);
    }

    /** The loop has ended: nobody need wait for it. */
    void release() {
        for (CompletableFuture<Void> passed : waiting) {
            passed.complete(null);
        }
    }
}
