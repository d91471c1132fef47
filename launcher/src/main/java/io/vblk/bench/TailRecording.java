// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * What the JVM does while a load runs, by its Flight Recorder: pauses, compilations,
 * deoptimisations. Thread: control.
 */
final class TailRecording implements AutoCloseable {
    private static final String GC_PAUSE = "jdk.GCPhasePause";
    private static final String SAFEPOINT_BEGIN = "jdk.SafepointBegin";
    private static final String SAFEPOINT_END = "jdk.SafepointEnd";
    private static final String OPERATION = "jdk.ExecuteVMOperation";
    private static final String COMPILATION = "jdk.Compilation";
    private static final String DEOPTIMIZATION = "jdk.Deoptimization";
    private static final Set<String> WANTED = Set.of(GC_PAUSE, SAFEPOINT_BEGIN, SAFEPOINT_END,
            OPERATION, COMPILATION, DEOPTIMIZATION, Mark.NAME);
    /** The code of a method is thrown away by these, not by "none" and "maybe_recompile". */
    private static final Set<String> DISCARDS =
            Set.of("reinterpret", "make_not_entrant", "make_not_compilable");
    /** An event takes some 50 bytes and there are some tens a second. */
    private static final long BYTES_MAX = 64 << 20;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Ties the recorder's clock to ours. */
    @Name(Mark.NAME)
    @Label("System.nanoTime")
    @Category("vblk")
    @StackTrace(false)
    static final class Mark extends Event {
        static final String NAME = "vblk.TailMark";

        @Label("System.nanoTime") long nanoTime;
    }

    /**
     * What was recorded, in System.nanoTime.
     *
     * @param gc pauses of the collector
     * @param safepoints stops of all threads, from the request until they run again
     * @param operations what they were for since the load began, and how often
     * @param compilations times at which the compiler worked
     * @param deoptimized times between a deoptimisation and the next compilation of the method
     */
    record Found(List<Intervals.Span> gc, List<Intervals.Span> safepoints,
            Map<String, Integer> operations, List<Intervals.Span> compilations,
            List<Intervals.Span> deoptimized) {}

    private final Recording recording = new Recording();
    /** Of the recorder's clock, in nanoseconds: what has to be added to get ours. */
    private final TreeMap<Long, Long> offsets = new TreeMap<>();
    private final Map<Long, RecordedEvent> begins = new HashMap<>();
    private final List<RecordedEvent> ends = new ArrayList<>();
    private final List<RecordedEvent> pauses = new ArrayList<>();
    private final List<RecordedEvent> compilations = new ArrayList<>();
    private final List<RecordedEvent> deoptimizations = new ArrayList<>();
    private final Map<Long, String> operations = new HashMap<>();

    /** Starts recording. */
    TailRecording() {
        for (EventType type : FlightRecorder.getFlightRecorder().getEventTypes()) {
            if (!WANTED.contains(type.getName())) {
                recording.disable(type.getName());
            }
        }
        for (String name : WANTED) {
            recording.enable(name).withoutThreshold().withoutStackTrace();
        }
        recording.setMaxSize(BYTES_MAX);
        recording.start();
        mark();
        mark();
    }

    /** Ties the clocks to each other, for the time until the next call. */
    void mark() {
        Mark mark = new Mark();
        mark.begin();
        mark.nanoTime = System.nanoTime();
        mark.commit();
    }

    /**
     * Ends the recording and reads what it holds.
     *
     * @param prefixes of the names of threads whose deoptimisations matter
     * @param beganNs when the load began
     */
    Found finish(List<String> prefixes, long beganNs) throws IOException {
        mark();
        recording.stop();
        Path file = Files.createTempFile("vblk-tail", ".jfr");
        try {
            recording.dump(file);
            try (RecordingFile events = new RecordingFile(file)) {
                while (events.hasMoreEvents()) {
                    take(events.readEvent());
                }
            }
        } finally {
            Files.deleteIfExists(file);
        }
        return found(prefixes, beganNs);
    }

