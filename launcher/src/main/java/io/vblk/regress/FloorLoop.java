// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.SliceResult;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;

/**
 * The least that a request to another thread can take here: one thread asks, another copies a block
 * and answers, both look all the time, and there is no ring, no device and no event loop. What a
 * device path costs is told as a multiple of this. Thread: control; the two threads sleep between
 * slices.
 */
public final class FloorLoop implements LatencyBudget.Source, AutoCloseable {
    private static final int BLOCK_BYTES = 4096;
    private static final long LONGEST_NS = 100_000_000_000L;
    private static final int SIGNIFICANT_DIGITS = 2;
    private static final long LEAVE = -1;
    private static final int SPINS_PER_YIELD = 1_000;

    /** Two numbers, far enough apart to be on cache lines of their own. */
    private static final int ASKED = 16;
    private static final int ANSWERED = 48;
    private static final int PLACES = 64;

    private final AtomicLongArray numbers = new AtomicLongArray(PLACES);
    private final byte[] from = new byte[BLOCK_BYTES];
    private final byte[] to = new byte[BLOCK_BYTES];
    private final CyclicBarrier turn = new CyclicBarrier(3);
    private final Thread asker;
    private final Thread answerer;
    private long lengthNs;
    private long dropNs;
    private SliceResult result;

    /**
     * Starts the two threads.
     *
     * @param askerCpu processor of the one, -1 for any
     * @param answererCpu processor of the other, -1 for any
     */
    public FloorLoop(int askerCpu, int answererCpu) {
        asker = start("floor-asker", askerCpu, this::ask);
        answerer = start("floor-answerer", answererCpu, this::answer);
    }

    private Thread start(String name, int cpu, Runnable slice) {
        Thread thread = new Thread(() -> {
            try {
                if (cpu >= 0) {
                    Posix.runOnCpu(cpu);
                }
                while (true) {
                    turn.await();
                    if (lengthNs == LEAVE) {
                        return;
                    }
                    slice.run();
                    turn.await();
                }
            } catch (InterruptedException | BrokenBarrierException | ErrnoException e) {
                turn.reset();
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public SliceResult run(long length, long drop) throws IOException {
        lengthNs = length;
        dropNs = drop;
        meet();
        meet();
        return result;
    }

    private void meet() throws IOException {
        try {
            turn.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (BrokenBarrierException e) {
            throw new IOException("a thread of the floor has ended", e);
        }
    }

    private void ask() {
        Histogram latency = new Histogram(1, LONGEST_NS, SIGNIFICANT_DIGITS);
        long beganNs = System.nanoTime();
        long fromNs = beganNs + dropNs;
        long endNs = beganNs + lengthNs;
        long number = numbers.get(ASKED);
        long requests = 0;
        long nowNs = beganNs;
        while (nowNs - endNs < 0) {
            long sentNs = nowNs;
            numbers.lazySet(ASKED, ++number);
            awaitAnswer(number);
            nowNs = System.nanoTime();
            if (sentNs - fromNs >= 0) {
                latency.recordValue(Math.min(nowNs - sentNs, LONGEST_NS));
            }
            requests++;
        }
        result = new SliceResult(latency, Math.max(1, nowNs - fromNs), requests, 0, 0, 0, 0, 0,
                null);
        numbers.lazySet(ASKED, LEAVE);
        awaitAnswer(LEAVE);
        numbers.lazySet(ASKED, number);
        numbers.lazySet(ANSWERED, number);
    }

    private void answer() {
        long last = numbers.get(ANSWERED);
        while (true) {
            long number = numbers.get(ASKED);
            if (number == LEAVE) {
                numbers.lazySet(ANSWERED, LEAVE);
                return;
            }
            if (number != last) {
                System.arraycopy(from, 0, to, 0, BLOCK_BYTES);
                last = number;
                numbers.lazySet(ANSWERED, number);
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private void awaitAnswer(long wanted) {
        int spins = 0;
        while (numbers.get(ANSWERED) != wanted) {
            if (++spins % SPINS_PER_YIELD == 0) {
                Thread.yield();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public void close() throws IOException {
        lengthNs = LEAVE;
        meet();
        try {
            asker.join();
            answerer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
