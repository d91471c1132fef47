// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Map;

/** An operator's side of a server's control socket. Thread: one. */
public final class ControlConnection implements AutoCloseable {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int REPLY_BYTES_MAX = 16 << 20;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int BUFFER_BYTES = 65_536;

    private final String path;
    private final SocketChannel channel;
    private final Selector selector;
    private final long timeoutNs;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();

    private ControlConnection(
            String path, SocketChannel channel, Selector selector, long timeoutNs) {
        this.path = path;
        this.channel = channel;
        this.selector = selector;
        this.timeoutNs = timeoutNs;
    }

    /**
     * Connects, and waits for the greeting.
     *
     * @param timeoutNs longest wait for each line
     * @throws IOException one line that says what is wrong
     */
    public static ControlConnection open(String path, long timeoutNs) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = null;
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.configureBlocking(false);
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            ControlConnection connection =
                    new ControlConnection(path, channel, selector, timeoutNs);
            connection.expectGreeting();
            return connection;
        } catch (IOException | RuntimeException e) {
            if (selector != null) {
                selector.close();
            }
            channel.close();
            if (e instanceof IOException && e.getMessage() != null
                    && e.getMessage().startsWith(path)) {
                throw e;
            }
            throw new IOException(e instanceof InvalidPathException
                    ? path + " is no path"
                    : path + ": no server answers: " + e.getMessage(), e);
        }
    }

    private void expectGreeting() throws IOException {
        if (!(parse(readLine()) instanceof Map<?, ?> greeting) || !greeting.containsKey("QMP")) {
            throw new IOException(path + ": what answers is no control socket of a server");
        }
    }

    /**
     * Sends a request and waits for its reply.
     *
     * @param arguments String, Long or Boolean by name
     * @return the whole reply, a JSON text
     */
    public String call(String command, Map<String, Object> arguments) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("execute", command);
            if (!arguments.isEmpty()) {
                out.writeObjectFieldStart("arguments");
                for (Map.Entry<String, Object> argument : arguments.entrySet()) {
                    out.writeObjectField(argument.getKey(), argument.getValue());
                }
                out.writeEndObject();
            }
            out.writeEndObject();
        }
        send(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)));
        return readLine();
    }

    private Object parse(String line) throws IOException {
        try {
            return Json.parse(line);
        } catch (IOException e) {
            throw new IOException(path + ": what answers is no control socket of a server", e);
        }
    }

    private void send(ByteBuffer bytes) throws IOException {
        long untilNs = System.nanoTime() + timeoutNs;
        while (true) {
            try {
                channel.write(bytes);
            } catch (IOException e) {
                throw new IOException(path + ": the server has ended the connection", e);
            }
            if (!bytes.hasRemaining()) {
                return;
            }
            await(SelectionKey.OP_WRITE, untilNs);
        }
    }

    private String readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        long untilNs = System.nanoTime() + timeoutNs;
        while (true) {
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                line.write(next);
            }
            if (line.size() > REPLY_BYTES_MAX) {
                throw new IOException(path + ": a reply has no end");
            }
            buffer.clear();
            int count = channel.read(buffer);
            buffer.flip();
            if (count < 0) {
                throw new IOException(path + ": the server has ended the connection");
            }
            if (count == 0) {
                await(SelectionKey.OP_READ, untilNs);
            }
        }
    }

    private void await(int operation, long untilNs) throws IOException {
        channel.keyFor(selector).interestOps(operation);
        long leftMs = (untilNs - System.nanoTime()) / NANOS_PER_MS;
        if (leftMs <= 0) {
            throw new IOException(path
                    + ": does not answer: is this the socket that --control named?");
        }
        selector.select(leftMs);
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
