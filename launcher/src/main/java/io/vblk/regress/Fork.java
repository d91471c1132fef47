// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** A worker in a JVM of its own, seen from the harness. Thread: control. */
final class Fork implements AutoCloseable {
    /** The flags of launcher/bin/vblk, so that a fork is what a user runs. */
    private static final List<String> FLAGS = List.of("-XX:+UseSerialGC", "-Xms64m", "-Xmx64m",
            "-XX:+UseCountedLoopSafepoints", "-XX:LoopStripMiningIter=1000", "-XX:-UsePerfData",
            "-Xshare:auto", "-XX:+AlwaysPreTouch");
    private static final String MORE_FLAGS = "VBLK_JAVA_OPTS";
    /** Longest wait for an answer beyond what the question takes. */
    private static final long ANSWER_SECONDS = 60;
    private static final long END_SECONDS = 5;
    private static final int SHOWN_MAX = 300;
    /** Of what it says on stderr, the end. */
    private static final int ERROR_BYTES_MAX = 8192;
    /** Far longer than a histogram. */
    private static final int ANSWER_LETTERS_MAX = 1 << 20;
    private static final int ANSWERS_MAX = 4;
    private static final String END = "\n";

    /** A load that this build does not know or does not take. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    private final Build build;
    private final StopSwitch stop;
    private final Process process;
    private final Path errors;
    private final BufferedWriter questions;
    /** Who says more than it was asked waits, instead of filling the heap. */
    private final BlockingQueue<String> answers = new ArrayBlockingQueue<>(ANSWERS_MAX);
    private final long startedNs;

