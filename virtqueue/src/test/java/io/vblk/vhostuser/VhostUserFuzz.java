// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import io.vblk.virtio.FuzzInput;

/**
 * Fuzz target: the messages of a connection, in a codec and a state machine whose device holds them
 * to its contract. Whatever comes, the only thing thrown is VhostUserException, each answer is to
 * the letter, and in the end no descriptor is left. Thread: one.
 *
 * <pre>
 *   input: messages, each: request 1, shape 1 (bits 0-1 descriptors, 2 NEED_REPLY, 3 flags follow,
 *          4 size follows, 5 raw payload, 6-7 kind of descriptor), then what the shape says and the
 *          payload in short forms
 * </pre>
 */
public final class VhostUserFuzz {
    private static final long USER = 0x7000_0000_0000L;
    private static final int MEMORY_BYTES = 0x10000;
    private static final int MESSAGES_MAX = 64;
    private static final int HEADER_BYTES = 12;
    private static final int ROOM_BYTES = 1 << 13;
    private static final int REPLY_FLAGS = 0x5;
    private static final AioContext CONTEXT;
    private static final MappedMemory ROOM;
    private static final int[] KINDS;

    static {
        try {
            CONTEXT = AioContext.create(AioOptions.of(PollingOptions.OFF));
            ROOM = MappedMemory.anonymous(ROOM_BYTES);
            int memory = Posix.memfdCreate("fuzz", Posix.MFD_CLOEXEC);
            Posix.ftruncate(memory, MEMORY_BYTES);
            KINDS = new int[] {memory, Posix.eventfd(0, Posix.EFD_CLOEXEC),
                Posix.open("/dev/null", Posix.O_RDWR | Posix.O_CLOEXEC, 0), memory};
        } catch (ErrnoException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final OpenResources BEFORE = OpenResources.now();
    private static int nextFree = -1;

    private final FuzzInput input;
    private final ContractDevice device = new ContractDevice();
    private final UnixSocket front;
    private final VhostUserBackend backend;
    private int turns;

    private VhostUserFuzz(byte[] bytes) throws ErrnoException {
        input = new FuzzInput(bytes);
        UnixSocket[] pair = UnixSocket.pair();
        front = pair[0];
        backend = new VhostUserBackend("fuzz", CONTEXT,
                new VhostUserChannel(pair[1], "front-end"), device,
                new Vrings.Turn() {
                    @Override
                    public void take() throws RefusedException {
                        assertEquals(0, turns++, "taken twice");
                    }

                    @Override
                    public void giveBack() {
                        assertEquals(1, turns--, "not taken");
                        assertTrue(!device.runs(), "given back while a ring runs");
                    }
                });
    }

    /** One input. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        play(bytes);
    }

    /** Plays an input; returns how many queues were started. */
    static int play(byte[] bytes) {
        try {
            VhostUserFuzz fuzz = new VhostUserFuzz(bytes);
            fuzz.play();
            if (nextDescriptor() != nextFree) {
                // Most often the JVM has opened or closed a file of its own.
                assertEquals(BEFORE, OpenResources.now(), "left over");
                nextFree = nextDescriptor();
            }
            return fuzz.device.starts();
        } catch (ErrnoException e) {
            throw new AssertionError(e);
        }
    }

    /** The lowest free one: cheaper than to count all. */
    private static int nextDescriptor() throws ErrnoException {
        int fd = Posix.eventfd(0, Posix.EFD_CLOEXEC);
        Posix.close(fd);
        return fd;
    }

    private void play() {
        try {
            for (int i = 0; i < MESSAGES_MAX && input.hasMore(); i++) {
                send();
                while (backend.step()) {
                    device.touch();
                }
                assertTrue(turns == 1 || !device.runs(), "runs without its turn");
                assertEquals(device.runs(), backend.anyRingRuns(), "who runs");
                readReplies();
            }
        } catch (VhostUserException e) {
            assertTrue(e.getMessage() != null && !e.getMessage().isBlank(), "no reason given");
        } finally {
            backend.close();
            front.close();
        }
        assertEquals(0, turns, "the turn of one that is gone");
    }

    // ------------------------------------------------------------------ messages

    private void send() {
        int request = input.next8();
        int shape = input.next8();
        WireBytes payload = (shape & 0x20) != 0 ? raw() : payload(request);
        int flags = (shape & 8) != 0 ? input.next8() : 1 | (shape & 4) << 1;
        byte[] body = payload.bytes();
        int size = (shape & 0x10) != 0 ? input.next16() : body.length;
        byte[] message = new WireBytes().u32(request).u32(flags).u32(size).raw(body).bytes();
        int[] fds = new int[shape & 3];
        for (int i = 0; i < fds.length; i++) {
            fds[i] = KINDS[shape >> 6 & 3];
        }
        NativeMemory.copyFromArray(message, 0, ROOM.address(), message.length);
        front.send(ROOM.address(), message.length, fds);
    }

    private WireBytes raw() {
        WireBytes bytes = new WireBytes();
        int count = input.next8();
        for (int i = 0; i < count; i++) {
            bytes.field(1, input.next8());
        }
        return bytes;
    }

    /** What the request should have, with values near those that matter. */
    private WireBytes payload(int request) {
        return switch (request) {
            case 2 -> new WireBytes().u64(features());
            case 16, 39 -> new WireBytes().u64(input.next8() | (long) input.next16() << 8);
            case 5 -> table();
            case 6 -> new WireBytes().u64(input.address()).u64(input.address());
            case 8, 10, 11, 18 -> new WireBytes().u32(index()).u32(input.next16());
            case 9 -> new WireBytes().u32(index()).u32(input.next8() & 1).u64(user()).u64(user())
                    .u64(user()).u64(input.address());
            case 12, 13, 14 -> new WireBytes().u64(index() | (long) (input.next8() & 1) << 8);
            case 24, 25 -> config();
            case 31, 32 -> new WireBytes().u64(input.address()).u64(input.address())
                    .u16(input.next8() & 7).u16(input.next8()).u32(0);
            case 37, 38 -> new WireBytes().u64(0).raw(region());
            default -> new WireBytes();
        };
    }

    private int index() {
        int value = input.next8();
        return value < 0xF0 ? value & 3 : value << 24;
    }

    private long features() {
        int bits = input.next8();
        long features = (bits & 1L) << 32 | (bits & 2L) << 33 | (bits & 4L) << 27
                | (bits & 8L) << 25 | (bits & 0x10L) << 22 | (bits & 0x20L) << 25;
        return bits >= 0xC0 ? features | 1L << (bits & 0x3F) : features;
    }

    private long user() {
        long address = input.next16();
        return address < 0xF000 ? USER + (address & 0xFFFF) : address << 48;
    }

    private byte[] region() {
        int at = input.next8();
        long guest = at < 0xF0 ? (at & 0xF) * 0x1000L : -0x1000L * (at & 0xF);
        long bytes = (input.next8() & 0x1F) * 0x1000L;
        long user = at < 0xF0 ? USER + guest : guest;
        return new WireBytes().u64(guest).u64(bytes).u64(user)
                .u64((input.next8() & 0x1F) * 0x800L).bytes();
    }

    private WireBytes table() {
        int count = input.next8() & 3;
        WireBytes table = new WireBytes().u32(count).u32(0);
        for (int i = 0; i < count; i++) {
            table.raw(region());
        }
        return table;
    }

    private WireBytes config() {
        int offset = input.next16();
        int length = input.next8();
        return new WireBytes().u32(offset < 0xF000 ? offset & 0x1FF : offset << 16).u32(length)
                .u32(input.next8() & 1).raw(new byte[length]);
    }

    // ------------------------------------------------------------------ answers

    private void readReplies() {
        long got = front.receive(ROOM.address(), ROOM_BYTES, Posix::close);
        long at = ROOM.address();
        long end = at + Math.max(got, 0);
        while (at < end) {
            assertTrue(end - at >= HEADER_BYTES, "a header cut short");
            int request = NativeMemory.getInt(at);
            int size = NativeMemory.getInt(at + 8);
            assertEquals(REPLY_FLAGS, NativeMemory.getInt(at + 4), "flags of an answer");
            assertTrue(size >= 0 && size <= end - at - HEADER_BYTES, "size of an answer");
            boolean right = switch (request) {
                case 24 -> size == 0 || size == 12 + NativeMemory.getInt(at + HEADER_BYTES + 4);
                case 31 -> size == 24;
                default -> size == 8;
            };
            assertTrue(right, "answer to " + request + " of " + size + " bytes");
            at += HEADER_BYTES + size;
        }
    }
}
