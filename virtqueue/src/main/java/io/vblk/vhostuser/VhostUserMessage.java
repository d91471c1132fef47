// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.posix.Posix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One message: header, payload and the descriptors that travel with it, little endian.
 * Thread: the connection's.
 *
 * <pre>
 *   0 request (4)   4 flags (4): 0-1 version, 2 REPLY, 3 NEED_REPLY   8 payload size (4)
 *   12 payload:
 *      u64          value (8)
 *      vring state  index (4) number (4)
 *      vring addr   index (4) flags (4) desc (8) used (8) avail (8) log (8)
 *      memory       regions (4) padding (4), then each: guest (8) size (8) user (8) offset (8)
 *      one region   padding (8), then a region as above
 *      log          size (8) offset (8)
 *      config       offset (4) size (4) flags (4), then size bytes
 *      inflight     size (8) offset (8) queues (2) queue size (2) padding (4)
 * </pre>
 *
 * <p>Descriptors belong to the message until they are taken; {@link #closeFds} closes the rest.
 */
final class VhostUserMessage {
    static final int HEADER_BYTES = 12;
    /** Longest payload that is read at all. */
    static final int PAYLOAD_BYTES_MAX = 4096;
    static final int VERSION = 1;
    static final int FLAG_REPLY = 1 << 2;
    static final int FLAG_NEED_REPLY = 1 << 3;
    static final int MEMORY_HEADER_BYTES = 8;
    static final int REGION_BYTES = 32;
    static final int CONFIG_HEADER_BYTES = 12;
    /** Longest piece of configuration space in a message (VHOST_USER_MAX_CONFIG_SIZE). */
    static final int CONFIG_BYTES_MAX = 256;
    static final int INFLIGHT_BYTES = 24;

    private static final int FLAGS = 4;
    private static final int SIZE = 8;
    private static final int FLAGS_KNOWN = 0x3 | FLAG_REPLY | FLAG_NEED_REPLY;

    private final byte[] array = new byte[HEADER_BYTES + PAYLOAD_BYTES_MAX];
    private final ByteBuffer bytes = ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    private int[] fds = new int[8];
    private int fdCount;
    private int fdNext;

    /** Makes this a message of the given kind, without payload and descriptors. */
    VhostUserMessage begin(int request, int flags) {
        bytes.putInt(0, request);
        bytes.putInt(FLAGS, VERSION | flags);
        bytes.putInt(SIZE, 0);
        return this;
    }

    /** Makes this the reply to itself, without payload. */
    VhostUserMessage reply() {
        return begin(request(), FLAG_REPLY);
    }

    int request() {
        return bytes.getInt(0);
    }

    int flags() {
        return bytes.getInt(FLAGS);
    }

    boolean needsReply() {
        return (flags() & FLAG_NEED_REPLY) != 0;
    }

    boolean isReply() {
        return (flags() & FLAG_REPLY) != 0;
    }

    /** Length of the payload in bytes. */
    int size() {
        return bytes.getInt(SIZE);
    }

    /** Sets the length of the payload. */
    VhostUserMessage size(int payloadBytes) {
        bytes.putInt(SIZE, payloadBytes);
        return this;
    }

    /** Header and payload, in bytes. */
    int totalBytes() {
        return HEADER_BYTES + size();
    }

    /** Header and payload as they are on the wire. */
    byte[] array() {
        return array;
    }

    /**
     * Checks the header.
     *
     * @throws VhostUserException if version, flags or size are none of the protocol's
     */
    void checkHeader() throws VhostUserException {
        int flags = flags();
        if ((flags & 0x3) != VERSION || (flags & ~FLAGS_KNOWN) != 0) {
            throw new VhostUserException(String.format(
                    "request %d has flags 0x%x, which are not of version 1", request(), flags));
        }
        if (Integer.compareUnsigned(size(), PAYLOAD_BYTES_MAX) > 0) {
            throw new VhostUserException("request " + request() + " has a payload of "
                    + Integer.toUnsignedString(size()) + " bytes, the longest is "
                    + PAYLOAD_BYTES_MAX);
        }
    }

    // ------------------------------------------------------------------ payload, by offset in it

    int getShort(int offset) {
        return bytes.getShort(HEADER_BYTES + offset) & 0xFFFF;
    }

    int getInt(int offset) {
        return bytes.getInt(HEADER_BYTES + offset);
    }

    long getLong(int offset) {
        return bytes.getLong(HEADER_BYTES + offset);
    }

    /** Part of the payload. */
    byte[] getBytes(int offset, int lengthBytes) {
        return Arrays.copyOfRange(
                array, HEADER_BYTES + offset, HEADER_BYTES + offset + lengthBytes);
    }

    void putShort(int offset, int value) {
        bytes.putShort(HEADER_BYTES + offset, (short) value);
    }

    void putInt(int offset, int value) {
        bytes.putInt(HEADER_BYTES + offset, value);
    }

    void putLong(int offset, long value) {
        bytes.putLong(HEADER_BYTES + offset, value);
    }

    void putBytes(int offset, byte[] source) {
        System.arraycopy(source, 0, array, HEADER_BYTES + offset, source.length);
    }

    /** Makes the payload one 64-bit value. */
    VhostUserMessage u64(long value) {
        putLong(0, value);
        return size(Long.BYTES);
    }

    /** Makes the payload a vring state. */
    VhostUserMessage state(int index, int number) {
        putInt(0, index);
        putInt(4, number);
        return size(2 * Integer.BYTES);
    }

    // ------------------------------------------------------------------ descriptors

    /** Takes over a descriptor that came with the message. */
    void addFd(int fd) {
        if (fdCount == fds.length) {
            fds = Arrays.copyOf(fds, 2 * fdCount);
        }
        fds[fdCount++] = fd;
    }

    /** Descriptors that came and were not taken. */
    int fdCount() {
        return fdCount - fdNext;
    }

    /** A descriptor that came, which stays the message's. */
    int fd(int index) {
        return fds[fdNext + index];
    }

    /** Gives the next descriptor to the caller, who has to close it. */
    int takeFd() {
        return fds[fdNext++];
    }

    /** Closes what nobody took. */
    void closeFds() {
        while (fdNext < fdCount) {
            Posix.close(fds[fdNext++]);
        }
        fdNext = 0;
        fdCount = 0;
    }
}