    private Fork(Build build, StopSwitch stop, Process process, Path errors, long startedNs) {
        this.build = build;
        this.stop = stop;
        this.process = process;
        this.errors = errors;
        this.startedNs = startedNs;
        this.questions = new BufferedWriter(new OutputStreamWriter(
                process.getOutputStream(), StandardCharsets.UTF_8));
        Thread reader = new Thread(this::read, "regress-reader");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a worker; {@link #greet} waits for it.
     *
     * @param directory for what it says on stderr
     */
    static Fork start(Build build, StopSwitch stop, Path directory, String label)
            throws IOException {
        stop.check();
        Path errors = directory.resolve(label + ".err");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        String more = System.getenv(MORE_FLAGS);
        if (more != null && !more.isBlank()) {
            command.addAll(List.of(more.trim().split("\\s+")));
        }
        command.addAll(build.program());
        command.add(Protocol.WORKER_COMMAND);
        long nowNs = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        stop.add(process);
        return new Fork(build, stop, process, errors, nowNs);
    }

    private void read() {
        try {
            readAll();
            answers.put(END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readAll() throws InterruptedException {
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = readLine(in); line != null; line = readLine(in)) {
                answers.put(line);
            }
        } catch (IOException e) {
            // The end of the process in other words.
        }
    }

    /** A line, or its beginning if it is too long to be an answer; null at the end. */
    private static String readLine(BufferedReader in) throws IOException {
        StringBuilder line = new StringBuilder();
        int c = in.read();
        if (c < 0) {
            return null;
        }
        while (c >= 0 && c != '\n' && line.length() < ANSWER_LETTERS_MAX) {
            line.append((char) c);
            c = in.read();
        }
        return line.toString();
    }

    /** When it was started, as System.nanoTime. */
    long startedNs() {
        return startedNs;
    }

    /**
     * Waits for its first line.
     *
     * @throws IOException if it does not speak this protocol, in words for an operator
     */
    void greet() throws IOException {
        String line = take(ANSWER_SECONDS, TimeUnit.SECONDS);
        int version = Protocol.announced(line);
        if (version == 0) {
            boolean ended = line.equals(END);
            stop.checkSoon();
            throw new IOException(build + " has no regress-worker: " + (ended && saysUnknown()
                    ? "it is older than vblk regress; choose a newer revision"
                    : "it said " + shown(ended ? lastError() : line)));
        }
        if (version != Protocol.VERSION) {
            throw new IOException(build + " speaks version " + version
                    + " of the protocol, and this program version " + Protocol.VERSION
                    + ": choose another revision");
        }
    }

    private boolean saysUnknown() {
        return lastError().contains("unknown command");
    }

    /**
     * Opens a load.
     *
     * @throws RefusedException if this build does not know it
     */
    void open(String image, String guestCpus, Map<String, String> options) throws IOException {
        ask(new JsonLine().with(Protocol.DO, Protocol.OPEN).with(Protocol.IMAGE, image)
                .with(Protocol.GUEST_CPUS, guestCpus).withAll(Protocol.OPTIONS, options), 0);
    }

    /** Runs a slice. */
    Slice slice(long lengthNs, long dropNs) throws IOException {
        return measured(ask(new JsonLine().with(Protocol.DO, Protocol.SLICE)
                .with("lengthNs", lengthNs).with("dropNs", dropNs), lengthNs));
    }

    /** Runs a number of requests. */
    Slice requests(int count) throws IOException {
        return measured(ask(new JsonLine().with(Protocol.DO, Protocol.REQUESTS)
                .with("count", count), 0));
    }

    private Slice measured(JsonLine answer) throws IOException {
        try {
            Slice slice = Slice.readFrom(answer);
            Percentiles.check(slice);
            return slice;
        } catch (IOException | NumberFormatException e) {
            throw new IOException(build + ": the answer is " + e.getMessage(), e);
        }
    }

    private JsonLine ask(JsonLine question, long lengthNs) throws IOException {
        stop.check();
        String unasked = answers.poll();
        if (unasked != null && unasked.equals(END)) {
            throw ended();
        }
        if (unasked != null) {
            throw new IOException(build + ": it said what it was not asked: " + shown(unasked));
        }
        try {
            questions.write(question + "\n");
            questions.flush();
        } catch (IOException e) {
            throw ended();
        }
        String line = take(TimeUnit.SECONDS.toNanos(ANSWER_SECONDS) + 2 * lengthNs,
                TimeUnit.NANOSECONDS);
        if (line.equals(END)) {
            throw ended();
        }
        JsonLine answer;
        try {
            answer = JsonLine.parse(line);
        } catch (IOException e) {
            throw new IOException(build + ": the answer is " + e.getMessage() + ": " + shown(line),
                    e);
        }
        if (!answer.isTrue(Protocol.OK)) {
            throw new RefusedException(build + ": " + answer.text(Protocol.ERROR, "refused"));
        }
        return answer;
    }

    private String take(long time, TimeUnit unit) throws IOException {
        try {
            String line = answers.poll(time, unit);
            if (line == null) {
                throw new IOException(build + ": no answer within "
                        + unit.toSeconds(time) + " s");
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private IOException ended() throws IOException {
        stop.checkSoon();
        return new IOException(build + ": the worker ended: " + shown(lastError()));
    }

    private static String shown(String text) {
        String line = text.strip().lines().reduce((first, last) -> last).orElse("nothing");
        return line.length() <= SHOWN_MAX ? line : line.substring(0, SHOWN_MAX) + "...";
    }

    private String lastError() {
        try {
            process.waitFor(END_SECONDS, TimeUnit.SECONDS);
            return tail(errors);
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static String tail(Path file) throws IOException {
        try (FileChannel in = FileChannel.open(file)) {
            ByteBuffer last = ByteBuffer.allocate((int) Math.min(in.size(), ERROR_BYTES_MAX));
            in.position(in.size() - last.capacity());
            while (last.hasRemaining() && in.read(last) >= 0) {
                continue;
            }
            return new String(last.array(), 0, last.position(), StandardCharsets.UTF_8);
        }
    }

    /** Lets it end by itself; {@link #close} waits for that. */
    void dismiss() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended already.
        }
    }

    /** Also when interrupted: no fork outlives its harness. */
    @Override
    public void close() {
        dismiss();
        boolean interrupted = false;
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            interrupted = true;
            process.destroyForcibly();
        }
        stop.remove(process);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
