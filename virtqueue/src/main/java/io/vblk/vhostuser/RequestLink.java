// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import java.util.concurrent.TimeUnit;

/**
 * A front-end's requests and their answers, none awaited without a limit. What the back-end asks
 * on its own socket meanwhile is answered, or both would wait for each other. After a broken
 * answer nobody knows where the next one begins: the link is no good any more. Thread: control.
 */
final class RequestLink implements AutoCloseable {
    private static final int REPLY_FLAGS = VhostUserMessage.VERSION | VhostUserMessage.FLAG_REPLY;
    /** Request of a back-end: the configuration space has changed. */
    private static final int CONFIG_CHANGE = 2;
    private static final long REFUSED = 1;
    /** Most requests of the back-end that are answered in one go. */
    private static final int BACKEND_REQUESTS_MAX = 64;

    private static final int POLLFD_BYTES = 8;
    private static final int POLLFD_EVENTS = 4;
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;

    private final String name;
    private final VhostUserChannel channel;
    private final VhostUserMessage message = new VhostUserMessage();
    private final MappedMemory scratch;
    /** What the back-end asks; null if it cannot or does not want to. */
    private VhostUserChannel backendRequests;
    private boolean acknowledged;
    private boolean configChanged;
    private VhostUserException broken;

    /**
     * Takes over a socket; it is closed on failure.
     *
     * @param name the back-end in messages for people
     */
    RequestLink(String name, UnixSocket socket) throws ErrnoException {
        this.name = name;
        this.channel = new VhostUserChannel(socket, "back-end");
        try {
            this.scratch = MappedMemory.anonymous(Posix.TIMESPEC_BYTES + 2L * POLLFD_BYTES);
        } catch (ErrnoException e) {
            channel.close();
            throw e;
        }
    }

    /** From now on requests that change something ask for an answer (REPLY_ACK). */
    void askForAnswers() {
        acknowledged = true;
    }

    /** Listens to what the back-end asks; takes the socket over. */
    void listenTo(UnixSocket socket) throws ErrnoException {
        backendRequests = new VhostUserChannel(socket, "back-end");
    }

    /** Whether the back-end has said that its configuration changed, since the last call. */
    boolean takeConfigChanged() {
        boolean changed = configChanged;
        configChanged = false;
        return changed;
    }

    // ------------------------------------------------------------------ requests

    /** Begins a request with an answer of its own; good until the next one begins. */
    VhostUserMessage question(VhostUserRequest request) {
        return message.begin(request.id, 0);
    }

    /** Begins a request that changes something; good until the next one begins. */
    VhostUserMessage order(VhostUserRequest request) {
        return message.begin(request.id, acknowledged ? VhostUserMessage.FLAG_NEED_REPLY : 0);
    }

    /** Sends an order, and awaits its answer if there will be one. */
    void send(long waitNs, int... fds) throws VhostUserException {
        VhostUserRequest request = VhostUserRequest.of(message.request());
        boolean answered = message.needsReply();
        long deadlineNs = transmit(request, waitNs, fds);
        if (!answered) {
            return;
        }
        long answer = reply(request, Long.BYTES, 0, deadlineNs, waitNs).getLong(0);
        if (answer != 0) {
            throw new VhostUserException(name + ": refuses " + request + " (answer "
                    + Long.toUnsignedString(answer) + "): its log says why; another front-end's"
                    + " rings may run, or the image be in use");
        }
    }

    /**
     * Sends a question and awaits the answer.
     *
     * @param replyBytes the payload that the answer must have
     * @param replyFds descriptors that must come with it
     * @return the answer, good until the next request
     */
    VhostUserMessage ask(int replyBytes, int replyFds, long waitNs) throws VhostUserException {
        VhostUserRequest request = VhostUserRequest.of(message.request());
        long deadlineNs = transmit(request, waitNs);
        return reply(request, replyBytes, replyFds, deadlineNs, waitNs);
    }

    /** Asks for one number. */
    long askU64(VhostUserRequest request, long waitNs) throws VhostUserException {
        question(request);
        return ask(Long.BYTES, 0, waitNs).getLong(0);
    }

    private long transmit(VhostUserRequest request, long waitNs, int... fds)
            throws VhostUserException {
        check();
        long deadlineNs = System.nanoTime() + waitNs;
        awaitReady(request, POLLOUT, deadlineNs, waitNs);
        try {
            channel.send(message, fds);
        } catch (VhostUserException e) {
            throw breakOff(e.getMessage() + " (" + request + ")", e);
        }
        return deadlineNs;
    }