    private void take(RecordedEvent event) {
        switch (event.getEventType().getName()) {
            case Mark.NAME -> offsets.put(epochNs(event.getStartTime()),
                    event.getLong("nanoTime") - epochNs(event.getStartTime()));
            case GC_PAUSE -> pauses.add(event);
            case SAFEPOINT_BEGIN -> begins.put(event.getLong("safepointId"), event);
            case SAFEPOINT_END -> ends.add(event);
            case COMPILATION -> compilations.add(event);
            case DEOPTIMIZATION -> deoptimizations.add(event);
            default -> operations.put(
                    event.getLong("safepointId"), event.getString("operation"));
        }
    }

    private Found found(List<String> prefixes, long beganNs) {
        List<Intervals.Span> safepoints = new ArrayList<>();
        Map<String, Integer> names = new TreeMap<>();
        for (RecordedEvent end : ends) {
            long id = end.getLong("safepointId");
            RecordedEvent begin = begins.get(id);
            if (begin != null) {
                Intervals.Span stop = span(begin.getStartTime(), end.getEndTime());
                safepoints.add(stop);
                if (stop.toNs() - beganNs > 0) {
                    names.merge(operations.getOrDefault(id, "none"), 1, Integer::sum);
                }
            }
        }
        return new Found(spans(pauses), safepoints, names, spans(compilations),
                deoptimized(prefixes));
    }

    private List<Intervals.Span> spans(List<RecordedEvent> events) {
        List<Intervals.Span> spans = new ArrayList<>();
        for (RecordedEvent event : events) {
            spans.add(span(event.getStartTime(), event.getEndTime()));
        }
        return spans;
    }

    private List<Intervals.Span> deoptimized(List<String> prefixes) {
        List<Intervals.Span> spans = new ArrayList<>();
        for (RecordedEvent event : deoptimizations) {
            if (DISCARDS.contains(event.getString("action")) && isWatched(event, prefixes)) {
                spans.add(span(event.getStartTime(), compiledAgain(event)));
            }
        }
        return spans;
    }

    private static boolean isWatched(RecordedEvent event, List<String> prefixes) {
        RecordedThread thread = event.getThread();
        String name = thread == null ? null : thread.getJavaName();
        return name != null && prefixes.stream().anyMatch(name::startsWith);
    }

    /** When the code was compiled again, by whichever compiler; the moment itself if never. */
    private Instant compiledAgain(RecordedEvent deoptimization) {
        Instant from = deoptimization.getStartTime();
        String method = method(deoptimization);
        for (RecordedEvent event : compilations) {
            // Of the code that was thrown away: the method into which the other was inlined.
            if (event.getInt("compileId") == deoptimization.getInt("compileId")) {
                method = method(event);
            }
        }
        Instant first = null;
        for (RecordedEvent event : compilations) {
            if (event.getStartTime().isAfter(from) && method(event).equals(method)
                    && (first == null || event.getEndTime().isBefore(first))) {
                first = event.getEndTime();
            }
        }
        return first == null ? from : first;
    }

    private static String method(RecordedEvent event) {
        RecordedMethod method = event.getValue("method");
        return method == null ? ""
                : method.getType().getName() + '.' + method.getName() + method.getDescriptor();
    }

    private Intervals.Span span(Instant from, Instant to) {
        return new Intervals.Span(nanoTime(from), nanoTime(to));
    }

    private long nanoTime(Instant instant) {
        long epochNs = epochNs(instant);
        Map.Entry<Long, Long> mark = offsets.floorEntry(epochNs);
        return epochNs + (mark == null ? offsets.firstEntry() : mark).getValue();
    }

    private static long epochNs(Instant instant) {
        return instant.getEpochSecond() * NANOS_PER_SECOND + instant.getNano();
    }

    @Override
    public void close() {
        recording.close();
    }
}
