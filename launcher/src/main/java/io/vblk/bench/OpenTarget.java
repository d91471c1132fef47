// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A target that jobs of a run go to, open. Thread: control. */
final class OpenTarget implements AutoCloseable {
    final GuestTarget guest;
    /** What the disk must hold; null if nobody checks. */
    private Ledger ledger;
    private boolean changed;

    private OpenTarget(GuestTarget guest) {
        this.guest = guest;
    }

    /**
     * Opens it.
     *
     * @param phases its jobs, those that run at a time together
     * @throws IOException if the host or the back-end says no, in words for an operator
     * @throws IllegalArgumentException if a job does not fit the disk or what is offered
     */
    static OpenTarget open(TargetSetup setup, List<List<JobSpec>> phases) throws IOException {
        List<JobSpec> jobs = new ArrayList<>();
        phases.forEach(jobs::addAll);
        boolean changes = jobs.stream().anyMatch(JobSpec::changesDisk);
        GuestTarget guest;
        if (setup instanceof DeviceSetup device) {
            guest = InProcessGuest.open(device);
        } else if (setup instanceof VhostUserSetup backend) {
            guest = VhostUserGuest.open(backend, changes);
        } else {
            guest = FileGuest.open((FileSetup) setup);
        }
        OpenTarget target = new OpenTarget(guest);
        try {
            target.changed = changes;
            target.prepare(jobs);
            guest.plugIn(QueueNeed.of(phases));
            return target;
        } catch (IOException | RuntimeException | Error e) {
            try {
                target.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private void prepare(List<JobSpec> jobs) throws IOException {
        boolean checks = false;
        for (JobSpec spec : jobs) {
            for (int clone = 0; clone < spec.clones(); clone++) {
                regionOf(spec, clone);
            }
            checks |= spec.verify().isOn();
        }
        if (checks) {
            List<Region> regions = new ArrayList<>();
            for (JobSpec spec : jobs) {
                for (int clone = 0; clone < spec.clones(); clone++) {
                    regions.add(regionOf(spec, clone));
                }
            }
            ledger = Ledger.of(jobs, regions, guest.blockBytes(), guest.reference());
        }
    }

    Region regionOf(JobSpec spec, int clone) {
        return Region.of(spec.extent(), spec.access(), clone, guest.capacityBytes(),
                guest.blockBytes());
    }

    Ledger ledger() {
        return ledger;
    }

    /** Whether some job changes the disk. */
    boolean isChanged() {
        return changed;
    }

    @Override
    public void close() throws IOException {
        try {
            if (ledger != null) {
                ledger.close();
            }
        } finally {
            guest.close();
        }
    }
}
