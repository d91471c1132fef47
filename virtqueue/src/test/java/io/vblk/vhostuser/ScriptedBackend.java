// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A back-end that answers by the book unless the script says otherwise, and notes what it was
 * asked. It runs on a thread of its own until the front-end leaves.
 */
final class ScriptedBackend implements AutoCloseable {
    static final long FEATURES = 0x1_7000_7E46L;
    static final long PROTOCOL = VhostUserFrontend.PROTOCOL_FEATURES_KNOWN;

    /** What to answer instead: changes the reply, or does something else and returns null. */
    interface Answer {
        VhostUserMessage to(VhostUserMessage reply, ScriptedBackend backend) throws Exception;
    }

    /** Numbers that questions are answered with; the rest are answered with 0. */
    final Map<VhostUserRequest, Long> numbers = new EnumMap<>(Map.of(
            VhostUserRequest.GET_FEATURES, FEATURES,
            VhostUserRequest.GET_PROTOCOL_FEATURES, PROTOCOL,
            VhostUserRequest.GET_QUEUE_NUM, 4L,
            VhostUserRequest.GET_MAX_MEM_SLOTS, 32L));
    /** The script. */
    final Map<VhostUserRequest, Answer> answers = new EnumMap<>(VhostUserRequest.class);
    /** Requests in the order in which they came. */
    private final List<String> asked = new ArrayList<>();

    private final UnixSocket front;
    private final UnixSocket own;
    private final VhostUserChannel channel;
    private final Thread thread = new Thread(this::serve, "scripted-backend");
    private VhostUserChannel requests;
    private Throwable failure;
    private int status;
    private boolean ended;

    ScriptedBackend() throws ErrnoException {
        UnixSocket[] pair = UnixSocket.pair();
        this.front = pair[0];
        this.own = pair[1];
        this.channel = new VhostUserChannel(pair[1], "front-end");
    }

    /** Starts it and connects. */
    VhostUserFrontend connect(long waitNs) throws VhostUserException {
        thread.start();
        return VhostUserFrontend.over(front, "test.sock", waitNs);
    }

    private void serve() {
        try (MappedMemory scratch = MappedMemory.anonymous(64)) {
            while (true) {
                VhostUserMessage message = channel.receive();
                if (message == null) {
                    await(scratch, own.fd());
                } else if (!handle(message)) {
                    return;
                }
            }
        } catch (VhostUserException e) {
            // The front-end has left.
        } catch (Exception | Error e) {
            failure = e;
        } finally {
            if (requests != null) {
                requests.close();
            }
            channel.close();
        }
    }

    private static void await(MappedMemory scratch, int fd) {
        long pollfd = scratch.address() + Posix.TIMESPEC_BYTES;
        NativeMemory.putInt(pollfd, fd);
        NativeMemory.putInt(pollfd + 4, 1);
        Posix.ppoll(pollfd, 1, -1, scratch.address());
    }

    private boolean handle(VhostUserMessage message) throws Exception {
        VhostUserRequest request = VhostUserRequest.of(message.request());
        asked.add(describe(request, message));
        boolean answered = message.needsReply();
        if (request == VhostUserRequest.SET_BACKEND_REQ_FD) {
            requests = new VhostUserChannel(
                    UnixSocket.adopt(message.takeFd()), "front-end");
        } else if (request == VhostUserRequest.SET_STATUS) {
            status = (int) message.getLong(0);
        }
        VhostUserMessage reply = switch (request) {
            case GET_FEATURES, GET_PROTOCOL_FEATURES, GET_QUEUE_NUM, GET_MAX_MEM_SLOTS ->
                    message.reply().u64(numbers.get(request));
            case GET_STATUS -> message.reply().u64(status);
            case GET_CONFIG, GET_INFLIGHT_FD -> {
                int size = message.size();
                yield message.reply().size(size);
            }
            case GET_VRING_BASE -> message.reply().state(message.getInt(0), 77);
            default -> answered ? message.reply().u64(0) : null;
        };
        Answer answer = answers.get(request);
        if (answer != null) {
            reply = answer.to(reply, this);
        } else if (request == VhostUserRequest.GET_INFLIGHT_FD) {
            try (EventNotifier fd = EventNotifier.create()) {
                reply.putLong(0, 4096);
                channel.send(reply, fd.fd());
            }
            return true;
        }
        if (reply != null) {
            channel.send(reply);
        }
        return !ended;
    }

    /** Leaves after this request. */
    VhostUserMessage leave() {
        ended = true;
        return null;
    }

    /** Sends only the beginning of an answer. */
    VhostUserMessage cut(VhostUserMessage reply, int bytes) throws ErrnoException {
        try (MappedMemory copy = MappedMemory.anonymous(reply.totalBytes())) {
            NativeMemory.copyFromArray(reply.array(), 0, copy.address(), bytes);
            own.send(copy.address(), bytes);
        }
        return null;
    }

    /** Sends an answer with a descriptor that nobody asked for. */
    VhostUserMessage withFd(VhostUserMessage reply) throws Exception {
        channel.send(reply, own.fd());
        return null;
    }

    /** Says on its own socket that the configuration changed, and waits for the answer if asked. */
    void sayConfigChanged(boolean answered) throws Exception {
        requests.send(new VhostUserMessage().begin(
                2, answered ? VhostUserMessage.FLAG_NEED_REPLY : 0));
        if (answered) {
            awaitBackendReply();
        }
    }

    /** Asks something that front-ends need not know; returns the answer. */
    long askUnknown() throws Exception {
        requests.send(new VhostUserMessage().begin(8, VhostUserMessage.FLAG_NEED_REPLY).u64(0));
        return awaitBackendReply();
    }

    private long awaitBackendReply() throws Exception {
        try (MappedMemory scratch = MappedMemory.anonymous(64)) {
            VhostUserMessage reply = requests.receive();
            while (reply == null) {
                await(scratch, requests.fd());
                reply = requests.receive();
            }
            return reply.getLong(0);
        }
    }

    private static String describe(VhostUserRequest request, VhostUserMessage message) {
        String name = request + (message.needsReply() ? "+" : "");
        return switch (request) {
            case SET_VRING_CALL, SET_VRING_ERR, SET_VRING_KICK ->
                    name + " " + message.getLong(0) + (message.fdCount() == 1 ? " fd" : "");
            case SET_VRING_NUM, SET_VRING_BASE, SET_VRING_ENABLE ->
                    name + " " + message.getInt(0) + " " + message.getInt(4);
            case GET_VRING_BASE -> name + " " + message.getInt(0);
            case SET_STATUS -> name + " " + message.getLong(0);
            case SET_FEATURES, SET_PROTOCOL_FEATURES ->
                    String.format("%s 0x%x", name, message.getLong(0));
            default -> message.fdCount() > 0 ? name + " fd" : name;
        };
    }

    /** Waits for its end, which must have been in order; returns what it was asked. */
    List<String> asked() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
        if (failure != null) {
            throw new AssertionError("the scripted back-end failed", failure);
        }
        return asked;
    }

    @Override
    public void close() {
        asked();
    }
}
