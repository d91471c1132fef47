// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.aio.AioStats;
import io.vblk.aio.PollingOptions;
import io.vblk.bench.FilterJson;
import io.vblk.block.filter.FilterReport;
import io.vblk.virtioblk.LatencySnapshot;
import io.vblk.virtioblk.QueueLatency;
import io.vblk.virtioblk.VirtioBlkStats;
import java.io.IOException;
import java.util.List;

/** What replies are made of. */
final class Replies {
    private Replies() {}

    static void disk(JsonGenerator out, DiskControl.State state) throws IOException {
        out.writeStartObject();
        out.writeStringField("name", state.name());
        out.writeStringField("image", state.image());
        out.writeNumberField("size", state.sizeBytes());
        out.writeBooleanField("read-only", state.readOnly());
        out.writeStringField("socket", state.socket());
        out.writeNumberField("connections", state.connections());
        out.writeNumberField("rings-running", state.ringsRunning());
        out.writeBooleanField("held", state.held());
        out.writeBooleanField("latency-measured", state.measured());
        out.writeEndObject();
    }

    static void loops(JsonGenerator out, List<LoopControl> loops) throws IOException {
        out.writeStartArray();
        for (LoopControl loop : loops) {
            PollingOptions polling = loop.context().polling();
            out.writeStartObject();
            out.writeStringField("name", loop.name());
            out.writeStringField("fd-monitor", loop.context().fdMonitor().toString());
            out.writeStringField("poll-policy", polling.policy().toString());
            out.writeNumberField("poll-max-ns", polling.pollMaxNs());
            out.writeNumberField("poll-grow", polling.pollGrow());
            out.writeNumberField("poll-shrink", polling.pollShrink());
            out.writeNumberField("poll-weight", polling.pollWeight());
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    static void stats(JsonGenerator out, String name, VirtioBlkStats stats,
            List<FilterReport> filters) throws IOException {
        out.writeStartObject();
        out.writeStringField("name", name);
        out.writeNumberField("requests", stats.requests());
        out.writeNumberField("bytes-read", stats.bytesRead());
        out.writeNumberField("bytes-written", stats.bytesWritten());
        out.writeNumberField("flushes", stats.flushes());
        out.writeNumberField("errors", stats.errors());
        out.writeNumberField("unsupported", stats.unsupported());
        out.writeNumberField("malformed", stats.malformed());
        out.writeNumberField("batches", stats.batches());
        out.writeNumberField("kicks", stats.kicks());
        out.writeNumberField("calls", stats.calls());
        out.writeNumberField("busy", stats.busy());
        out.writeNumberField("last-errno", stats.lastErrno());
        FilterJson.write(out, filters, '-');
        out.writeEndObject();
    }

    static void stats(JsonGenerator out, String name, AioStats stats) throws IOException {
        out.writeStartObject();
        out.writeStringField("name", name);
        out.writeNumberField("iterations", stats.iterations());
        out.writeNumberField("poll-phases", stats.pollPhases());
        out.writeNumberField("poll-skips", stats.pollSkips());
        out.writeNumberField("poll-hits", stats.pollHits());
        out.writeNumberField("poll-vain-ns", stats.pollNs());
        out.writeNumberField("waits", stats.waits());
        out.writeNumberField("wait-ns", stats.waitNs());
        out.writeNumberField("wakeups-sent", stats.wakeupsSent());
        out.writeNumberField("wakeups-elided", stats.wakeupsElided());
        out.writeNumberField("bottom-halves", stats.bottomHalves());
        out.writeNumberField("idle-bottom-halves", stats.idleBottomHalves());
        out.writeNumberField("dispatches", stats.dispatches());
        out.writeNumberField("timers", stats.timers());
        out.writeNumberField("poll-ns", stats.pollTimeNs());
        out.writeNumberField("poll-peak-ns", stats.pollTimePeakNs());
        out.writeEndObject();
    }

    static void latency(JsonGenerator out, String name, boolean measured,
            List<QueueLatency> queues) throws IOException {
        out.writeStartObject();
        out.writeStringField("name", name);
        out.writeBooleanField("measured", measured);
        out.writeArrayFieldStart("queues");
        for (QueueLatency queue : queues) {
            out.writeStartObject();
            out.writeNumberField("queue", queue.queue());
            latency(out, "read", queue.read());
            latency(out, "write", queue.write());
            latency(out, "flush", queue.flush());
            latency(out, "other", queue.other());
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void latency(JsonGenerator out, String kind, LatencySnapshot times)
            throws IOException {
        out.writeObjectFieldStart(kind);
        out.writeNumberField("count", times.count());
        out.writeNumberField("mean-ns", Math.round(times.meanNs()));
        out.writeNumberField("p50-ns", times.percentileNs(50));
        out.writeNumberField("p90-ns", times.percentileNs(90));
        out.writeNumberField("p99-ns", times.percentileNs(99));
        out.writeNumberField("p99.9-ns", times.percentileNs(99.9));
        out.writeNumberField("max-ns", times.maxNs());
        out.writeEndObject();
    }
}
