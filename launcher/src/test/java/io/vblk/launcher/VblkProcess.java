// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * One command line run in a JVM of its own, with the heap that bin/vblk gives it and the flags of
 * this JVM that open the JDK.
 */
final class VblkProcess implements AutoCloseable {
    /** Longest wait for what takes a second: the machine may be busy. */
    private static final long WAIT_SECONDS = 60;
    private static final long LOOK_MS = 20;

    private final Process process;
    private final Path out;
    private final Path err;

    private VblkProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts it.
     *
     * @param directory where its output goes
     */
    static VblkProcess start(Path directory, String... arguments) throws IOException {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(a -> a.startsWith("--add-opens") || a.startsWith("--enable-native-access"))
                .forEach(command::add);
        command.addAll(List.of("-ea", heapOfTheScript(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(out.toFile()).redirectError(err.toFile());
        // What a shell around this may have set would be reported on stderr.
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("_JAVA_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        return new VblkProcess(builder.start(), out, err);
    }

    private static String heapOfTheScript() throws IOException {
        String script = Files.readString(SourceTree.root().resolve("launcher/bin/vblk"));
        return Pattern.compile("-Xmx\\w+").matcher(script).results()
                .findFirst().orElseThrow().group();
    }

    /** Waits for its end and returns what came of it. */
    VblkRun end() throws IOException, InterruptedException {
        if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
            fail("still running after " + WAIT_SECONDS + " s: " + out() + err());
        }
        return new VblkRun(process.exitValue(), out(), err());
    }

    /** Waits until something is so, or the process has ended. */
    void await(String what, BooleanSupplier condition) throws IOException, InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
                fail("ended before " + what + ": " + out() + err());
            }
            if (System.nanoTime() - endNs > 0) {
                fail("waited in vain for " + what + ": " + out() + err());
            }
        }
    }

    /** Waits for a word on its stdout. */
    void awaitOutput(String word) throws IOException, InterruptedException {
        await("'" + word + "'", () -> out().contains(word));
    }

    /** Bytes that it has read with system calls, from files and descriptors of any kind. */
    long bytesRead() {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/io")).stream()
                    .filter(line -> line.startsWith("rchar:"))
                    .mapToLong(line -> Long.parseLong(line.substring("rchar:".length()).trim()))
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Sends a signal by its name, such as INT. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("sh", "-c", "kill -s \"$0\" \"$1\"", name,
                Long.toString(process.pid())).inheritIO().start();
        assertEquals(0, kill.waitFor(), "kill -s " + name);
    }

    private String out() {
        return read(out);
    }

    /** What it has said on stderr so far. */
    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    /** Ends it if it has not ended. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
