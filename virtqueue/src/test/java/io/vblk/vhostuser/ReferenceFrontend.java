// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A front-end for tests that sends what it is told to, right or wrong, and checks each reply to the
 * letter. Its numbers are copied from vhost-user.rst, not from the code under test. Waiting has a
 * limit and is done by ppoll(2). Thread: one.
 */
public final class ReferenceFrontend implements AutoCloseable {
    /** Flags of a request: version 1. */
    public static final int PLAIN = 0x1;
    /** Flags of a request that asks for an answer: version 1, NEED_REPLY. */
    public static final int NEED_REPLY = 0x9;

    public static final int GET_FEATURES = 1;
    public static final int SET_FEATURES = 2;
    public static final int SET_OWNER = 3;
    public static final int RESET_OWNER = 4;
    public static final int SET_MEM_TABLE = 5;
    public static final int SET_LOG_BASE = 6;
    public static final int SET_LOG_FD = 7;
    public static final int SET_VRING_NUM = 8;
    public static final int SET_VRING_ADDR = 9;
    public static final int SET_VRING_BASE = 10;
    public static final int GET_VRING_BASE = 11;
    public static final int SET_VRING_KICK = 12;
    public static final int SET_VRING_CALL = 13;
    public static final int SET_VRING_ERR = 14;
    public static final int GET_PROTOCOL_FEATURES = 15;
    public static final int SET_PROTOCOL_FEATURES = 16;
    public static final int GET_QUEUE_NUM = 17;
    public static final int SET_VRING_ENABLE = 18;
    public static final int SET_BACKEND_REQ_FD = 21;
    public static final int IOTLB_MSG = 22;
    public static final int GET_CONFIG = 24;
    public static final int SET_CONFIG = 25;
    public static final int POSTCOPY_LISTEN = 29;
    public static final int GET_INFLIGHT_FD = 31;
    public static final int SET_INFLIGHT_FD = 32;
    public static final int RESET_DEVICE = 34;
    public static final int GET_MAX_MEM_SLOTS = 36;
    public static final int ADD_MEM_REG = 37;
    public static final int REM_MEM_REG = 38;
    public static final int SET_STATUS = 39;
    public static final int GET_STATUS = 40;

    /** Bit 8 of KICK, CALL and ERR: no descriptor comes along. */
    public static final int NO_FD = 1 << 8;

    private static final int HEADER_BYTES = 12;
    private static final int REPLY_FLAGS = 0x5;
    private static final int ROOM_BYTES = 1 << 16;
    private static final long LIMIT_NS = 20_000_000_000L;
    private static final int POLLIN = 1;
    /** How much of what was sent has not been received: unix(7), {@code SIOCOUTQ}. */
    private static final long SIOCOUTQ = 0x5411;

    private final UnixSocket socket;
    private final MappedMemory room;
    private final List<Integer> fds = new ArrayList<>();

    /** A message that came: what the header says, and the payload. */
    public record Message(int request, int flags, byte[] payload) {
        /** A 64-bit field of the payload. */
        public long u64(int offset) {
            return WireBytes.field(payload, offset, 8);
        }

        /** A 32-bit field of the payload. */
        public int u32(int offset) {
            return (int) WireBytes.field(payload, offset, 4);
        }
    }

    /** Takes over a connected socket. */
    public ReferenceFrontend(UnixSocket socket) throws ErrnoException {
        this.socket = socket;
        this.room = MappedMemory.anonymous(ROOM_BYTES);
    }

    // ------------------------------------------------------------------ sending

    /** A whole message. */
    public static byte[] message(int request, int flags, byte[] payload) {
        return new WireBytes().u32(request).u32(flags).u32(payload.length).raw(payload).bytes();
    }

    /** Sends bytes as they are; false if the other side has closed. */
    public boolean sendRaw(byte[] bytes, int... descriptors) {
        return sendAll(bytes, descriptors);
    }

