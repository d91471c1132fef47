// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.aio.AioContext;
import io.vblk.aio.PollingOptions;
import io.vblk.bench.Version;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table of commands, and the replies to lines. Thread: the control server's. */
final class ControlCommands {
    private static final Logger LOG = LoggerFactory.getLogger(ControlCommands.class);
    private static final JsonFactory JSON = new JsonFactory();
    private static final String DISK = "disk";
    private static final String IOTHREAD = "iothread";
    private static final String SIZE = "size";
    private static final String RESET = "reset";
    private static final String ENABLE = "enable";
    private static final String POLL_MAX_NS = "poll-max-ns";
    private static final String POLL_GROW = "poll-grow";
    private static final String POLL_SHRINK = "poll-shrink";
    private static final String POLL_WEIGHT = "poll-weight";

    /** Does a command and writes one JSON value: what it returns. */
    @FunctionalInterface
    private interface Action {
        void run(Arguments arguments, JsonGenerator out) throws IOException, ControlException;
    }

    private record Entry(String summary, Set<String> arguments, Action action) {}

    private final ServerControl server;
    private final Map<String, Entry> table = new LinkedHashMap<>();

    ControlCommands(ServerControl server) {
        this.server = server;
        add("query-version", "what answers", this::queryVersion);
        add("query-commands", "the commands that there are", this::queryCommands);
        add("query-disks", "the disks and who uses them", this::queryDisks);
        add("query-iothreads", "the event loops and how they poll", this::queryLoops);
        add("query-stats", "counters of disks and event loops", this::queryStats, DISK);
        add("query-latency", "latencies by queue and kind of request", this::queryLatency,
                DISK, RESET);
        add("set-latency", "switch measuring latencies on or off", this::setLatency,
                DISK, ENABLE);
        add("set-polling", "change how event loops poll", this::setPolling, IOTHREAD,
                POLL_MAX_NS, POLL_GROW, POLL_SHRINK, POLL_WEIGHT);
        add("grow", "take over the size of the image, or make it larger first", this::grow,
                DISK, SIZE);
        add("hold", "hold back all requests", (a, out) -> hold(a, out, true), DISK);
        add("resume", "hand on what was held back", (a, out) -> hold(a, out, false), DISK);
        add("quit", "end the server in order", (a, out) -> {
            server.quit();
            nothing(out);
        });
        add("qmp_capabilities", "nothing: for clients that say it first",
                (a, out) -> nothing(out));
    }

    private void add(String name, String summary, Action action, String... arguments) {
        table.put(name, new Entry(
                summary, new LinkedHashSet<>(List.of(arguments)), action));
    }

    /** The first line that a client gets. */
    static String greeting() {
        return object(out -> {
            out.writeObjectFieldStart("QMP");
            out.writeObjectFieldStart("version");
            out.writeStringField("vblk", Version.TEXT);
            out.writeEndObject();
            out.writeArrayFieldStart("capabilities");
            out.writeEndArray();
            out.writeEndObject();
        });
    }

    /** The reply to a line. */
    String reply(String line) {
        ControlRequest request;
        try {
            request = ControlRequest.parse(line);
        } catch (ControlRequest.BadRequestException e) {
            return error(ControlException.GENERIC, e.getMessage(), e.id());
        }
        try {
            String value = run(request);
            return object(out -> {
                out.writeFieldName("return");
                out.writeRawValue(value);
                writeId(out, request.id());
            });
        } catch (ControlException e) {
            return error(e.errorClass(), e.getMessage(), request.id());
        } catch (RuntimeException e) {
            // A mistake of ours, or an event loop that has ended: the operator has to hear of it,
            // and the others go on.
            LOG.error("control: {} failed", request.command(), e);
            return error(ControlException.GENERIC, "internal error: " + e, request.id());
        }
    }

    /** The answer to what is no request. */
    static String error(String errorClass, String description, String id) {
        return object(out -> {
            out.writeObjectFieldStart("error");
            out.writeStringField("class", errorClass);
            out.writeStringField("desc", description);
            out.writeEndObject();
            writeId(out, id);
        });
    }

    private static void writeId(JsonGenerator out, String id) throws IOException {
        if (id != null) {
            out.writeFieldName("id");
            out.writeRawValue(id);
        }
    }

