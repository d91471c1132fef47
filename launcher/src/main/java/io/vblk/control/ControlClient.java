// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.AioTimer;
import io.vblk.aio.FdCallbacks;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: takes its lines and sends the replies. Holds one line and one reply at most: the
 * next line is read when the reply to the one before it is with the kernel. Thread: home.
 */
final class ControlClient implements FdCallbacks {
    /** Longest line, its end not counted. */
    static final int LINE_BYTES_MAX = 16_384;
    /** A client that has not taken a reply for so long is dropped. */
    static final long PATIENCE_NS = 10_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(ControlClient.class);
    private static final int LINES_PER_CALL_MAX = 16;
    private static final int OUT_BYTES = 65_536;

    private final AioContext context;
    private final UnixSocket socket;
    private final ControlCommands commands;
    private final Consumer<ControlClient> onClose;
    private final AioTimer patience;
    private final AioHandler handler;
    private final MappedMemory memory;
    private final long inAddress;
    private final long outAddress;

    private int inBytes;
    private byte[] reply = new byte[0];
    private int replySent;
    private boolean closeWhenSent;
    private boolean ended;
    private boolean closed;

    /** Takes over the socket, also on failure. */
    ControlClient(AioContext context, UnixSocket socket, ControlCommands commands,
            Consumer<ControlClient> onClose) throws ErrnoException {
        this.context = context;
        this.socket = socket;
        this.commands = commands;
        this.onClose = onClose;
        this.patience = context.timer("control client", this::lostPatience);
        MappedMemory allocated = null;
        try {
            allocated = MappedMemory.anonymous(LINE_BYTES_MAX + 1 + OUT_BYTES);
            this.handler = context.addHandler(socket.fd(), 0, this);
        } catch (ErrnoException e) {
            if (allocated != null) {
                allocated.close();
            }
            socket.close();
            throw e;
        }
        this.memory = allocated;
        this.inAddress = memory.address();
        this.outAddress = inAddress + LINE_BYTES_MAX + 1;
    }

    /** Greets, and answers from then on. */
    void start(String greeting) {
        say(greeting);
        goOn();
    }

    /** Says one thing and closes. */
    void sayLast(String line) {
        closeWhenSent = true;
        say(line);
        goOn();
    }

    @Override
    public void onReadable() {
        if (closed || isSending()) {
            return;
        }
        long received = socket.receive(
                inAddress + inBytes, LINE_BYTES_MAX + 1 - inBytes, Posix::close);
        if (received == -Posix.EAGAIN) {
            return;
        }
        if (received < 0) {
            close();
            return;
        }
        if (received == 0) {
            ended = true;
        }
        inBytes += (int) received;
        goOn();
    }

    @Override
    public void onWritable() {
        if (!closed) {
            send();
            goOn();
        }
    }

    /** Answers what lines there are, then waits for what comes next. */
    private void goOn() {
        int lines = 0;
        while (!closed && !isSending() && lines < LINES_PER_CALL_MAX && answerLine()) {
            lines++;
        }
        if (closed) {
            return;
        }
        if (!isSending() && (closeWhenSent || ended && lines < LINES_PER_CALL_MAX)) {
            close();
            return;
        }
        if (lines == LINES_PER_CALL_MAX) {
            // Others have their turn.
            context.execute("control client", () -> {
                if (!closed) {
                    goOn();
                }
            });
        }
        watch();
    }

    private void watch() {
        try {
            boolean sending = isSending();
            context.setInterest(handler, sending ? AioHandler.WRITE
                    : ended ? 0 : AioHandler.READ);
            if (!sending) {
                patience.cancel();
            } else if (!patience.isArmed()) {
                patience.modify(context.nanoTime() + PATIENCE_NS);
            }
        } catch (ErrnoException e) {
            LOG.warn("control: a client is dropped: {}", e.getMessage());
            close();
        }
    }

    /** Takes a line off the buffer and answers it; false if there is none. */
    private boolean answerLine() {
        int length = 0;
        while (length < inBytes && NativeMemory.getByte(inAddress + length) != '\n') {
            length++;
        }
        if (length == inBytes) {
            if (inBytes > LINE_BYTES_MAX) {
                closeWhenSent = true;
                inBytes = 0;
                say(ControlCommands.error(ControlException.GENERIC,
                        "a line has at most " + LINE_BYTES_MAX + " bytes", null));
            }
            return false;
        }
        byte[] line = new byte[length];
        NativeMemory.copyToArray(inAddress, line, 0, length);
        inBytes -= length + 1;
        NativeMemory.copy(inAddress + length + 1, inAddress, inBytes);
        String text = new String(line, StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
            say(commands.reply(text));
        }
        return true;
    }

    private boolean isSending() {
        return replySent < reply.length;
    }

    private void say(String line) {
        assert !isSending();
        reply = (line + "\n").getBytes(StandardCharsets.UTF_8);
        replySent = 0;
        send();
    }

    private void send() {
        while (isSending()) {
            int chunk = Math.min(OUT_BYTES, reply.length - replySent);
            NativeMemory.copyFromArray(reply, replySent, outAddress, chunk);
            long sent = socket.send(outAddress, chunk);
            if (sent == -Posix.EAGAIN) {
                return;
            }
            if (sent < 0) {
                // Gone; with its replies it does not matter why.
                close();
                return;
            }
            replySent += (int) sent;
        }
    }

    private void lostPatience() {
        LOG.warn("control: a client takes no replies and is dropped");
        close();
    }

    @Override
    public String name() {
        return "control client";
    }

    /** Ends the connection; a second close does nothing. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        context.removeHandler(handler);
        patience.cancel();
        socket.close();
        memory.close();
        onClose.accept(this);
    }
}