    private boolean sendAll(byte[] bytes, int... descriptors) {
        int done = 0;
        while (done < bytes.length) {
            int piece = Math.min(bytes.length - done, ROOM_BYTES);
            NativeMemory.copyFromArray(bytes, done, room.address(), piece);
            long sent = done == 0 ? socket.send(room.address(), piece, descriptors)
                    : socket.send(room.address(), piece);
            if (sent == -Posix.EAGAIN) {
                continue;
            }
            if (sent <= 0) {
                return false;
            }
            done += (int) sent;
        }
        return true;
    }

    /** Sends a message; the descriptors stay the caller's. */
    public void send(int request, int flags, byte[] payload, int... descriptors) {
        sendAll(message(request, flags, payload), descriptors);
    }

    /** Sends a message with a 64-bit value. */
    public void sendU64(int request, long value, int... descriptors) {
        send(request, PLAIN, new WireBytes().u64(value).bytes(), descriptors);
    }

    /** Sends a message about a vring: index and number. */
    public void sendState(int request, int index, int number) {
        send(request, PLAIN, state(index, number));
    }

    /** Payload: index and number of a vring. */
    public static byte[] state(int index, int number) {
        return new WireBytes().u32(index).u32(number).bytes();
    }

    /** Payload: configuration space. */
    public static byte[] config(int offset, int flags, byte[] bytes) {
        return new WireBytes().u32(offset).u32(bytes.length).u32(flags).raw(bytes).bytes();
    }

    /**
     * Waits until the other side has received all that was sent. Two sends that wait together
     * are handed over in one, so this is what keeps two pieces apart.
     */
    public void awaitTaken() {
        long endNs = System.nanoTime() + LIMIT_NS;
        while (untakenBytes() > 0) {
            assertTrue(System.nanoTime() - endNs < 0, "waited in vain: nobody takes what was sent");
            Thread.onSpinWait();
        }
    }

    private int untakenBytes() {
        int error = Posix.ioctl(socket.fd(), SIOCOUTQ, room.address());
        assertEquals(0, error, "SIOCOUTQ");
        return NativeMemory.getInt(room.address());
    }

    // ------------------------------------------------------------------ receiving

