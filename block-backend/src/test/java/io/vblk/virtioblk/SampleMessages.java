// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import io.vblk.posix.UnixSocket;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.SharedRam;
import io.vblk.vhostuser.WireBytes;
import java.util.ArrayList;
import java.util.List;

/**
 * One well-formed message of each request that a block back-end may get, with descriptors of its
 * own. They fit {@link SharedRam#ordinary}. Thread: one.
 */
final class SampleMessages implements AutoCloseable {
    static final long USER = 0x7f12_3450_0000L;
    static final int MEMORY_BYTES = 1 << 20;

    /** A message without its header. */
    record Sample(String name, int request, byte[] payload, int... fds) {
        byte[] bytes(int flags) {
            return ReferenceFrontend.message(request, flags, payload);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    final int memory;
    final int event;
    final int nullDevice;
    private final UnixSocket[] sockets;
    private final List<Sample> all = new ArrayList<>();

    SampleMessages() throws ErrnoException {
        memory = Posix.memfdCreate("sample", Posix.MFD_CLOEXEC);
        Posix.ftruncate(memory, MEMORY_BYTES);
        event = Posix.eventfd(0, Posix.EFD_CLOEXEC);
        nullDevice = Posix.open("/dev/null", Posix.O_RDWR | Posix.O_CLOEXEC, 0);
        sockets = UnixSocket.pair();
        questions();
        device();
        shared();
        vring();
    }

    List<Sample> all() {
        return all;
    }

    Sample of(String name) {
        return all.stream().filter(each -> each.name.equals(name)).findFirst().orElseThrow();
    }

    private void add(String name, int request, WireBytes payload, int... fds) {
        all.add(new Sample(name, request, payload.bytes(), fds));
    }

    private void questions() {
        add("GET_FEATURES", 1, new WireBytes());
        add("GET_PROTOCOL_FEATURES", 15, new WireBytes());
        add("GET_QUEUE_NUM", 17, new WireBytes());
        add("GET_MAX_MEM_SLOTS", 36, new WireBytes());
        add("GET_STATUS", 40, new WireBytes());
        add("GET_CONFIG", 24, new WireBytes().u32(0).u32(57).u32(0).raw(new byte[57]));
        add("GET_VRING_BASE", 11, new WireBytes().u32(0).u32(0));
        add("GET_INFLIGHT_FD", 31,
                new WireBytes().u64(0).u64(0).u16(2).u16(8).u32(0));
    }

    private void device() {
        add("SET_FEATURES", 2, new WireBytes().u64(VhostUserGuest.BASIC));
        add("SET_PROTOCOL_FEATURES", 16, new WireBytes().u64(0x1b22b));
        add("SET_OWNER", 3, new WireBytes());
        add("RESET_OWNER", 4, new WireBytes());
        add("SET_STATUS", 39, new WireBytes().u64(15));
        add("RESET_DEVICE", 34, new WireBytes());
        add("SET_CONFIG", 25, new WireBytes().u32(32).u32(1).u32(0).raw(new byte[] {1}));
        add("SET_BACKEND_REQ_FD", 21, new WireBytes(), sockets[0].fd());
    }

    static WireBytes region(long guest, long bytes, long user, long offset) {
        return new WireBytes().u64(guest).u64(bytes).u64(user).u64(offset);
    }

    private void shared() {
        byte[] extra = region(1L << 40, 0x1000, 1L << 41, 0).bytes();
        add("SET_MEM_TABLE", 5, new WireBytes().u32(1).u32(0)
                .raw(region(0, MEMORY_BYTES, USER, 0).bytes()), memory);
        add("ADD_MEM_REG", 37, new WireBytes().u64(0).raw(extra), memory);
        add("REM_MEM_REG", 38, new WireBytes().u64(0).raw(extra));
        add("SET_LOG_BASE", 6, new WireBytes().u64(0x100).u64(0), memory);
        add("SET_LOG_FD", 7, new WireBytes(), event);
        add("SET_INFLIGHT_FD", 32,
                new WireBytes().u64(0x1000).u64(0x8000).u16(2).u16(8).u32(0), memory);
    }

    private void vring() {
        add("SET_VRING_NUM", 8, new WireBytes().u32(0).u32(8));
        add("SET_VRING_ADDR", 9, new WireBytes().u32(0).u32(0).u64(USER + 0x8000)
                .u64(USER + 0xa000).u64(USER + 0x9000).u64(0xa000));
        add("SET_VRING_BASE", 10, new WireBytes().u32(0).u32(0));
        add("SET_VRING_KICK", 12, new WireBytes().u64(0), event);
        add("SET_VRING_CALL", 13, new WireBytes().u64(0), event);
        add("SET_VRING_ERR", 14, new WireBytes().u64(0), event);
        add("SET_VRING_ENABLE", 18, new WireBytes().u32(0).u32(1));
    }

    @Override
    public void close() {
        Posix.close(memory);
        Posix.close(event);
        Posix.close(nullDevice);
        sockets[0].close();
        sockets[1].close();
    }
}
