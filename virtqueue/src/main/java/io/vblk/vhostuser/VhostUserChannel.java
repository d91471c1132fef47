// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;

/**
 * Whole messages over a socket, without waiting: a message that has come in part stays until the
 * rest is there. Thread: the connection's.
 */
final class VhostUserChannel implements AutoCloseable {
    private final UnixSocket socket;
    /** What messages call the other side. */
    private final String peer;
    private final MappedMemory buffer;
    private final VhostUserMessage incoming = new VhostUserMessage();
    /** Bytes of the incoming message that are there. */
    private int have;
    private boolean complete;

    /** Takes over a socket to a front-end or back-end; it is closed on failure. */
    VhostUserChannel(UnixSocket socket, String peer) throws ErrnoException {
        this.socket = socket;
        this.peer = peer;
        try {
            this.buffer = MappedMemory.anonymous(
                    VhostUserMessage.HEADER_BYTES + VhostUserMessage.PAYLOAD_BYTES_MAX);
        } catch (ErrnoException e) {
            socket.close();
            throw e;
        }
    }

    int fd() {
        return socket.fd();
    }

    /**
     * The next message if all of it is there, else null. It is good until the next call, which
     * closes the descriptors that nobody took.
     *
     * @throws VhostUserException if the peer has gone or sent what is no message
     */
    VhostUserMessage receive() throws VhostUserException {
        if (complete) {
            complete = false;
            have = 0;
            incoming.closeFds();
        }
        if (!fill(VhostUserMessage.HEADER_BYTES)) {
            return null;
        }
        incoming.checkHeader();
        if (!fill(incoming.totalBytes())) {
            return null;
        }
        complete = true;
        return incoming;
    }

    /** Reads on, never into the message after this one; returns whether that much is there. */
    private boolean fill(int wanted) throws VhostUserException {
        while (have < wanted) {
            int fdsBefore = incoming.fdCount();
            long got = socket.receive(buffer.address(), wanted - have, incoming::addFd);
            if (got == -Posix.EAGAIN) {
                return false;
            }
            if (got <= 0) {
                if (have == 0 && got == 0) {
                    throw VhostUserException.departure("the " + peer + " has left");
                }
                throw new VhostUserException(have > 0
                        ? "the connection ended within a message"
                        : "the connection broke: " + ErrnoException.describe((int) -got));
            }
            if (have > 0 && incoming.fdCount() != fdsBefore) {
                // They belong to the first byte; elsewhere nobody can tell whose they are.
                throw new VhostUserException("descriptors came in the middle of a message");
            }
            NativeMemory.copyToArray(buffer.address(), incoming.array(), have, (int) got);
            have += (int) got;
        }
        return true;
    }

    /**
     * Sends a message, its descriptors with the first byte.
     *
     * @throws VhostUserException if the peer has gone, or has left so much unread that there is no
     *     room
     */
    void send(VhostUserMessage message, int... fds) throws VhostUserException {
        int total = message.totalBytes();
        NativeMemory.copyFromArray(message.array(), 0, buffer.address(), total);
        long sent = socket.send(buffer.address(), total, fds);
        if (sent != total) {
            throw new VhostUserException(sent < 0 && sent != -Posix.EAGAIN
                    ? "cannot send: " + ErrnoException.describe((int) -sent)
                    : "the " + peer + " does not read what is sent to it");
        }
    }

    /** Closes the socket and descriptors that nobody took; a second close does nothing. */
    @Override
    public void close() {
        incoming.closeFds();
        buffer.close();
        socket.close();
    }
}
