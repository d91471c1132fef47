// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;

/**
 * Processor time of guests, event loops and their workers, by thread and in nanoseconds
 * (CLOCK_THREAD_CPUTIME_ID of clock_gettime(2)). The compiler and the collector of the JVM do not
 * count. Thread: any.
 */
final class ProcessorTime {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final String OURS = "vblk-";

    private final Map<Long, Long> nsByThread = new HashMap<>();

    private ProcessorTime() {}

    static ProcessorTime now() {
        ProcessorTime time = new ProcessorTime();
        for (Thread thread : threads()) {
            if (thread != null && thread.getName().startsWith(OURS)) {
                // -1 for a thread that has ended since.
                time.nsByThread.put(
                        thread.getId(), Math.max(0, THREADS.getThreadCpuTime(thread.getId())));
            }
        }
        return time;
    }

    private static Thread[] threads() {
        ThreadGroup all = Thread.currentThread().getThreadGroup();
        while (all.getParent() != null) {
            all = all.getParent();
        }
        Thread[] found = new Thread[2 * all.activeCount() + 1];
        all.enumerate(found);
        return found;
    }

    /** What the threads of now have used since then; a thread that has ended meanwhile is lost. */
    long since(ProcessorTime earlier) {
        long sum = 0;
        for (Map.Entry<Long, Long> thread : nsByThread.entrySet()) {
            sum += Math.max(0,
                    thread.getValue() - earlier.nsByThread.getOrDefault(thread.getKey(), 0L));
        }
        return sum;
    }
}
