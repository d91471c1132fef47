// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A target that jobs of a run go to, open. Thread: control. */
final class OpenTarget implements AutoCloseable {
    final GuestTarget guest;
    final String name;
    final DumpFiles dumps;
    /** What the disk must hold; null if nobody checks. */
    private Ledger ledger;
    private boolean changed;
    private TargetReport report;

    private OpenTarget(String name, GuestTarget guest) {
        this.guest = guest;
        this.name = name;
        this.dumps = new DumpFiles(Path.of(""), name);
    }

    /**
     * Opens it.
     *
     * @param name as the user named it
     * @param phases its jobs, those that run at a time together
     * @throws IOException if the host or the back-end says no, in words for an operator
     * @throws IllegalArgumentException if a job does not fit the disk or what is offered
     */
    static OpenTarget open(String name, TargetSetup setup, List<List<JobSpec>> phases)
            throws IOException {
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
        OpenTarget target = new OpenTarget(name, guest);
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
        List<Region> regions = new ArrayList<>();
        long start = Long.MAX_VALUE;
        long end = 0;
        boolean checks = false;
        boolean locks = false;
        for (JobSpec spec : jobs) {
            for (int clone = 0; clone < spec.clones(); clone++) {
                Region region = regionOf(spec, clone);
                regions.add(region);
                start = Math.min(start, region.offset());
                end = Math.max(end, region.offset() + region.lengthBytes());
            }
            checks |= spec.verify().isOn();
            locks |= spec.queueing().serializeOverlap();
        }
        if (!checks && !locks) {
            return;
        }
        long from = start;
        int unitBytes = Ledger.unitBytes(jobs,
                regions.stream().mapToLong(region -> region.offset() - from).toArray());
        long whole = (end - start + unitBytes - 1) / unitBytes * unitBytes;
        ledger = checks
                ? new Ledger(start, whole, unitBytes, guest.reference())
                : Ledger.ofLocks(start, whole, unitBytes);
    }

    Region regionOf(JobSpec spec, int clone) {
        return Region.of(spec.extent(), spec.access(), clone, guest.capacityBytes(),
                guest.blockBytes());
    }

    Ledger ledger() {
        return ledger;
    }

    /** Notes what the device did up to now. */
    void takeReport() {
        report = guest.report();
    }

    /** What the device did up to the end of the last load, without reads back. */
    TargetReport report() {
        return report;
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
