// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a job keeps of its slow requests. */
final class TailSamplesTest {
    private static final int JOBS = 64;
    private static final int CAPACITY = (64 << 10) / JOBS;

    private final JobStats stats = new JobStats();
    private TailSamples samples;
    private long nowNs = System.nanoTime();

    @BeforeEach
    void open() throws ErrnoException {
        samples = new TailSamples(1, JOBS);
        samples.begin(nowNs);
    }

    @AfterEach
    void close() {
        samples.close();
    }

    /** One request at a time, looked at in vain just before it comes back. */
    private void request(long tookNs) {
        long issuedNs = nowNs;
        samples.resume(issuedNs);
        nowNs += tookNs;
        samples.look(nowNs - 1);
        samples.reaped(nowNs);
        stats.read.record(issuedNs, issuedNs, nowNs, 4096);
        samples.completed(issuedNs, nowNs);
        samples.settle(nowNs, stats);
    }

    private long took(int sample) {
        return samples.get(sample, TailSamples.ENDED) - samples.get(sample, TailSamples.ISSUED);
    }

    @Test
    void onlySlowRequestsAreKeptOnceItIsKnownWhatIsSlow() {
        for (int i = 0; i < 1_000; i++) {
            request(1_000 + i % 100);
        }
        int before = samples.count();
        for (int i = 0; i < 10_000; i++) {
            request(1_000);
        }
        request(50_000);
        assertEquals(before + 1, samples.count());
        assertEquals(50_000, took(samples.slowest()));
    }

    @Test
    void nothingIsAllocatedForARequest() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        samples.watch(ThreadFiles.ofCurrentThread());
        requestsWithReadings();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        requestsWithReadings();
        long allocated =
                threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertTrue(allocated < 1_000, allocated + " bytes for 20000 requests, some of them read");
    }

    /** Each tenth is so slow that the kernel's counters are read. */
    private void requestsWithReadings() {
        nowNs = System.nanoTime();
        for (int i = 0; i < 20_000; i++) {
            request(i % 10 == 0 ? 20_000_000 : 2_000);
        }
    }

    @Test
    void theSlowestIsKeptThoughOthersMadeItsPlaceTheirs() {
        request(9_000_000);
        for (int i = 0; i < 20 * CAPACITY; i++) {
            request(5_000 + i);
        }
        assertEquals(CAPACITY, samples.count());
        assertEquals(9_000_000, took(samples.slowest()));
    }

    @Test
    void ofManyAFairDrawIsKept() {
        // Each is slower than the one before, so that all of them are slow when they come.
        int offered = 8 * CAPACITY;
        for (int i = 0; i < offered; i++) {
            request(5_000 + i);
        }
        int late = 0;
        for (int i = 0; i < samples.count(); i++) {
            late += took(i) >= 5_000 + offered / 2 ? 1 : 0;
        }
        assertTrue(late > CAPACITY * 4 / 10 && late < CAPACITY * 6 / 10,
                late + " of " + CAPACITY + " are of the second half");
    }

    @Test
    void aGuestThatDidNotLookIsSeenAndOneThatWaitedIsNot() {
        request(40_000);
        assertEquals(39_999, samples.get(0, TailSamples.HELD_UP), "one look just before the end");

        long issuedNs = nowNs;
        samples.resume(issuedNs);
        for (long at = 0; at < 40_000; at += 500) {
            samples.look(issuedNs + at);
        }
        nowNs += 40_000;
        samples.reaped(nowNs);
        samples.completed(issuedNs, nowNs);
        assertEquals(0, samples.get(1, TailSamples.HELD_UP));
    }

    @Test
    void aPageFaultOfTheGuestOrOfTheDeviceIsSeen() throws IOException {
        int pages = 32;
        try (MappedMemory memory = MappedMemory.anonymous(2 * pages * 4096)) {
            touch(memory, 0, pages);
            request(40_000);
            samples.end();
            long once = samples.get(0, TailSamples.FAULTS);
            assertTrue(once >= pages, once + " faults");

            // The same thread twice: every fault is the device's, too.
            samples.watch(ThreadFiles.ofCurrentThread());
            samples.end();
            touch(memory, pages, 2 * pages);
            request(40_000);
            samples.end();
            long twice = samples.get(1, TailSamples.FAULTS);
            assertTrue(twice >= 2 * pages, twice + " faults");
        }
    }

    private static void touch(MappedMemory memory, int from, int to) {
        for (int page = from; page < to; page++) {
            NativeMemory.putByte(memory.address() + page * 4096L, 1);
        }
    }

    @Test
    void timeFromAKickToTheNextCompletionIsTheDevicesWakingUp() {
        long issuedNs = nowNs;
        samples.kicked(issuedNs + 100, issuedNs + 5_000);
        samples.kicked(issuedNs + 6_000, issuedNs + 7_000);
        nowNs += 30_000;
        samples.reaped(nowNs);
        samples.completed(issuedNs, nowNs);
        assertEquals(29_900, samples.get(0, TailSamples.WAKE_UP));
        assertEquals(2, samples.kicks);

        request(3_000);
        assertEquals(0, samples.get(1, TailSamples.WAKE_UP), "the next was not kicked");
    }
}
