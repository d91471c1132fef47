// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioStats;
import io.vblk.aio.HandlerStats;
import io.vblk.aio.IoLimits;
import io.vblk.aio.PollingOptions;
import java.util.List;
import java.util.Locale;

/** The event loops' statistics in words, for --stats. */
final class LoopText {
    private static final double NANOS_PER_MS = 1e6;

    private final DeviceSetup setup;
    private final List<LoopReport> loops;
    private final StringBuilder out = new StringBuilder();

    LoopText(DeviceSetup setup, List<LoopReport> loops) {
        this.setup = setup;
        this.loops = loops;
    }

    String write() {
        for (LoopReport loop : loops) {
            write(loop);
        }
        return out.toString();
    }

    private void write(LoopReport loop) {
        AioStats stats = loop.stats();
        PollingOptions polling = setup.loop().options().polling();
        IoLimits limits = setup.loop().options().ioLimits();
        line("");
        String number = loops.size() == 1 ? "" : " " + loop.iothread();
        line("Event loop%s in detail (fd-monitor=%s):", number, loop.monitor());
        line("  parameters   : poll-policy=%s, poll-max-ns=%d, poll-grow=%d, poll-shrink=%d, "
                        + "poll-weight=%d, aio-max-batch=%d, thread-pool=%d..%d",
                polling.policy(), polling.pollMaxNs(), polling.pollGrow(), polling.pollShrink(),
                polling.pollWeight(), limits.aioMaxBatch(), limits.threadPoolMin(),
                limits.threadPoolMax());
        line("  iterations   : %d, callbacks: %d handlers, %d bottom halves, %d idle ones, "
                        + "%d timers", stats.iterations(), stats.dispatches(),
                stats.bottomHalves(), stats.idleBottomHalves(), stats.timers());
        line("  polls        : %d phases, %d skips, %d hits, %.1f ms in vain",
                stats.pollPhases(), stats.pollSkips(), stats.pollHits(),
                stats.pollNs() / NANOS_PER_MS);
        line("  blocked      : %d waits, %.1f ms", stats.waits(), stats.waitNs() / NANOS_PER_MS);
        line("  wake-ups     : %d sent, %d elided", stats.wakeupsSent(), stats.wakeupsElided());
        line("  poll_ns      : %d now, %d at most", stats.pollTimeNs(), stats.pollTimePeakNs());
        for (HandlerStats handler : loop.handlers()) {
            line("  %-13s: fd %d, poll hits=%d, ready=%d, poll_ns %d now, %d at most",
                    handler.name(), handler.fd(), handler.pollHits(), handler.fdReadies(),
                    handler.pollTimeNs(), handler.pollTimePeakNs());
        }
    }

    private void line(String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
