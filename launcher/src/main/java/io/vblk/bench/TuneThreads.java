// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Processor time of the threads of this process that serve devices: event loops, their workers and
 * those that the kernel keeps for io_uring (proc(5): /proc/PID/task/TID/comm and schedstat).
 * Guests, who poll as a guest's own processor would, are left out. Thread: control.
 */
final class TuneThreads {
    private static final File TASKS = new File("/proc/self/task");
    private static final List<String> NAMES =
            List.of("vblk-iothread-", "vblk-aio-", "iou-wrk-", "iou-sqp-");

    private final Map<String, Long> ranNs = new HashMap<>();

    private TuneThreads() {}

    /** What they have used so far. */
    static TuneThreads look() {
        TuneThreads threads = new TuneThreads();
        String[] numbers = TASKS.list();
        for (String number : numbers == null ? new String[0] : numbers) {
            try {
                String name = text(number, "comm");
                if (NAMES.stream().anyMatch(name::startsWith)) {
                    threads.ranNs.put(number, Long.parseLong(text(number, "schedstat")
                            .split(" ")[0]));
                }
            } catch (IOException | NumberFormatException e) {
                continue; // it has ended, or the kernel does not count
            }
        }
        return threads;
    }

    private static String text(String number, String name) throws IOException {
        return Files.readString(TASKS.toPath().resolve(number).resolve(name)).trim();
    }

    /** Nanoseconds since an earlier look; negative if the kernel does not tell. */
    long since(TuneThreads earlier) {
        long sum = 0;
        for (Map.Entry<String, Long> thread : ranNs.entrySet()) {
            sum += Math.max(0,
                    thread.getValue() - earlier.ranNs.getOrDefault(thread.getKey(), 0L));
        }
        return ranNs.isEmpty() ? -1 : sum;
    }
}
