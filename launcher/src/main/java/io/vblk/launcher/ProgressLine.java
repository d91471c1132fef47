// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.FioFormat;
import io.vblk.bench.Progress;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Timing;
import io.vblk.posix.Posix;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** fio's progress line, on stderr, only if that is a terminal. Thread: main. */
final class ProgressLine implements Consumer<Progress>, AutoCloseable {
    private static final int STDERR = 2;
    private static final double NANOS_PER_SECOND = 1e9;

    private final boolean shown;
    private final long totalNs;
    private final String label;
    private int width;

    private ProgressLine(boolean shown, String label, long totalNs) {
        this.shown = shown;
        this.label = label;
        this.totalNs = totalNs;
    }

    static ProgressLine onTerminal(List<JobSpec> jobs) {
        long totalNs = 0;
        long phaseNs = 0;
        for (JobSpec job : jobs) {
            if (job.stonewall()) {
                totalNs += phaseNs;
                phaseNs = 0;
            }
            Timing timing = job.timing();
            phaseNs = Math.max(phaseNs,
                    timing.startDelayNs() + timing.rampNs() + timing.runtimeNs());
        }
        return new ProgressLine(Posix.isTerminal(STDERR), "Jobs", totalNs + phaseNs);
    }

    /** For a run without an end of its own. */
    static ProgressLine forGuests(JobSpec job) {
        long ns = job.timing().runtimeNs();
        return new ProgressLine(
                Posix.isTerminal(STDERR), "Guests", ns == Timing.FOR_EVER_NS ? 0 : ns);
    }

    @Override
    public void accept(Progress progress) {
        if (!shown) {
            return;
        }
        StringBuilder text = new StringBuilder();
        text.append(label).append(": ").append(progress.running());
        double done = doneShare(progress);
        if (done >= 0) {
            text.append(String.format(Locale.ROOT, " [%.1f%%]", 100 * done));
        }
        rate(text, "r", progress.rate(Direction.READ));
        rate(text, "w", progress.rate(Direction.WRITE));
        rate(text, "t", progress.rate(Direction.TRIM));
        if (done > 0) {
            long etaSeconds = Math.round(
                    progress.elapsedNs() / NANOS_PER_SECOND * (1 - done) / done);
            text.append(String.format(
                    Locale.ROOT, "[eta %02dm:%02ds]", etaSeconds / 60, etaSeconds % 60));
        }
        show(text.toString());
    }

    private double doneShare(Progress progress) {
        return totalNs == 0 ? -1 : Math.min(1, (double) progress.elapsedNs() / totalNs);
    }

    private static void rate(StringBuilder text, String name, Progress.Count perSecond) {
        if (perSecond.ios() > 0) {
            text.append(String.format(Locale.ROOT, "[%s=%s/s, %s IOPS]", name,
                    FioFormat.binaryBytes(perSecond.bytes()), FioFormat.count(perSecond.ios())));
        }
    }

    private void show(String text) {
        int padding = Math.max(0, width - text.length());
        System.err.print("\r" + text + " ".repeat(padding));
        System.err.flush();
        width = text.length();
    }

    @Override
    public void close() {
        erase();
    }

    /** Takes the line away, to make room for what is to stay. */
    void erase() {
        if (width > 0) {
            show("");
            System.err.print("\r");
            width = 0;
        }
    }
}
