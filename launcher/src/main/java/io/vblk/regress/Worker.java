// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.SliceResult;
import io.vblk.bench.SliceRunner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Answers a harness: opens loads and runs slices of them, as {@link Protocol} has it. Between two
 * questions it sleeps in read(2). Thread: main.
 */
public final class Worker implements AutoCloseable {
    /** The command of the program that answers; hidden. */
    public static final String COMMAND = Protocol.WORKER_COMMAND;

    /** Makes a runner of what a scenario says. */
    public interface Opener {
        /**
         * Opens a load.
         *
         * @param image the disk, as bench takes it
         * @param options names and values of bench's options
         * @param guestCpus processors of the guests, empty for any
         * @throws IOException if it cannot be had, in words for an operator
         * @throws IllegalArgumentException if the options make no sense
         */
        SliceRunner open(String image, Map<String, String> options, List<Integer> guestCpus)
                throws IOException;
    }

    private final BufferedReader in;
    private final PrintStream out;
    private final Opener opener;
    private SliceRunner runner;

    /** A worker that reads questions here and answers there. */
    public Worker(BufferedReader in, PrintStream out, Opener opener) {
        this.in = in;
        this.out = out;
        this.opener = opener;
    }

    /**
     * Answers until the questions end.
     *
     * @throws IOException if they cannot be read, or the load broke down
     */
    public void run() throws IOException {
        say(Protocol.ANNOUNCEMENT);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonLine answer;
            try {
                answer = answer(JsonLine.parse(line)).with(Protocol.OK, true);
            } catch (IOException | IllegalArgumentException e) {
                answer = new JsonLine().with(Protocol.OK, false)
                        .with(Protocol.ERROR, String.valueOf(e.getMessage()));
            }
            say(answer.toString());
        }
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }

    private JsonLine answer(JsonLine question) throws IOException {
        String verb = question.text(Protocol.DO, "");
        switch (verb) {
            case Protocol.OPEN:
                open(question);
                return new JsonLine();
            case Protocol.CLOSE:
                close();
                return new JsonLine();
            case Protocol.SLICE:
                return measured(opened().run(
                        question.whole("lengthNs"), question.whole("dropNs")));
            case Protocol.REQUESTS:
                return measured(opened().runRequests((int) question.whole("count")));
            default:
                throw new IOException("'" + verb + "' is nothing that this worker does");
        }
    }

    private static JsonLine measured(SliceResult result) throws IOException {
        if (result.failure() != null) {
            throw new IOException(result.failure());
        }
        return Slice.of(result).writeTo(new JsonLine());
    }

    private SliceRunner opened() throws IOException {
        if (runner == null) {
            throw new IOException("nothing is open");
        }
        return runner;
    }

    private void open(JsonLine question) throws IOException {
        close();
        List<Integer> cpus = new ArrayList<>();
        for (String cpu : question.text(Protocol.GUEST_CPUS, "").split(",")) {
            if (!cpu.isEmpty()) {
                cpus.add(Integer.parseInt(cpu));
            }
        }
        runner = opener.open(question.text(Protocol.IMAGE, ""),
                question.below(Protocol.OPTIONS), cpus);
    }

    @Override
    public void close() throws IOException {
        if (runner != null) {
            SliceRunner old = runner;
            runner = null;
            old.close();
        }
    }
}
