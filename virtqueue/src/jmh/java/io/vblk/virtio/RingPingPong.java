// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import com.sun.management.ThreadMXBean;
import io.vblk.posix.ErrnoException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * What a request through a ring costs, both sides together, and the bytes allocated for it: one
 * thread is the driver, another the device, both poll. {@link RingComparison} runs it. Needs two
 * processors.
 *
 * <p>A plain main, since two threads that wait for each other are no operation of one thread.
 */
public final class RingPingPong {
    private static final int WARM_UP_ROUNDS = 20;
    private static final int ROUNDS = 15;
    private static final long REQUESTS_PER_ROUND = 1_000_000;
    private static final long REQUESTS_PER_ROUND_DEPTH_1 = 200_000;

    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private RingPingPong() {}

    /** Arguments: split or packed, depth, queues. Prints nanoseconds and bytes per request. */
    public static void main(String[] args) throws ErrnoException, VirtioException {
        String kind = args[0];
        int depth = Integer.parseInt(args[1]);
        int queues = Integer.parseInt(args[2]);
        if (!kind.equals("split") && !kind.equals("packed")) {
            throw new IllegalArgumentException("not split or packed: " + kind);
        }
        long requests = depth == 1 ? REQUESTS_PER_ROUND_DEPTH_1 : REQUESTS_PER_ROUND;
        double[] ns = new double[ROUNDS];
        try (RingPair pair = new RingPair(kind.equals("packed"), depth, queues)) {
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                pair.round(requests);
            }
            long allocated = allocatedBytes(pair);
            long total = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long startNs = System.nanoTime();
                long done = pair.round(requests);
                ns[round] = (double) (System.nanoTime() - startNs) / done;
                total += done;
            }
            allocated = allocatedBytes(pair) - allocated;
            Arrays.sort(ns);
            System.out.printf(Locale.ROOT, "%.2f %.3f%n",
                    ns[ROUNDS / 2], (double) allocated / total);
        }
    }

    private static long allocatedBytes(RingPair pair) {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId())
                + THREADS.getThreadAllocatedBytes(pair.deviceThread().getId());
    }
}