    private static boolean readable(int fd, long limitNs) {
        try (MappedMemory scratch = MappedMemory.anonymous(64)) {
            long at = scratch.address();
            NativeMemory.putInt(at, fd);
            NativeMemory.putShort(at + 4, POLLIN);
            return Posix.ppoll(at, 1, limitNs, at + 16) > 0;
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until a descriptor is readable; fails if that takes too long. */
    public static void awaitReadable(int fd, String what) {
        assertTrue(readable(fd, LIMIT_NS), () -> "waited in vain: " + what);
    }

    /** Waits for a call and takes it; fails if none comes. */
    public static void awaitSet(EventNotifier notifier, String what) {
        awaitReadable(notifier.fd(), what);
        assertTrue(notifier.testAndClear(), what);
    }

    private byte[] read(int count) {
        byte[] bytes = new byte[count];
        int done = 0;
        while (done < count) {
            awaitReadable(socket.fd(), "a message");
            long got = socket.receive(room.address(), count - done, fds::add);
            if (got <= 0) {
                fail("the connection ended while a message was awaited: " + got);
            }
            NativeMemory.copyToArray(room.address(), bytes, done, (int) got);
            done += (int) got;
        }
        return bytes;
    }

    /** The next message. */
    public Message receive() {
        byte[] header = read(HEADER_BYTES);
        int size = (int) WireBytes.field(header, 8, 4);
        assertTrue(size >= 0 && size <= ROOM_BYTES, "size " + size);
        return new Message((int) WireBytes.field(header, 0, 4),
                (int) WireBytes.field(header, 4, 4), read(size));
    }

    /** The reply to a request: its number, flags and size have to be right to the letter. */
    public Message reply(int request, int payloadBytes) {
        Message reply = receive();
        assertEquals(request, reply.request, "request of the reply");
        assertEquals(REPLY_FLAGS, reply.flags, "flags of the reply");
        assertEquals(payloadBytes, reply.payload.length, "size of the reply");
        return reply;
    }

    /** Sends a message and returns the 64-bit value of the reply. */
    public long ask(int request, int flags, byte[] payload, int... descriptors) {
        send(request, flags, payload, descriptors);
        return reply(request, 8).u64(0);
    }

    /** Asks for a 64-bit value. */
    public long get(int request) {
        return ask(request, PLAIN, new byte[0]);
    }

    /** Sends a message that asks for an answer; 0 has to come. */
    public void sendAcked(int request, byte[] payload, int... descriptors) {
        assertEquals(0, ask(request, NEED_REPLY, payload, descriptors), "ack of " + request);
    }

    /** The number of a vring state that is asked for. */
    public int getBase(int index) {
        send(GET_VRING_BASE, PLAIN, state(index, 0));
        Message reply = reply(GET_VRING_BASE, 8);
        assertEquals(index, reply.u32(0), "vring of the reply");
        return reply.u32(4);
    }

    /** Reads configuration space; header and length of the answer are checked. */
    public byte[] getConfig(int offset, int lengthBytes) {
        send(GET_CONFIG, PLAIN, config(offset, 0, new byte[lengthBytes]));
        Message reply = reply(GET_CONFIG, 12 + lengthBytes);
        assertArrayEquals(new WireBytes().u32(offset).u32(lengthBytes).u32(0).bytes(),
                Arrays.copyOf(reply.payload, 12), "header of the configuration");
        return Arrays.copyOfRange(reply.payload, 12, 12 + lengthBytes);
    }

    /** The descriptor that came with the messages so far; the caller closes it. */
    public int takeFd() {
        assertTrue(!fds.isEmpty(), "no descriptor came");
        return fds.remove(0);
    }

    /** Asks something harmless: that it is answered shows that all before it has been taken. */
    public void settle() {
        get(GET_FEATURES);
    }

    /** Waits until the other side has closed; whatever comes before that is thrown away. */
    public void awaitClosed() {
        while (true) {
            awaitReadable(socket.fd(), "the end of the connection");
            long got = socket.receive(room.address(), ROOM_BYTES, fds::add);
            if (got <= 0 && got != -Posix.EAGAIN) {
                return;
            }
        }
    }

    /**
     * Sends a plain message and waits for what comes of it: whether the connection is still there
     * and answers. Replies on the way are thrown away.
     */
    public boolean survives(byte[] bytes, int... descriptors) {
        return sendAll(bytes, descriptors) && answers();
    }

    /** Whether a question is answered, rather than the connection closed. */
    public boolean answers() {
        // No other answer has this length.
        byte[] question = config(5, 0, new byte[3]);
        if (!sendAll(message(GET_CONFIG, PLAIN, question))) {
            return false;
        }
        while (true) {
            awaitReadable(socket.fd(), "an answer or the end");
            long got = socket.receive(room.address(), HEADER_BYTES, fds::add);
            if (got <= 0) {
                return false;
            }
            assertEquals(HEADER_BYTES, got, "bytes of a header");
            int request = NativeMemory.getInt(room.address());
            int size = NativeMemory.getInt(room.address() + 8);
            assertEquals(REPLY_FLAGS, NativeMemory.getInt(room.address() + 4), "flags");
            read(size);
            if (request == GET_CONFIG && size == question.length) {
                return true;
            }
        }
    }

    /** Whether nothing is there to be read. */
    public boolean isQuiet() {
        return !readable(socket.fd(), 0);
    }

    /** The connection's descriptor. */
    public int fd() {
        return socket.fd();
    }

    /** Leaves. */
    @Override
    public void close() {
        fds.forEach(Posix::close);
        fds.clear();
        socket.close();
        room.close();
    }
}
