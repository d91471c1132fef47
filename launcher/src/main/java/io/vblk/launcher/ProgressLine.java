// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.FioFormat;
import io.vblk.bench.Progress;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * fio's progress line, on stderr: rewritten in place on a terminal, and nowhere else unless asked
 * for, where each is a line of its own. Thread: main.
 */
final class ProgressLine implements Consumer<Progress>, AutoCloseable {
    private static final int STDERR = 2;
    private static final int PERCENT = 100;
    private static final long INTERVAL_NS = 900_000_000L;
    private static final long INTERVAL_MIN_NS = 250_000_000L;
    private static final List<Direction> KINDS =
            List.of(Direction.READ, Direction.WRITE, Direction.TRIM);

    private final boolean shown;
    private final boolean rewrites;
    private final String label;
    /** The job of each clone. */
    private final List<JobSpec> clones;
    /** How often a line stays, 0 for never. */
    private final long newlineNs;
    private long keptNs;
    private int width;

    private ProgressLine(boolean shown, String label, List<JobSpec> jobs, long newlineNs) {
        this.newlineNs = newlineNs;
        this.keptNs = System.nanoTime();
        this.rewrites = Posix.isTerminal(STDERR);
        this.shown = shown;
        this.label = label;
        this.clones = new ArrayList<>();
        for (JobSpec job : jobs) {
            for (int i = 0; i < job.clones(); i++) {
                clones.add(job);
            }
        }
    }

    static void addTo(Options options) {
        options.addOption(CommonOptions.value("eta", "WHEN",
                "show progress: auto (on a terminal), always or never; default: auto"));
        options.addOption(CommonOptions.value("eta-interval", "TIME",
                "how often, 250ms or more; default: about a second"));
        options.addOption(CommonOptions.value("eta-newline", "TIME",
                "let a line of progress stand once in that time"));
    }

