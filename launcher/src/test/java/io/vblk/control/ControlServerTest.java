// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoThread;
import io.vblk.aio.ManualClock;
import io.vblk.aio.PollingOptions;
import io.vblk.posix.UnixSocket;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients of all manners on a real socket. */
@Timeout(60)
class ControlServerTest {
    private static final long TIMEOUT_NS = 20_000_000_000L;
    private static final String VERSION = "{\"execute\":\"query-version\"}\n";

    @TempDir
    Path directory;

    private String path;
    private FakeServer server;
    private ControlServer control;

    @BeforeEach
    void open() throws Exception {
        path = directory.resolve("control").toString();
        server = new FakeServer();
        control = ControlServer.open(UnixSocket.listen(path), server);
    }

    @AfterEach
    void close() {
        control.close();
        server.close();
    }

    private ControlConnection connect() throws IOException {
        return ControlConnection.open(path, TIMEOUT_NS);
    }

    private SocketChannel raw() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(path));
        return channel;
    }

    private static void send(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** All lines until the server closes. */
    private static List<String> readToEnd(SocketChannel channel) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer bytes = ByteBuffer.allocate(8192);
        while (channel.read(bytes.clear()) >= 0) {
            text.append(StandardCharsets.UTF_8.decode(bytes.flip()));
        }
        return text.toString().lines().toList();
    }

    @Test
    void answersEachLineInOrder() throws Exception {
        try (SocketChannel channel = raw()) {
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 300; i++) {
                all.append("{\"execute\":\"query-version\",\"id\":").append(i).append("}\n\n\r\n");
            }
            send(channel, all.toString());
            channel.shutdownOutput();
            List<String> lines = readToEnd(channel);
            assertEquals(301, lines.size());
            assertTrue(lines.get(0).startsWith("{\"QMP\":"), lines.get(0));
            for (int i = 0; i < 300; i++) {
                assertTrue(lines.get(i + 1).endsWith("\"id\":" + i + "}"), lines.get(i + 1));
            }
        }
        assertAlive();
    }

    private void assertAlive() throws IOException {
        try (ControlConnection connection = connect()) {
            assertTrue(connection.call("query-version", Map.of()).contains("return"));
        }
    }

    @Test
    void putsALineTogetherFromSingleBytes() throws Exception {
        try (SocketChannel channel = raw()) {
            for (char c : VERSION.toCharArray()) {
                send(channel, String.valueOf(c));
            }
            channel.shutdownOutput();
            assertEquals(2, readToEnd(channel).size());
        }
    }

    @Test
    void badLinesDoNotEndTheConnection() throws Exception {
        try (SocketChannel channel = raw()) {
            send(channel, "hello\n\u0000\n{\"execute\":1}\n" + VERSION);
            channel.shutdownOutput();
            List<String> lines = readToEnd(channel);
            assertEquals(5, lines.size());
            assertTrue(lines.get(3).contains("\"error\""));
            assertTrue(lines.get(4).contains("\"return\""));
        }
    }

    @Test
    void theLongestLineIsReadAndALongerOneEndsTheConnection() throws Exception {
        String longest = VERSION.trim()
                + " ".repeat(ControlClient.LINE_BYTES_MAX - VERSION.trim().length());
        try (SocketChannel channel = raw()) {
            send(channel, longest + "\n" + longest);
            send(channel, "x");
            List<String> lines = readToEnd(channel);
            assertEquals(3, lines.size());
            assertTrue(lines.get(1).contains("\"return\""));
            assertTrue(lines.get(2).contains("at most " + ControlClient.LINE_BYTES_MAX));
        }
        assertAlive();
    }

    @Test
    void aLineCutOffByTheEndIsNotDone() throws Exception {
        try (SocketChannel channel = raw()) {
            send(channel, "{\"execute\":\"quit\"}");
            channel.shutdownOutput();
            assertEquals(1, readToEnd(channel).size());
        }
        assertEquals(1, server.quit.getCount());
    }

    /** It is not read from any more, so that what it sends fills its own side only. */
    @Test
    void aClientThatDoesNotReadHoldsUpNobody() throws Exception {
        try (SocketChannel deaf = raw()) {
            fill(deaf);
        }
        assertAlive();
    }

    @Test
    void dropsAClientThatTakesNoRepliesForTooLong() throws Exception {
        control.close();
        path = directory.resolve("patience").toString();
        ManualClock clock = new ManualClock(1);
        control = ControlServer.open(IoThread.start("vblk-control", new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, clock)),
                UnixSocket.listen(path), server);
        try (SocketChannel deaf = raw()) {
            fill(deaf);
            clock.advance(ControlClient.PATIENCE_NS - 1);
            assertAlive();
            deaf.configureBlocking(false);
            assertEquals(0, deaf.write(ByteBuffer.allocate(1)), "still connected, and full");
            clock.advance(1);
            assertAlive();
            assertAlive();
            assertThrows(IOException.class, () -> deaf.write(ByteBuffer.allocate(1)));
        }
    }

    /** Sends requests until nothing more goes in, and so the server is stuck with a reply. */
    private void fill(SocketChannel deaf) throws IOException {
        deaf.configureBlocking(false);
        ByteBuffer bytes = ByteBuffer.wrap(
                "{\"execute\":\"query-stats\"}\n".repeat(100).getBytes(StandardCharsets.UTF_8));
        int idle = 0;
        while (idle < 3) {
            idle = deaf.write(bytes) == 0 ? idle + 1 : 0;
            if (!bytes.hasRemaining()) {
                bytes.rewind();
            }
            assertAlive();
        }
    }

    @Test
    void turnsOneClientTooManyAway() throws Exception {
        List<ControlConnection> clients = new ArrayList<>();
        for (int i = 0; i < ControlServer.CLIENTS_MAX; i++) {
            clients.add(connect());
        }
        try (SocketChannel channel = raw()) {
            List<String> lines = readToEnd(channel);
            assertEquals(1, lines.size());
            assertTrue(lines.get(0).contains("16 clients already"), lines.get(0));
        }
        for (ControlConnection client : clients) {
            assertTrue(client.call("query-version", Map.of()).contains("return"));
            client.close();
        }
        // The server hears of the ends in its own time.
        String refused = "16";
        while (refused.contains("16")) {
            try (SocketChannel channel = raw()) {
                channel.shutdownOutput();
                refused = readToEnd(channel).get(0);
            }
        }
    }

    @Test
    void quitIsAnsweredAndThenDone() throws Exception {
        try (ControlConnection connection = connect()) {
            assertEquals("{\"return\":{}}", connection.call("quit", Map.of()));
        }
        assertTrue(server.quit.await(20, TimeUnit.SECONDS));
    }

    @Test
    void closingEndsAllClients() throws Exception {
        ControlConnection connection = connect();
        control.close();
        String message = assertThrows(IOException.class,
                () -> connection.call("query-version", Map.of())).getMessage();
        assertFalse(message.isEmpty());
        connection.close();
        assertThrows(IOException.class, this::connect);
        control = ControlServer.open(
                UnixSocket.listen(directory.resolve("again").toString()), server);
    }
}
