// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import io.vblk.fio.Timing;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Settings of devices in this process, each with a device of its own. Those of loads that only
 * read stay open between their slices; two devices may not write to one image at a time. Thread:
 * control, except where it says any.
 */
public final class TuneDevices implements TuneBench {
    private static final long RAMP_SHARE = 5;
    private static final long RAMP_NS_MAX = 60_000_000L;
    private static final int ATTEMPTS_MAX = 3;

    private final Opener opener;
    private final boolean staysOpen;
    private final Map<TuneSetting, BenchRun> runs = new HashMap<>();
    private volatile BenchRun current;
    private volatile boolean stopped;

    /** Opens the load on a device with a setting. */
    @FunctionalInterface
    public interface Opener {
        /** What {@link BenchRun#open(List, Map)} does, and throws. */
        BenchRun open(TuneSetting setting) throws IOException;
    }

    /**
     * Devices that are opened when their turn comes.
     *
     * @param staysOpen whether several may be open at a time
     */
    public TuneDevices(Opener opener, boolean staysOpen) {
        this.opener = opener;
        this.staysOpen = staysOpen;
    }

    @Override
    public TuneSlice slice(TuneSetting setting, int round, long lengthNs) throws IOException {
        BenchRun run = runs.get(setting);
        if (run == null) {
            run = opener.open(setting);
            runs.put(setting, run);
        }
        current = run;
        TuneSlice measured = null;
        for (int attempt = 1; measured == null && !stopped; attempt++) {
            TuneThreads before = TuneThreads.look();
            long beganNs = System.nanoTime();
            JobReport report = run.run(spec -> part(spec, round, lengthNs), progress -> { });
            long tookNs = System.nanoTime() - beganNs;
            long cpuNs = TuneThreads.look().since(before);
            if (!stopped && isMeasured(report, attempt)) {
                measured = TuneSlice.of(report, cpuNs, tookNs);
            }
        }
        if (!staysOpen) {
            leave(setting);
        }
        return measured;
    }

    /**
     * Whether a report has requests in it: the host may have given the guests no processor for as
     * long as a slice takes.
     *
     * @param attempt how many times this has been tried, from 1
     * @throws IOException what went wrong, or that it was tried in vain, in words for an operator
     */
    public static boolean isMeasured(JobReport report, int attempt) throws IOException {
        JobStats total = report.total();
        if (total.error == 0 && total.ios() == 0) {
            if (attempt < ATTEMPTS_MAX) {
                return false;
            }
            throw new IOException("no request was done in slices of a load: it is too slow to "
                    + "tune, or the budget too short");
        }
        List<String> failures = report.failures();
        if (!failures.isEmpty()) {
            throw new IOException(failures.get(0));
        }
        return true;
    }

    /** A job as it is for one slice: of that length, and with offsets of the round's own. */
    public static JobSpec part(JobSpec spec, int round, long lengthNs) {
        Timing timing = spec.timing();
        long rampNs = Math.min(RAMP_NS_MAX, lengthNs / RAMP_SHARE);
        return spec.withAccess(spec.access().withSeed(spec.access().randSeed() + round))
                .withTiming(new Timing(lengthNs - rampNs, true, rampNs, 0, timing.think(),
                        timing.rate()));
    }

    @Override
    public void leave(TuneSetting setting) throws IOException {
        BenchRun run = runs.remove(setting);
        if (run != null) {
            run.close();
        }
    }

    @Override
    public void stop() {
        stopped = true;
        BenchRun run = current;
        if (run != null) {
            run.stop();
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (TuneSetting setting : List.copyOf(runs.keySet())) {
            try {
                leave(setting);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
