// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the event loops of a running server poll: changed for a while, and put back. Thread: one.
 */
public final class PollingControl implements AutoCloseable {
    /** What can be changed while a server runs. */
    public static final List<String> OPTIONS =
            List.of("poll-max-ns", "poll-grow", "poll-shrink", "poll-weight");

    private static final String POLICY = "poll-policy";
    private static final String NAME = "name";

    private final ControlConnection connection;
    private final List<Map<String, Object>> found;

    private PollingControl(ControlConnection connection) throws IOException {
        this.connection = connection;
        this.found = ControlText.list(call("query-iothreads", Map.of()));
    }

    /**
     * Connects, and notes how the event loops poll.
     *
     * @param timeoutNs longest wait for each answer
     * @throws IOException one line that says what is wrong
     */
    public static PollingControl open(String path, long timeoutNs) throws IOException {
        ControlConnection connection = ControlConnection.open(path, timeoutNs);
        try {
            return new PollingControl(connection);
        } catch (IOException | RuntimeException e) {
            connection.close();
            if (e instanceof ClassCastException) {
                throw new IOException(path + ": the server is of another version", e);
            }
            throw e;
        }
    }

    private Object call(String command, Map<String, Object> arguments) throws IOException {
        try {
            return ControlText.valueOf(connection.call(command, arguments));
        } catch (ControlException e) {
            throw new IOException(command + ": " + e.getMessage(), e);
        }
    }

    /** How all event loops polled when this was opened; without what they do not agree on. */
    public Map<String, String> found() {
        Map<String, String> common = new LinkedHashMap<>();
        for (String option : OPTIONS) {
            add(common, option);
        }
        add(common, POLICY);
        return common;
    }

    private void add(Map<String, String> common, String option) {
        List<String> values = found.stream()
                .map(loop -> String.valueOf(loop.get(option))).distinct().toList();
        if (values.size() == 1) {
            common.put(option, values.get(0));
        }
    }

    /**
     * Lets all event loops poll as they were found, but for some options.
     *
     * @throws IOException if the server refuses or is gone, in words for an operator
     */
    public void set(Map<String, Long> options) throws IOException {
        for (Map<String, Object> loop : found) {
            Map<String, Object> arguments = new LinkedHashMap<>();
            arguments.put("iothread", loop.get(NAME));
            for (String option : OPTIONS) {
                arguments.put(option, options.containsKey(option)
                        ? options.get(option) : loop.get(option));
            }
            call("set-polling", arguments);
        }
    }

    /**
     * How long the event loops have been awake so far, in nanoseconds: busy, or polling. A sleep
     * counts when it has ended; {@link #set} ends it.
     */
    public long awakeNs() throws IOException {
        try {
            Map<String, Object> stats = ControlText.object(call("query-stats", Map.of()));
            List<Map<String, Object>> loops = ControlText.list(stats.get("iothreads"));
            long awake = loops.size() * ((Number) stats.get("time-ns")).longValue();
            for (Map<String, Object> loop : loops) {
                awake -= ((Number) loop.get("wait-ns")).longValue();
            }
            return awake;
        } catch (ClassCastException | NullPointerException e) {
            throw new IOException("the server is of another version", e);
        }
    }

    /** Ends the connection; nothing is put back. */
    @Override
    public void close() throws IOException {
        connection.close();
    }
}