    private VhostUserMessage reply(VhostUserRequest request, int payloadBytes, int fds,
            long deadlineNs, long waitNs) throws VhostUserException {
        VhostUserMessage reply = next(request);
        while (reply == null) {
            awaitReady(request, POLLIN, deadlineNs, waitNs);
            reply = next(request);
        }
        if (reply.request() != request.id) {
            throw breakOff("answers request " + reply.request() + " when asked "
                    + request + " (" + request.id + ")", null);
        }
        if (reply.flags() != REPLY_FLAGS) {
            throw breakOff(String.format("answers %s with flags 0x%x instead of 0x%x",
                    request, reply.flags(), REPLY_FLAGS), null);
        }
        if (reply.size() == 0 && payloadBytes > 0) {
            throw new VhostUserException(name + ": refuses " + request + " (empty answer)");
        }
        if (reply.size() != payloadBytes) {
            throw breakOff("answers " + request + " with " + reply.size()
                    + " bytes instead of " + payloadBytes, null);
        }
        if (reply.fdCount() != fds) {
            throw breakOff("answers " + request + " with " + reply.fdCount()
                    + " descriptors instead of " + fds, null);
        }
        return reply;
    }

    private VhostUserMessage next(VhostUserRequest request) throws VhostUserException {
        try {
            return channel.receive();
        } catch (VhostUserException e) {
            throw breakOff(request == VhostUserRequest.GET_FEATURES && !e.isDeparture()
                    ? "what answers is no vhost-user back-end (" + e.getMessage() + ")"
                    : e.getMessage() + ", asked " + request, e);
        }
    }

    /** Waits for the socket, serving the back-end's own requests. */
    private void awaitReady(VhostUserRequest request, int events, long deadlineNs, long waitNs)
            throws VhostUserException {
        while (true) {
            long leftNs = deadlineNs - System.nanoTime();
            int ready = leftNs <= 0 ? 0 : poll(events, leftNs);
            serveBackend();
            if (ready == 0) {
                throw breakOff("does not answer " + request + " within "
                        + TimeUnit.NANOSECONDS.toMillis(waitNs)
                        + " ms; perhaps it serves another front-end", null);
            }
            if (NativeMemory.getShort(pollfd(0) + POLLFD_EVENTS + 2) != 0) {
                return;
            }
        }
    }

    private long pollfd(int index) {
        return scratch.address() + Posix.TIMESPEC_BYTES + (long) index * POLLFD_BYTES;
    }

    private int poll(int events, long timeoutNs) {
        NativeMemory.putInt(pollfd(0), channel.fd());
        NativeMemory.putInt(pollfd(0) + POLLFD_EVENTS, events);
        // ppoll(2) leaves out negative descriptors.
        NativeMemory.putInt(pollfd(1), backendRequests == null ? -1 : backendRequests.fd());
        NativeMemory.putInt(pollfd(1) + POLLFD_EVENTS, POLLIN);
        return Posix.ppoll(pollfd(0), 2, timeoutNs, scratch.address());
    }

    // ------------------------------------------------------------------ the back-end by itself

    /**
     * Looks, without waiting, whether the back-end is there, and at what it asks.
     *
     * @throws VhostUserException if it has left, or says something unasked
     */
    void look() throws VhostUserException {
        check();
        serveBackend();
        VhostUserMessage unasked;
        try {
            unasked = channel.receive();
        } catch (VhostUserException e) {
            throw breakOff(e.getMessage(), e);
        }
        if (unasked != null) {
            throw breakOff("says " + unasked.request() + " unasked", null);
        }
    }

    private void serveBackend() throws VhostUserException {
        for (int i = 0; i < BACKEND_REQUESTS_MAX && backendRequests != null; i++) {
            try {
                VhostUserMessage request = backendRequests.receive();
                if (request == null) {
                    return;
                }
                serve(request);
            } catch (VhostUserException e) {
                // It has closed this socket, or sends what nobody can read; the other one decides.
                backendRequests.close();
                backendRequests = null;
            }
        }
    }

    private void serve(VhostUserMessage request) throws VhostUserException {
        boolean known = request.request() == CONFIG_CHANGE;
        configChanged |= known;
        if (request.needsReply()) {
            backendRequests.send(request.reply().u64(known ? 0 : REFUSED));
        }
    }

    // ------------------------------------------------------------------ ends

    private void check() throws VhostUserException {
        if (broken != null) {
            throw new VhostUserException(broken.getMessage(), broken);
        }
    }

    /** Notes why this link is no good any more. */
    VhostUserException breakOff(String why, Throwable cause) {
        broken = new VhostUserException(name + ": " + why, cause);
        return broken;
    }

    boolean isBroken() {
        return broken != null;
    }

    @Override
    public void close() {
        if (backendRequests != null) {
            backendRequests.close();
            backendRequests = null;
        }
        channel.close();
        scratch.close();
        if (broken == null) {
            breakOff("the connection is closed", null);
        }
    }
}
