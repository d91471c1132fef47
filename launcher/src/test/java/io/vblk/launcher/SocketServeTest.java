// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.UnixSocket;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** serve and storage-daemon on sockets: what a front-end and an operator see of the process. */
final class SocketServeTest {
    private static final int GET_FEATURES = 1;
    private static final int VERSION_1 = 1;
    private static final int REPLY = 5;

    @TempDir
    private Path directory;

    /** Asks for the features, as every front-end does first. */
    private static long features(SocketChannel frontEnd) throws IOException {
        ByteBuffer message = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
        message.putInt(GET_FEATURES).putInt(VERSION_1).putInt(0).flip();
        frontEnd.write(message);
        message.clear();
        while (message.hasRemaining() && frontEnd.read(message) >= 0) {
            continue;
        }
        assertEquals(0, message.remaining(), "a whole reply");
        assertEquals(GET_FEATURES, message.getInt(0));
        assertEquals(REPLY, message.getInt(4));
        return message.getLong(12);
    }

    private static SocketChannel connect(Path socket) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    @Test
    void answersUntilToldToEnd() throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String before = TestImages.sha256(image);
        Path socket = directory.resolve("d.sock");
        try (VblkProcess serve = VblkProcess.start(directory, "serve", image.toString(),
                "--socket-path=" + socket)) {
            serve.awaitOutput("serving " + image + " on " + socket + " (pid ");
            try (SocketChannel first = connect(socket); SocketChannel second = connect(socket)) {
                assertEquals(features(first), features(second), "both negotiate");
                serve.signal("TERM");
                VblkRun run = serve.end();

                assertEquals(0, run.code(), run.err());
                assertTrue(run.err().contains("disk.raw"), run.err());
                assertFalse(run.err().contains("main") || run.err().contains("ERROR"), run.err());
            }
        }
        assertFalse(Files.exists(socket));
        assertEquals(before, TestImages.sha256(image));
    }

    @Test
    void aKilledServerIsReplacedAndALiveOneIsNot() throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String option = "--socket-path=" + directory.resolve("d.sock");
        try (VblkProcess serve = VblkProcess.start(directory, "serve", image.toString(), option)) {
            serve.awaitOutput("serving ");
            VblkRun.of("serve", image.toString(), option)
                    .failed(1, "another process serves on this socket");
            serve.signal("KILL");
            serve.end();
        }
        try (VblkProcess serve = VblkProcess.start(directory, "serve", image.toString(), option)) {
            serve.awaitOutput("serving ");
            serve.signal("TERM");
            assertEquals(0, serve.end().code());
        }
    }

    @Test
    void endsWithTheConnectionThatItWasGiven() throws Exception {
        UnixSocket[] pair = UnixSocket.pair();
        pair[1].close();

        VblkRun run = VblkRun.of("serve", "memory:1M", "--fd=" + pair[0].fd());

        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().startsWith("serving memory:1M on descriptor "), run.out());
    }

    @Test
    void bundledImagesAreServedAsCopies() throws Exception {
        TestImages.Bundled image = TestImages.bundled().get(0);
        UnixSocket[] pair = UnixSocket.pair();
        pair[1].close();

        VblkRun run = VblkRun.of("serve", "--blk-file=" + image.path(), "--fd=" + pair[0].fd());

        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("(throw-away copy)"), run.out());
        image.assertUnchanged();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--rw=read          | --rw is for simulated guests",
        "--guests=2         | --guests is for simulated guests",
        "--packed           | --packed is for simulated guests",
        "--fd=3             | exclude each other",
        "--blk-file=x       | IMAGE or --blk-file, not both",
        "--locking=maybe    | locking=maybe is none of on, off, auto",
        "--iothreads=2      | iothreads=2 is more than the queues",
        "--queue-size=2048  | queue-size must be"})
    void whatMakesNoSenseOnASocketIsRefused(String option, String words) {
        VblkRun.of("serve", "null:1M", "--socket-path=" + directory.resolve("s"), option)
                .failed(2, words);
    }

    @ParameterizedTest
    @CsvSource({"--blk-file=null:1M,--blk-file is for guests on a socket",
        "--locking=on,--locking is for guests on a socket"})
    void whatNeedsASocketSaysSo(String option, String words) {
        String[] command = option.startsWith("--blk-file")
                ? new String[] {"serve", option} : new String[] {"serve", "null:1M", option};
        VblkRun.of(command).failed(2, words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "disk.raw"})
    void capabilitiesAreThoseOfTheConvention(String image) throws Exception {
        VblkRun run = image.isEmpty() ? VblkRun.of("serve", "--print-capabilities")
                : VblkRun.of("serve", image, "--print-capabilities");

        JsonTree json = JsonTree.parse(run.succeeded().out());
        assertEquals("block", json.text("type"));
        assertEquals("read-only", json.text("features[0]"));
        assertEquals("blk-file", json.text("features[1]"));
    }

    @Test
    void theStorageDaemonServesSeveralDisksAndLeavesNothingBehind() throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        byte[] data = Files.readAllBytes(image);
        Path pid = directory.resolve("pid");
        try (VblkProcess daemon = VblkProcess.start(directory, "storage-daemon",
                "--export", "vhost-user-blk,id=a,node-name=f,addr.type=unix,addr.path="
                        + directory.resolve("a") + ",writable=on,iothread=t",
                "--object", "iothread,id=t",
                "--blockdev", "file,node-name=f,filename=" + image,
                "--blockdev", "{\"driver\": \"null-co\", \"node-name\": \"n\"}",
                "--export=vhost-user-blk,id=b,node-name=n,addr.type=unix,addr.path="
                        + directory.resolve("b"), "--pidfile", pid.toString())) {
            daemon.await("its pid", () -> Files.exists(pid));
            try (SocketChannel a = connect(directory.resolve("a"));
                    SocketChannel b = connect(directory.resolve("b"))) {
                long readOnly = 1 << 5; // VIRTIO_BLK_F_RO
                assertEquals(0, features(a) & readOnly);
                assertEquals(readOnly, features(b) & readOnly);
            }
            daemon.signal("TERM");
            VblkRun run = daemon.end();

            assertEquals(0, run.code(), run.err());
            assertEquals("", run.out());
            assertTrue(run.err().contains("a: serving " + image), run.err());
        }
        assertFalse(Files.exists(pid));
        assertFalse(Files.exists(directory.resolve("a")) || Files.exists(directory.resolve("b")));
        assertArrayEquals(data, Files.readAllBytes(image));
    }

    @Test
    void eitherAllDisksAreServedOrNone() {
        Path socket = directory.resolve("a");
        VblkRun run = VblkRun.of("storage-daemon", "--blockdev", "null-co,node-name=n",
                "--blockdev", "file,node-name=f,filename=" + directory.resolve("missing"),
                "--export", "vhost-user-blk,id=a,node-name=n,addr.type=unix,addr.path=" + socket,
                "--export", "vhost-user-blk,id=b,node-name=f,addr.type=unix,addr.path=x");

        run.failed(1, "missing: no such file");
        assertFalse(Files.exists(socket));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--daemonize   |                    | --daemonize: ",
        "--monitor     | chardev=c          | --monitor: there is no QMP",
        "--chardev     | socket,id=c,path=x | --chardev: ",
        "--nbd-server  | addr.type=unix     | --nbd-server: ",
        "--trace       | x                  | --trace: ",
        "-T            | x                  | --trace: ",
        "word          |                    | unexpected word 'word'"})
    void theStorageDaemonRefusesByName(String option, String value, String words) {
        VblkRun run = value == null ? VblkRun.of("storage-daemon", option)
                : VblkRun.of("storage-daemon", option, value);
        run.failed(2, words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-V"})
    void theStorageDaemonHasAVersion(String option) {
        assertTrue(VblkRun.of("storage-daemon", option).succeeded().out().startsWith("vblk "));
    }
}
