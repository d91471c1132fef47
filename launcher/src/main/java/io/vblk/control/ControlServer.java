// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.AioOptions;
import io.vblk.aio.AioTimer;
import io.vblk.aio.FdCallbacks;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.UnixSocket;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers operators on a socket, on a thread of its own: neither the data plane nor the control of
 * a front-end waits for them, and a disk that is held can be resumed. Thread: home of its context;
 * {@link #open} and {@link #close} are control's.
 */
public final class ControlServer implements FdCallbacks, AutoCloseable {
    /** Most clients at a time; a further one is told so and sent away. */
    static final int CLIENTS_MAX = 16;

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    /** Without a descriptor left a client cannot be taken; it is asked for again after this. */
    private static final long ACCEPT_AGAIN_NS = 1_000_000_000L;
    private static final int ACCEPTS_PER_CALL_MAX = 8;

    private final IoThread ioThread;
    private final AioContext context;
    private final UnixSocket socket;
    private final ControlCommands commands;
    private final List<ControlClient> clients = new ArrayList<>();
    private AioHandler handler;
    private AioTimer acceptAgain;

    private ControlServer(IoThread ioThread, UnixSocket socket, ServerControl server) {
        this.ioThread = ioThread;
        this.context = ioThread.context();
        this.socket = socket;
        this.commands = new ControlCommands(server);
    }

    /**
     * Answers on a socket that listens, and takes it over, also on failure.
     *
     * @throws ErrnoException if the host says no
     */
    public static ControlServer open(UnixSocket socket, ServerControl server)
            throws ErrnoException {
        IoThread ioThread;
        try {
            ioThread = IoThread.start("vblk-control", AioOptions.of(PollingOptions.OFF));
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
        return open(ioThread, socket, server);
    }

    /** On a thread of the caller's choice, which is taken over as well. */
    static ControlServer open(IoThread ioThread, UnixSocket socket, ServerControl server)
            throws ErrnoException {
        ControlServer control = new ControlServer(ioThread, socket, server);
        try {
            control.handler = control.context.addHandler(socket.fd(), AioHandler.READ, control);
        } catch (ErrnoException e) {
            control.close();
            throw e;
        }
        return control;
    }

    @Override
    public void onReadable() {
        try {
            for (int i = 0; i < ACCEPTS_PER_CALL_MAX; i++) {
                UnixSocket accepted = socket.accept();
                if (accepted == null) {
                    return;
                }
                take(accepted);
            }
        } catch (ErrnoException e) {
            LOG.warn("control: no client can be taken: {}", e.getMessage());
            pause();
        }
    }

    private void take(UnixSocket accepted) throws ErrnoException {
        ControlClient client = new ControlClient(context, accepted, commands, this::forget);
        clients.add(client);
        if (clients.size() > CLIENTS_MAX) {
            client.sayLast(ControlCommands.error(ControlException.GENERIC,
                    "there are " + CLIENTS_MAX + " clients already: end one of them", null));
        } else {
            client.start(ControlCommands.greeting());
        }
    }

    private void forget(ControlClient client) {
        clients.remove(client);
    }

    /** Leaves the socket alone for a while: it stays readable. */
    private void pause() {
        context.removeHandler(handler);
        handler = null;
        acceptAgain = context.timer("control", this::listenAgain);
        acceptAgain.modify(context.nanoTime() + ACCEPT_AGAIN_NS);
    }

    private void listenAgain() {
        try {
            handler = context.addHandler(socket.fd(), AioHandler.READ, this);
        } catch (ErrnoException e) {
            LOG.warn("control: {}", e.getMessage());
            acceptAgain.modify(context.nanoTime() + ACCEPT_AGAIN_NS);
        }
    }

    @Override
    public String name() {
        return "control";
    }

    /** Ends all clients and the socket. */
    @Override
    public void close() {
        try {
            if (ioThread.isAlive()) {
                ioThread.call(this::closeAll);
            }
            ioThread.close();
        } finally {
            socket.close();
        }
    }

    private void closeAll() {
        if (handler != null) {
            context.removeHandler(handler);
            handler = null;
        }
        if (acceptAgain != null) {
            acceptAgain.cancel();
        }
        for (ControlClient client : List.copyOf(clients)) {
            client.close();
        }
    }
}
