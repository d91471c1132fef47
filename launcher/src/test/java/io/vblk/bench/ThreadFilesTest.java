// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The kernel's counters of a thread, provoked. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ThreadFilesTest {
    private static final int PAGES = 64;
    private static final int PAGE_BYTES = 4096;

    @Test
    void freshMemoryIsAPageFaultEachAndTheFirstReadingIsTheStart() throws IOException {
        try (ThreadFiles.Scratch scratch = new ThreadFiles.Scratch();
                ThreadFiles own = ThreadFiles.ofCurrentThread();
                MappedMemory memory = MappedMemory.anonymous(PAGES * PAGE_BYTES)) {
            own.read(scratch);
            assertEquals(0, own.faults);
            own.read(scratch);
            long idle = own.faults;
            for (int page = 0; page < PAGES; page++) {
                NativeMemory.putByte(memory.address() + page * PAGE_BYTES, 1);
            }
            own.read(scratch);
            assertTrue(own.faults >= PAGES && own.faults < 2 * PAGES + idle,
                    own.faults + " faults, " + idle + " without");
        }
    }

    @Test
    void aTurnOnAProcessorIsCountedEachTimeThatAThreadWakes() throws Exception {
        CountDownLatch[] steps = {new CountDownLatch(1), new CountDownLatch(1)};
        int[] number = new int[1];
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch between = new CountDownLatch(1);
        Thread sleeper = new Thread(() -> {
            try {
                number[0] = ThreadFiles.numberOfCurrentThread();
                started.countDown();
                steps[0].await();
                between.countDown();
                steps[1].await();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        sleeper.start();
        started.await();
        try (ThreadFiles.Scratch scratch = new ThreadFiles.Scratch();
                ThreadFiles files = new ThreadFiles(number[0], false)) {
            while (sleeper.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            files.read(scratch);
            steps[0].countDown();
            between.await();
            files.read(scratch);
            assertTrue(files.turns >= 1, files.turns + " turns");
            assertEquals(0, files.faults, "not asked for");
            steps[1].countDown();
            sleeper.join();
            files.read(scratch);
            files.read(scratch);
            assertEquals(0, files.turns, "a thread that has ended");
        }
    }

    @Test
    void aThreadThatSharesItsProcessorWaitsForIt() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        int cpu = Posix.cpus().nextSetBit(0);
        Thread other = new Thread(() -> {
            try {
                Posix.runOnCpu(cpu);
            } catch (ErrnoException e) {
                throw new IllegalStateException(e);
            }
            while (!over.get()) {
                Thread.onSpinWait();
            }
        });
        long[] waitedNs = new long[1];
        Thread waits = new Thread(() -> {
            try (ThreadFiles.Scratch scratch = new ThreadFiles.Scratch();
                    ThreadFiles own = ThreadFiles.ofCurrentThread()) {
                Posix.runOnCpu(cpu);
                own.read(scratch);
                while (waitedNs[0] < 1_000_000) {
                    own.read(scratch);
                    waitedNs[0] += own.waitedNs;
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        other.start();
        waits.start();
        waits.join();
        over.set(true);
        other.join();
        assertTrue(waitedNs[0] >= 1_000_000, waitedNs[0] + " ns");
    }

    @Test
    void aThreadThatIsNotThereIsAnError() {
        assertThrows(ErrnoException.class, () -> new ThreadFiles(Integer.MAX_VALUE, true));
    }
}