    private static long time(CommandLine line, String name) throws UsageException {
        try {
            return Durations.parseNs(CommonOptions.text(line, name, "0"));
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
    }

    /** How often it is shown, in nanoseconds. */
    static long intervalNs(CommandLine line) throws UsageException {
        long ns = time(line, "eta-interval");
        if (ns > 0 && ns < INTERVAL_MIN_NS) {
            throw new UsageException("eta-interval is too short: 250ms is the least");
        }
        return ns == 0 ? INTERVAL_NS : ns;
    }

    /** As the command line says. */
    static ProgressLine of(CommandLine line, List<JobSpec> jobs) throws UsageException {
        String when = CommonOptions.text(line, "eta", "auto");
        boolean shown = switch (when) {
            case "auto" -> Posix.isTerminal(STDERR);
            case "always" -> true;
            case "never" -> false;
            default -> throw new UsageException(
                    "eta=" + when + " is none of auto, always, never");
        };
        intervalNs(line); // what is wrong with it is said of several targets, too
        return new ProgressLine(shown, "Jobs", jobs, time(line, "eta-newline"));
    }

    /** For a run without an end of its own. */
    static ProgressLine forGuests(JobSpec job) {
        return new ProgressLine(Posix.isTerminal(STDERR), "Guests", List.of(job), 0);
    }

    @Override
    public void accept(Progress progress) {
        if (shown) {
            show(text(label, clones, progress));
        }
    }

    /** Shows a round of several targets that has ended. */
    void round(int done, int rounds, long elapsedNs) {
        if (shown) {
            show(String.format(Locale.ROOT, "Rounds: %d of %d: [%.1f%%][eta %s]", done, rounds,
                    (double) PERCENT * done / rounds,
                    eta(done == 0 ? -1 : elapsedNs / done * (rounds - done))));
        }
    }

    /** The line in fio's form. */
    static String text(String label, List<JobSpec> clones, Progress progress) {
        StringBuilder text = new StringBuilder();
        int running = progress.running();
        text.append(label).append(": ").append(running).append(" (f=").append(running)
                .append(')').append(rates(clones, progress.states())).append(": [")
                .append(runs(progress.states())).append(']');
        double done = progress.doneShare();
        text.append(done < 0 ? "[-.-%]"
                : String.format(Locale.ROOT, "[%.1f%%]", PERCENT * done));
        text.append(kinds(progress, "", "/s",
                count -> FioFormat.binaryBytes(count.bytes())));
        text.append(kinds(progress, " IOPS", "", count -> FioFormat.count(count.ios())));
        return text.append("[eta ").append(eta(progress.leftNs())).append(']').toString();
    }

    /** What running jobs with a rate are to do together. */
    private static String rates(List<JobSpec> clones, String states) {
        double iops = 0;
        double bytes = 0;
        double leastIops = 0;
        double leastBytes = 0;
        for (int i = 0; i < states.length() && i < clones.size(); i++) {
            if ("PE_".indexOf(states.charAt(i)) < 0 && clones.get(i).isOpenLoop()) {
                double rate = sum(clones.get(i), clones.get(i).timing().rate());
                double least = sum(clones.get(i), clones.get(i).goals().least());
                boolean inBytes = clones.get(i).timing().rate().inBytes();
                iops += inBytes ? 0 : rate;
                leastIops += inBytes ? 0 : least;
                bytes += inBytes ? rate : 0;
                leastBytes += inBytes ? least : 0;
            }
        }
        return (bytes == 0 ? "" : ", " + FioFormat.binaryBytes(leastBytes) + "/s-"
                        + FioFormat.binaryBytes(bytes) + "/s")
                + (iops == 0 ? "" : ", " + FioFormat.count(leastIops) + "-"
                        + FioFormat.count(iops) + " IOPS");
    }

    private static double sum(JobSpec job, ArrivalRate rate) {
        return (job.rw().reads() ? rate.reads() : 0) + (job.rw().writes() ? rate.writes() : 0)
                + (job.rw().trims() ? rate.trims() : 0);
    }

    /** {@code rrP} is {@code r(2),P(1)}. */
    private static String runs(String states) {
        StringJoiner runs = new StringJoiner(",");
        int at = 0;
        while (at < states.length()) {
            int end = at;
            while (end < states.length() && states.charAt(end) == states.charAt(at)) {
                end++;
            }
            runs.add(states.charAt(at) + "(" + (end - at) + ")");
            at = end;
        }
        return runs.toString();
    }

    /** {@code [r=1587,w=607 IOPS]}, of kinds that do something. */
    private static String kinds(Progress progress, String unit, String each,
            Function<Progress.Count, String> number) {
        StringJoiner kinds = new StringJoiner(",", "[", unit + "]");
        kinds.setEmptyValue("");
        for (Direction kind : KINDS) {
            Progress.Count rate = progress.rate(kind);
            if (rate.ios() > 0) {
                kinds.add(Character.toLowerCase(kind.name().charAt(0)) + "=" + number.apply(rate)
                        + each);
            }
        }
        return kinds.toString();
    }

    /** {@code 00m:04s}, with hours and days if there are any. */
    private static String eta(long leftNs) {
        if (leftNs < 0) {
            return "--";
        }
        long seconds = Math.round(leftNs / (double) TimeUnit.SECONDS.toNanos(1));
        long days = TimeUnit.SECONDS.toDays(seconds);
        long hours = TimeUnit.SECONDS.toHours(seconds) % TimeUnit.DAYS.toHours(1);
        long minute = TimeUnit.MINUTES.toSeconds(1);
        return (days > 0 ? String.format(Locale.ROOT, "%02dd:", days) : "")
                + (days + hours > 0 ? String.format(Locale.ROOT, "%02dh:", hours) : "")
                + String.format(Locale.ROOT, "%02dm:%02ds", seconds / minute % minute,
                        seconds % minute);
    }

    private void show(String text) {
        if (rewrites) {
            int padding = Math.max(0, width - text.length());
            System.err.print("\r" + text + " ".repeat(padding));
            width = text.length();
            long nowNs = System.nanoTime();
            if (newlineNs > 0 && width > 0 && nowNs - keptNs >= newlineNs) {
                keptNs = nowNs;
                System.err.println();
                width = 0;
            }
        } else {
            System.err.println(text);
        }
        System.err.flush();
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
