// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a piece of work of a job's thread has ended. */
class JobThreadTest {
    private static final int PIECES = 200_000;

    /** Whoever looks without waiting may see the end before the thread is done with telling it. */
    @Test
    @Timeout(60)
    void workIsIdleOnlyAfterItsOwnEnd() throws InterruptedException {
        AtomicReference<Throwable> crash = new AtomicReference<>();
        AtomicInteger done = new AtomicInteger();
        JobThread thread = new JobThread("job-thread-test", e -> crash.compareAndSet(null, e));
        try {
            for (int piece = 1; piece <= PIECES; piece++) {
                int number = piece;
                thread.begin(() -> done.set(number));
                while (!thread.awaitIdle(0)) {
                    Thread.onSpinWait();
                }
                assertEquals(number, done.get());
            }
        } finally {
            thread.close();
        }
        assertNull(crash.get());
    }
}
