// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioHandler;
import io.vblk.aio.AioTimer;
import io.vblk.aio.FdCallbacks;
import io.vblk.aio.IoThread;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.UnixSocket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a socket and makes one {@link VhostUserBackend} per connection; all of them on one
 * control thread. Any number of front-ends may come and go and be there at a time, to negotiate
 * and to read the configuration, as the destination of a migration does before the guest arrives;
 * rings run of one connection at a time. Thread: any for {@link #open}, {@link #close} and
 * {@link #runningCount}; the rest is control.
 */
public final class VhostUserListener implements AutoCloseable {
    /** Most connections at a time. */
    static final int CONNECTIONS_MAX = 16;
    /** Messages of a connection that are taken before others have their turn. */
    private static final int MESSAGES_PER_RUN_MAX = 64;
    /** Pause after the host refused a connection, such as for want of descriptors. */
    private static final long ACCEPT_PAUSE_NS = 100_000_000L;
    private static final String MEMORY_GONE = "memory that the front-end shared is gone";
    /** Time after which the same refusal is told again. */
    private static final long TOLD_AGAIN_NS = 60_000_000_000L;
    /** Time after a refusal in which comings and goings are no news. */
    private static final long REFUSED_QUIET_NS = 5_000_000_000L;
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserListener.class);

    private final String name;
    private final IoThread control;
    private final AioContext context;
    private final VhostUserExport export;
    private final List<Connection> connections = new ArrayList<>();
    private UnixSocket socket;
    private AioHandler acceptor;
    private final AioTimer acceptAgain;
    private Connection turn;
    /** The refusal told last, and when; and when the last one was, told or not. */
    private String toldRefusal;
    private long toldNs;
    private long refusedNs;
    private int connectionNumber;

    private VhostUserListener(String name, IoThread control, VhostUserExport export) {
        this.name = name;
        this.control = control;
        this.context = control.context();
        this.export = export;
        this.acceptAgain = context.timer("accept again", this::watch);
    }

    /**
     * Starts to serve a socket, which it takes over.
     *
     * @param name for log lines
     * @param socket listens already, or is a connection already
     * @param control the thread that serves all connections
     */
    public static VhostUserListener open(
            String name, UnixSocket socket, IoThread control, VhostUserExport export)
            throws ErrnoException {
        boolean listens;
        try {
            listens = socket.isListening();
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
        VhostUserListener listener = new VhostUserListener(name, control, export);
        control.call(() -> {
            if (listens) {
                listener.socket = socket;
                listener.watch();
            } else {
                listener.serve(socket);
            }
        });
        return listener;
    }

    /** Connections whose rings run: 0 or 1. */
    public int runningCount() {
        int[] count = new int[1];
        control.call(() -> count[0] = turn == null ? 0 : 1);
        return count[0];
    }

    /** Connections that are there. */
    public int connectionCount() {
        int[] count = new int[1];
        control.call(() -> count[0] = connections.size());
        return count[0];
    }

    /** Whether a refusal has not been told within the last minute. */
    private boolean isNews(String refusal) {
        long nowNs = context.nanoTime();
        refusedNs = nowNs;
        if (refusal.equals(toldRefusal) && nowNs - toldNs < TOLD_AGAIN_NS) {
            return false;
        }
        toldRefusal = refusal;
        toldNs = nowNs;
        return true;
    }

    private void watch() {
        try {
            acceptor = context.addHandler(socket.fd(), AioHandler.READ, new Acceptor());
        } catch (ErrnoException e) {
            LOG.error("{}: cannot wait for connections: {}", name, e.getMessage());
            acceptAgain.modify(context.nanoTime() + ACCEPT_PAUSE_NS);
        }
    }

    private void accept() {
        try {
            UnixSocket connection = socket.accept();
            if (connection != null) {
                serve(connection);
            }
        } catch (ErrnoException e) {
            LOG.warn("{}: cannot accept a connection: {}", name, e.getMessage());
            // The connection stays in the backlog and would wake the loop again and again.
            context.removeHandler(acceptor);
            acceptor = null;
            acceptAgain.modify(context.nanoTime() + ACCEPT_PAUSE_NS);
        }
    }

    private void serve(UnixSocket connection) {
        if (connections.size() == CONNECTIONS_MAX) {
            String refusal = "there are " + CONNECTIONS_MAX + " connections already";
            if (isNews(refusal)) {
                LOG.warn("{}: refused: {}", name, refusal);
            }
            connection.close();
            return;
        }
        try {
            connections.add(new Connection(
                    new VhostUserChannel(connection, "front-end")));
        } catch (ErrnoException e) {
            LOG.warn("{}: cannot serve a connection: {}", name, e.getMessage());
        }
    }

    /** Ends all connections and the socket; the rings have been drained when it returns. */
    @Override
    public void close() {
        control.call(() -> {
            acceptAgain.cancel();
            if (acceptor != null) {
                context.removeHandler(acceptor);
                acceptor = null;
            }
            if (socket != null) {
                socket.close();
                socket = null;
            }
            for (Connection connection : List.copyOf(connections)) {
                connection.end("the server ends");
            }
        });
    }

    private final class Acceptor implements FdCallbacks {
        @Override
        public void onReadable() {
            accept();
        }

        @Override
        public String name() {
            return name + " listener";
        }
    }

    private final class Connection implements FdCallbacks, Vrings.Turn {
        private final String title = name + " connection " + ++connectionNumber;
        private final VhostUserBackend backend;
        private final AioHandler handler;

        Connection(VhostUserChannel channel) throws ErrnoException {
            backend = new VhostUserBackend(title, context, channel, export.connect(), this);
            try {
                handler = context.addHandler(channel.fd(), AioHandler.READ, this);
            } catch (ErrnoException e) {
                backend.close();
                export.disconnect(backend.device());
                throw e;
            }
            log("opened", "");
        }

        @Override
        public void onReadable() {
            try {
                for (int i = 0; i < MESSAGES_PER_RUN_MAX && backend.step(); i++) {
                    continue;
                }
            } catch (VhostUserException e) {
                if (!e.isDeparture() && isNews(e.getMessage())) {
                    LOG.warn("{}: ended by this side: {}", title, e.getMessage());
                }
                end(e.getMessage());
            } catch (InternalError e) {
                if (!MappedMemory.FAULTS_COME_IN_TIME) {
                    throw e;
                }
                end(MEMORY_GONE);
            }
        }

        @Override
        public void take() throws RefusedException {
            if (turn != null && turn != this) {
                throw new RefusedException("the rings of " + turn.title
                        + " run; they have to be stopped first");
            }
            try {
                export.acquire();
            } catch (IOException e) {
                throw new RefusedException(e.getMessage());
            }
            turn = this;
            LOG.info("{}: rings start", title);
        }

        @Override
        public void giveBack() {
            turn = null;
            export.release();
            LOG.info("{}: rings have stopped", title);
        }

        @Override
        public boolean onMemoryFault() {
            if (backend.isMemoryThere()) {
                return false;
            }
            end(MEMORY_GONE);
            return true;
        }

        /** A front-end that is refused comes back at once, and would fill the log. */
        private void log(String event, String reason) {
            if (context.nanoTime() - refusedNs < REFUSED_QUIET_NS && refusedNs != 0) {
                LOG.debug("{}: {}{}", title, event, reason);
            } else {
                LOG.info("{}: {}{}", title, event, reason);
            }
        }

        void end(String reason) {
            connections.remove(this);
            context.removeHandler(handler);
            backend.close();
            export.disconnect(backend.device());
            log("closed: ", reason);
        }

        @Override
        public String name() {
            return title;
        }
    }
}
