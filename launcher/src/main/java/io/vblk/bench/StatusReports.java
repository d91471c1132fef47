// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Reports of a run that goes on: figures belong to the threads of the jobs, so these are asked, and
 * answer between two requests. Thread: control.
 */
final class StatusReports {
    /** Who has not answered by then waits for its disk, and is shown as it was before. */
    private static final long PATIENCE_NS = 1_000_000_000L;

    private final long intervalNs;
    private final StatusListener listener;
    private ZonedDateTime started;
    private long dueNs;
    private long askedNs;
    private boolean asked;

    StatusReports(long intervalNs, StatusListener listener) {
        this.intervalNs = intervalNs;
        this.listener = listener;
    }

    /** A run begins. */
    void begin(ZonedDateTime when, long nowNs) {
        started = when;
        dueNs = nowNs + intervalNs;
        asked = false;
    }

    /** Asks, or reports, if it is time. */
    void look(List<List<Clone>> phases, long nowNs) throws IOException {
        if (!asked && nowNs - dueNs >= 0) {
            phases.forEach(phase -> phase.forEach(Clone::askStatus));
            asked = true;
            askedNs = nowNs;
            dueNs += intervalNs;
        } else if (asked && (nowNs - askedNs >= PATIENCE_NS || phases.stream()
                .allMatch(phase -> phase.stream().allMatch(Clone::hasStatus)))) {
            asked = false;
            listener.hear(report(phases));
        }
    }

    private JobReport report(List<List<Clone>> phases) {
        phases.forEach(phase -> phase.forEach(clone -> clone.target.takeReport()));
        List<JobResult> results = new ArrayList<>();
        for (List<Clone> phase : phases) {
            for (Clone clone : phase) {
                results.add(new JobResult(clone.generator().spec(), clone.group, clone.status(),
                        clone.target.report(), clone.steady()));
            }
        }
        return new JobReport(started, results, null, List.of());
    }
}
