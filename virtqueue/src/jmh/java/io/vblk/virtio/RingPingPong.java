// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import com.sun.management.ThreadMXBean;
import io.vblk.posix.ErrnoException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/**
 * What a request through a ring costs, both sides together, and the bytes allocated for it:
 *
 * <pre>
 *   mvn -Pjmh -pl event-loop,virtqueue verify -Dskip.event-loop \
 *       -Djmh.main=io.vblk.virtio.RingPingPong [-Djmh.args="split 32 1"]
 * </pre>
 *
 * <p>A plain main, since two threads that wait for each other are no operation of one thread. With
 * arguments (split or packed, depth, queues) one case; without any all of them, in one JVM, whose
 * compiler has then seen both kinds of ring. Needs two processors.
 */
public final class RingPingPong {
    private static final String[] KINDS = {"split", "packed"};
    private static final int[] DEPTHS = {1, 8, 32, 256};
    private static final int QUEUES_MAX = 2;

    private static final int WARM_UP_ROUNDS = 20;
    private static final int ROUNDS = 15;
    private static final long REQUESTS_PER_ROUND = 1_000_000;
    private static final long REQUESTS_PER_ROUND_DEPTH_1 = 200_000;

    private static final ThreadMXBean THREADS =
            (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private RingPingPong() {}

    /** Prints kind, depth, queues, nanoseconds and bytes per request. */
    public static void main(String[] args) throws ErrnoException, VirtioException {
        if (args.length == 3) {
            measure(args[0], Integer.parseInt(args[1]), Integer.parseInt(args[2]));
            return;
        }
        for (String kind : KINDS) {
            for (int queues = 1; queues <= QUEUES_MAX; queues++) {
                for (int depth : DEPTHS) {
                    measure(kind, depth, queues);
                }
            }
        }
    }

    private static void measure(String kind, int depth, int queues)
            throws ErrnoException, VirtioException {
        if (!Arrays.asList(KINDS).contains(kind)) {
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
            System.out.printf(Locale.ROOT, "%-6s depth %3d, %d queues: %7.2f ns %6.3f bytes%n",
                    kind, depth, queues, ns[ROUNDS / 2], (double) allocated / total);
        }
    }

    private static long allocatedBytes(RingPair pair) {
        return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId())
                + THREADS.getThreadAllocatedBytes(pair.deviceThread().getId());
    }
}