    private String run(ControlRequest request) throws ControlException {
        Entry entry = table.get(request.command());
        if (entry == null) {
            throw new ControlException("CommandNotFound", "there is no command '"
                    + request.command() + "', but " + String.join(", ", table.keySet()));
        }
        Arguments arguments =
                new Arguments(request.command(), request.arguments(), entry.arguments());
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            entry.action().run(arguments, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** Writes the inside of an object. */
    @FunctionalInterface
    private interface Members {
        void write(JsonGenerator out) throws IOException;
    }

    private static String object(Members members) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            members.write(out);
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void nothing(JsonGenerator out) throws IOException {
        out.writeStartObject();
        out.writeEndObject();
    }

    // ------------------------------------------------------------------ who is meant

    private Collection<? extends DiskControl> disks(Arguments arguments)
            throws ControlException {
        String name = arguments.text(DISK);
        if (name == null) {
            return server.disks();
        }
        for (DiskControl disk : server.disks()) {
            if (disk.state().name().equals(name)) {
                return List.of(disk);
            }
        }
        throw new ControlException("DeviceNotFound", "there is no disk '" + name + "', but "
                + server.disks().stream().map(disk -> disk.state().name())
                        .collect(Collectors.joining(", ")));
    }

    private List<LoopControl> loops(Arguments arguments) throws ControlException {
        String name = arguments.text(IOTHREAD);
        List<LoopControl> found = server.loops().stream()
                .filter(loop -> name == null || loop.name().equals(name)).toList();
        if (found.isEmpty()) {
            throw new ControlException("DeviceNotFound", "there is no iothread '" + name
                    + "', but " + server.loops().stream().map(LoopControl::name)
                            .collect(Collectors.joining(", ")));
        }
        return found;
    }

    // ------------------------------------------------------------------ commands

    private void queryVersion(Arguments arguments, JsonGenerator out) throws IOException {
        out.writeStartObject();
        out.writeStringField("vblk", Version.TEXT);
        out.writeEndObject();
    }

    private void queryCommands(Arguments arguments, JsonGenerator out) throws IOException {
        out.writeStartArray();
        for (Map.Entry<String, Entry> each : table.entrySet()) {
            out.writeStartObject();
            out.writeStringField("name", each.getKey());
            out.writeArrayFieldStart("arguments");
            for (String argument : each.getValue().arguments()) {
                out.writeString(argument);
            }
            out.writeEndArray();
            out.writeStringField("summary", each.getValue().summary());
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private void queryDisks(Arguments arguments, JsonGenerator out) throws IOException {
        out.writeStartArray();
        for (DiskControl disk : server.disks()) {
            Replies.disk(out, disk.state());
        }
        out.writeEndArray();
    }

    private void queryLoops(Arguments arguments, JsonGenerator out)
            throws IOException, ControlException {
        Replies.loops(out, server.loops());
    }

    private void queryStats(Arguments arguments, JsonGenerator out)
            throws IOException, ControlException {
        Collection<? extends DiskControl> disks = disks(arguments);
        out.writeStartObject();
        // For rates: the time between two replies.
        out.writeNumberField("time-ns", System.nanoTime());
        out.writeArrayFieldStart("disks");
        for (DiskControl disk : disks) {
            Replies.stats(out, disk.state().name(), disk.stats(), disk.filters());
        }
        out.writeEndArray();
        out.writeArrayFieldStart("iothreads");
        for (LoopControl loop : server.loops()) {
            Replies.stats(out, loop.name(), loop.context().stats());
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private void queryLatency(Arguments arguments, JsonGenerator out)
            throws IOException, ControlException {
        boolean reset = arguments.flag(RESET, false);
        out.writeStartArray();
        for (DiskControl disk : disks(arguments)) {
            DiskControl.State state = disk.state();
            Replies.latency(out, state.name(), state.measured(), disk.latency(reset));
        }
        out.writeEndArray();
    }

    private void setLatency(Arguments arguments, JsonGenerator out)
            throws IOException, ControlException {
        if (!arguments.has(ENABLE)) {
            throw new ControlException("set-latency needs '" + ENABLE + "', true or false");
        }
        boolean enable = arguments.flag(ENABLE, true);
        for (DiskControl disk : disks(arguments)) {
            disk.measureLatency(enable);
        }
        nothing(out);
    }

    private void setPolling(Arguments arguments, JsonGenerator out)
            throws IOException, ControlException {
        if (!arguments.has(POLL_MAX_NS) && !arguments.has(POLL_GROW)
                && !arguments.has(POLL_SHRINK) && !arguments.has(POLL_WEIGHT)) {
            throw new ControlException("set-polling needs at least one of " + POLL_MAX_NS + ", "
                    + POLL_GROW + ", " + POLL_SHRINK + ", " + POLL_WEIGHT);
        }
        List<LoopControl> loops = loops(arguments);
        // All or none: each is checked before the first is changed.
        Map<AioContext, PollingOptions> wanted = new LinkedHashMap<>();
        for (LoopControl loop : loops) {
            wanted.put(loop.context(), polling(loop.context().polling(), arguments));
        }
        wanted.forEach(AioContext::setPolling);
        Replies.loops(out, loops);
    }

    private static PollingOptions polling(PollingOptions now, Arguments arguments)
            throws ControlException {
        long weight = arguments.number(POLL_WEIGHT, now.pollWeight());
        if (weight != (int) weight) {
            throw new ControlException(POLL_WEIGHT + " must be 0 to "
                    + PollingOptions.POLL_WEIGHT_MAX + ", not " + weight);
        }
        try {
            return new PollingOptions(
                    arguments.number(POLL_MAX_NS, now.pollMaxNs()),
                    arguments.number(POLL_GROW, now.pollGrow()),
                    arguments.number(POLL_SHRINK, now.pollShrink()), (int) weight,
                    now.policy());
        } catch (IllegalArgumentException e) {
            throw new ControlException(e.getMessage());
        }
    }

    private void grow(Arguments arguments, JsonGenerator out)
            throws IOException, ControlException {
        long sizeBytes = arguments.size(SIZE, 0);
        if (arguments.has(SIZE) && sizeBytes <= 0) {
            throw new ControlException("a disk cannot have " + sizeBytes + " bytes");
        }
        Collection<? extends DiskControl> disks = disks(arguments);
        if (disks.size() != 1) {
            throw new ControlException("grow needs '" + DISK + "': there are " + disks.size());
        }
        long capacityBytes = disks.iterator().next().grow(sizeBytes);
        out.writeStartObject();
        out.writeNumberField(SIZE, capacityBytes);
        out.writeEndObject();
    }

    private void hold(Arguments arguments, JsonGenerator out, boolean wanted)
            throws IOException, ControlException {
        for (DiskControl disk : disks(arguments)) {
            disk.hold(wanted);
        }
        nothing(out);
    }
}
