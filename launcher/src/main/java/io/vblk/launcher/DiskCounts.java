// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.virtioblk.QueueLatency;
import io.vblk.virtioblk.VirtioBlkDevice;
import io.vblk.virtioblk.VirtioBlkStats;
import java.util.ArrayList;
import java.util.List;

/**
 * What the devices of a disk's connections have counted.
 *
 * @param stats counters
 * @param latency latencies by queue, in the order of the queues' numbers
 */
record DiskCounts(VirtioBlkStats stats, List<QueueLatency> latency) {
    static final DiskCounts NONE = new DiskCounts(VirtioBlkStats.NONE, List.of());

    /** What a device has counted so far. Thread: any. */
    static DiskCounts of(VirtioBlkDevice device) {
        return new DiskCounts(device.stats(), device.latency());
    }

    DiskCounts plus(DiskCounts more) {
        List<QueueLatency> all = new ArrayList<>(latency);
        for (QueueLatency queue : more.latency) {
            int at = indexOf(all, queue.queue());
            if (at < 0) {
                all.add(-at - 1, queue);
            } else {
                all.set(at, all.get(at).plus(queue));
            }
        }
        return new DiskCounts(stats.plus(more.stats), all);
    }

    /** The latencies counted after an earlier moment. */
    List<QueueLatency> latencySince(DiskCounts earlier) {
        List<QueueLatency> since = new ArrayList<>();
        for (QueueLatency queue : latency) {
            int at = indexOf(earlier.latency, queue.queue());
            since.add(at < 0 ? queue : queue.since(earlier.latency.get(at)));
        }
        return since;
    }

    /** Place of a queue, or -1 less the place where it belongs. */
    private static int indexOf(List<QueueLatency> queues, int number) {
        int at = 0;
        while (at < queues.size() && queues.get(at).queue() < number) {
            at++;
        }
        return at < queues.size() && queues.get(at).queue() == number ? at : -at - 1;
    }
}
