// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** QEMU's back-end on a raw image, for tests: a process of its own, killed on close. */
public final class QemuStorageDaemon implements AutoCloseable {
    private static final String PROGRAM = "qemu-storage-daemon";
    private static final long START_SECONDS = 30;
    private static final long LOOK_MS = 10;

    private final Process process;
    private final Path image;
    private final Path socket;

    private QemuStorageDaemon(Process process, Path image, Path socket) {
        this.process = process;
        this.image = image;
        this.socket = socket;
    }

    /** Skips the test, and says so, where it is not installed. */
    public static void require() {
        boolean found = false;
        for (String directory : System.getenv("PATH").split(File.pathSeparator)) {
            found |= Files.isExecutable(Path.of(directory, PROGRAM));
        }
        if (!found) {
            System.out.println("SKIPPED: " + PROGRAM
                    + " is not installed (Debian package qemu-system-common)");
        }
        assumeTrue(found, PROGRAM + " is not installed: install qemu-system-common");
    }

    /**
     * Starts it on a new image, whose bytes are the numbers of their sectors.
     *
     * @param options more of the export, such as {@code num-queues=2}
     */
    public static QemuStorageDaemon start(Path directory, long imageBytes, String... options)
            throws IOException, InterruptedException {
        Path image = directory.resolve("qsd.raw");
        Path socket = directory.resolve("qsd.sock");
        Files.deleteIfExists(socket);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            byte[] sector = new byte[512];
            for (long at = 0; at < imageBytes; at += sector.length) {
                Arrays.fill(sector, (byte) (at / sector.length));
                file.write(sector);
            }
        }
        String export = "type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path=" + socket;
        for (String option : options) {
            export += "," + option;
        }
        Process process = new ProcessBuilder(PROGRAM,
                "--blockdev", "driver=file,node-name=d,filename=" + image, "--export", export)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("qsd.log").toFile()).start();
        QemuStorageDaemon daemon = new QemuStorageDaemon(process, image, socket);
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!isListening(socket)) {
            assertTrue(!process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)
                    && System.nanoTime() - endNs < 0, () -> "does not start: " + daemon.log());
        }
        return daemon;
    }

    /** Between bind and listen there is a socket that refuses: unix(7), /proc/net/unix. */
    private static boolean isListening(Path socket) throws IOException {
        return Files.readAllLines(Path.of("/proc/net/unix")).stream()
                .anyMatch(line -> line.endsWith(" " + socket) && line.contains(" 00010000 "));
    }

    private String log() {
        try {
            return Files.readString(image.resolveSibling("qsd.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Where it listens. */
    public String socket() {
        return socket.toString();
    }

    /** What it serves. */
    public Path image() {
        return image;
    }

    /** Bytes that it has read with system calls so far. */
    public long bytesRead() {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/io")).stream()
                    .filter(line -> line.startsWith("rchar:"))
                    .mapToLong(line -> Long.parseLong(line.substring("rchar:".length()).trim()))
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Ends it as kill -9 does. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }
}
