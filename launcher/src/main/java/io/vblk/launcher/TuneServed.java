// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.BenchRun;
import io.vblk.bench.JobReport;
import io.vblk.bench.TuneBench;
import io.vblk.bench.TuneDevices;
import io.vblk.bench.TuneSetting;
import io.vblk.bench.TuneSlice;
import io.vblk.control.PollingControl;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Settings of a running server, changed through its control socket while a load goes to it over
 * vhost-user; closing puts back what was found. Thread: main, except where it says any.
 */
final class TuneServed implements TuneBench {
    private final PollingControl control;
    private final BenchRun run;
    private volatile boolean stopped;

    /** Takes over both. */
    TuneServed(PollingControl control, BenchRun run) {
        this.control = control;
        this.run = run;
    }

    @Override
    public TuneSlice slice(TuneSetting setting, int round, long lengthNs) throws IOException {
        Map<String, Long> options = new LinkedHashMap<>();
        setting.options().forEach((name, value) -> options.put(name, Long.valueOf(value)));
        for (int attempt = 1; !stopped; attempt++) {
            control.set(options);
            long awakeBeforeNs = control.awakeNs();
            long beganNs = System.nanoTime();
            JobReport report = run.run(
                    spec -> TuneDevices.part(spec, round, lengthNs), progress -> { });
            long tookNs = System.nanoTime() - beganNs;
            control.set(options);
            long awakeNs = control.awakeNs() - awakeBeforeNs;
            if (!stopped && TuneDevices.isMeasured(report, attempt)) {
                return TuneSlice.of(report, Math.max(0, awakeNs), tookNs);
            }
        }
        return null;
    }

    @Override
    public void leave(TuneSetting setting) {
        // The server goes on with the next one.
    }

    @Override
    public void stop() {
        stopped = true;
        run.stop();
    }

    @Override
    public void close() throws IOException {
        try (run; control) {
            control.set(Map.of());
        }
    }
}
