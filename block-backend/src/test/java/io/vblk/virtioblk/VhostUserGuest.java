// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.NativeMemory;
import io.vblk.vhostuser.ReferenceFrontend;
import io.vblk.vhostuser.SharedRam;
import io.vblk.vhostuser.WireBytes;
import io.vblk.virtio.ChainLayout;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PackedFields;
import io.vblk.virtio.QueueSides;
import io.vblk.virtio.ReferenceDriver;
import io.vblk.virtio.ReferenceDriver.Buffer;
import io.vblk.virtio.ReferencePackedDriver;
import io.vblk.virtio.VirtqueueConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * A VMM with a guest in it, as far as a vhost-user-blk back-end can tell: speaks the messages in
 * the order in which QEMU 7.2 does, and drives the rings by the reference drivers. Each step can
 * also be taken alone. Thread: one.
 */
final class VhostUserGuest implements AutoCloseable {
    /** VERSION_1 and bit 30, PROTOCOL_FEATURES. */
    static final long BASIC = 1L << 32 | 1L << 30;
    static final long SEABIOS = 0x140000046L & ~2L;
    static final long EVENT_IDX = 1L << 29;
    static final long INDIRECT = 1L << 28;
    static final long PACKED = 1L << 34;
    static final long FLUSH = 1L << 9;
    static final long CONFIG_WCE = 1L << 11;
    static final long LOG_ALL = 1L << 26;
    static final int STATUS_OK = 0;
    static final int DATA_BYTES = 4096;
    private static final int BUFFERS = 3;
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int UNSET = 0xEE;

    final ReferenceFrontend wire;
    final SharedRam shared;
    final GuestRam ram;
    long features;
    final List<Queue> queues = new ArrayList<>();

    /** A queue of the guest. */
    final class Queue {
        final int index;
        VirtqueueConfig ring;
        QueueSides.MovableDriver driver;
        EventNotifier kick;
        EventNotifier call;
        int base;
        private final List<Slot> slots = new ArrayList<>();

        Queue(int index) throws ErrnoException {
            this.index = index;
            this.kick = EventNotifier.create();
            this.call = EventNotifier.create();
        }

        /** Lays a new ring out, on zeroed memory. */
        void lay(int size) {
            boolean packed = (features & PACKED) != 0;
            ring = packed ? PackedFields.allocateRings(ram, size) : ram.allocateRings(size);
            use(ring);
        }

        /** Uses memory for a ring, which is zeroed. */
        void use(VirtqueueConfig memory) {
            boolean packed = (features & PACKED) != 0;
            ring = memory;
            ChainLayout layout =
                    (features & INDIRECT) != 0 ? ChainLayout.INDIRECT : ChainLayout.DIRECT;
            driver = packed ? new ReferencePackedDriver(ram, ring, BUFFERS, features, layout)
                    : new ReferenceDriver(ram, ring, BUFFERS, features, layout);
            base = packed ? 0x80008000 : 0;
        }

        int get32(long guestAddress) {
            return ram.get32(guestAddress);
        }

        // ------------------------------------------------------------------ messages

        void sendNum() {
            wire.sendState(ReferenceFrontend.SET_VRING_NUM, index, ring.size());
        }

        void sendBase() {
            wire.sendState(ReferenceFrontend.SET_VRING_BASE, index, base);
        }

        byte[] addresses(int flags) {
            return new WireBytes().u32(index).u32(flags)
                    .u64(shared.user(ring.descAddress())).u64(shared.user(ring.usedAddress()))
                    .u64(shared.user(ring.availAddress())).u64(ring.usedAddress()).bytes();
        }

        void sendAddresses() {
            wire.send(ReferenceFrontend.SET_VRING_ADDR, ReferenceFrontend.PLAIN, addresses(0));
        }

        void sendKick() {
            wire.sendU64(ReferenceFrontend.SET_VRING_KICK, index, kick.fd());
        }

        void sendCall() {
            wire.sendU64(ReferenceFrontend.SET_VRING_CALL, index, call.fd());
        }

        void enable(int value) {
            wire.sendState(ReferenceFrontend.SET_VRING_ENABLE, index, value);
        }

        /** All about the ring, but not ENABLE. */
        void configure() {
            sendNum();
            sendBase();
            sendAddresses();
            sendKick();
        }

        /** Stops the ring and keeps where it stood. */
        int stop() {
            base = wire.getBase(index);
            return base;
        }

        // ------------------------------------------------------------------ requests

        /** Makes a request available and kicks. */
        void send(int token, int type, long sector) {
            add(token, type, sector);
            publish();
        }

        void add(int token, int type, long sector) {
            Slot slot = slot(token);
            ram.put32(slot.header, type);
            ram.put32(slot.header + 4, 0);
            ram.put64(slot.header + 8, sector);
            ram.put8(slot.status, UNSET);
            assertTrue(driver.add(token, List.of(new Buffer(slot.header, 16, false),
                    new Buffer(slot.data, slot.bytes, type == IN),
                    new Buffer(slot.status, 1, true))), "the ring is full");
        }

        void publish() {
            NativeMemory.fullFence();
            driver.publish();
            NativeMemory.fullFence();
            kick.set();
        }

        Slot slot(int token) {
            while (slots.size() <= token) {
                slots.add(new Slot(ram.allocate(16, 16), ram.allocate(DATA_BYTES, 512),
                        ram.allocate(1, 1), 512));
            }
            return slots.get(token);
        }

        /** Puts a request's memory somewhere else. */
        void place(int token, Slot slot) {
            slot(token);
            slots.set(token, slot);
        }

        boolean hasUsed() {
            NativeMemory.fullFence();
            boolean used = driver.hasUsed();
            NativeMemory.fullFence();
            return used;
        }

        /** Token of the next request that comes back, for which a call is waited for. */
        int await() {
            while (true) {
                if (hasUsed()) {
                    return driver.pollUsed().token();
                }
                driver.enableCalls();
                if (!hasUsed()) {
                    ReferenceFrontend.awaitSet(call, "call of queue " + index);
                }
            }
        }

        /** The next request to come back is this one, and it is well. */
        void assertOk(int token) {
            assertEquals(token, await(), "request that came back");
            assertEquals(STATUS_OK, ram.get8(slot(token).status), "status");
        }

        /** Reads a sector and compares: each begins with its number. */
        void assertReads(int sector) {
            send(0, IN, sector);
            assertOk(0);
            assertEquals(sector, ram.get32(slot(0).data), "first word of the sector");
        }

        void assertWrites(int sector, int value) {
            ram.put32(slot(0).data, value);
            send(0, OUT, sector);
            assertOk(0);
        }

        void assertNothingUsed() {
            assertFalse(hasUsed(), "a request of queue " + index + " was served");
        }
    }

    /** Where the parts of a request lie, and the length of its data. */
    record Slot(long header, long data, long status, int bytes) {}

    private VhostUserGuest(ReferenceFrontend wire, SharedRam shared) {
        this.wire = wire;
        this.shared = shared;
        this.ram = shared.ram();
    }

    /** Takes over a connection; nothing has been said. */
    static VhostUserGuest silent(ReferenceFrontend wire, SharedRam shared) throws ErrnoException {
        return new VhostUserGuest(wire, shared);
    }

    /** Takes over a connection, negotiates, and shares ordinary memory. */
    static VhostUserGuest connected(ReferenceFrontend wire) throws ErrnoException {
        VhostUserGuest guest = silent(wire, SharedRam.ordinary());
        guest.negotiate();
        guest.addMemory();
        return guest;
    }

    /** What QEMU says when the device is made. */
    void negotiate() throws ErrnoException {
        long offered = wire.get(ReferenceFrontend.GET_FEATURES);
        assertTrue((offered >> 30 & 1) == 1, "PROTOCOL_FEATURES has to be offered");
        long protocol = wire.get(ReferenceFrontend.GET_PROTOCOL_FEATURES);
        wire.sendU64(ReferenceFrontend.SET_PROTOCOL_FEATURES, protocol);
        int count = (int) wire.get(ReferenceFrontend.GET_QUEUE_NUM);
        wire.get(ReferenceFrontend.GET_MAX_MEM_SLOTS);
        wire.send(ReferenceFrontend.SET_OWNER, ReferenceFrontend.PLAIN, new byte[0]);
        wire.get(ReferenceFrontend.GET_FEATURES);
        for (int i = 0; i < count; i++) {
            queues.add(new Queue(i));
        }
    }

    /** Shares each region by ADD_MEM_REG. */
    void addMemory() {
        for (SharedRam.Region region : shared.regions()) {
            wire.sendAcked(ReferenceFrontend.ADD_MEM_REG, region.payload(), region.fd());
        }
    }

    /** Sets features, with those that always are. */
    void setFeatures(long more) {
        features = BASIC | more;
        wire.sendU64(ReferenceFrontend.SET_FEATURES, features);
    }

    /** What QEMU says when a driver is ready: the first so many queues, of fresh rings. */
    void start(long moreFeatures, int count, int size) {
        setFeatures(moreFeatures);
        for (int i = 0; i < count; i++) {
            queues.get(i).lay(size);
        }
        resume(count);
    }

    /** Starts rings that are laid out where their bases are. */
    void resume(int count) {
        queues.subList(0, count).forEach(Queue::sendCall);
        queues.subList(0, count).forEach(Queue::configure);
        enableAll(1);
    }

    void enableAll(int value) {
        queues.forEach(queue -> queue.enable(value));
    }

    /** What QEMU 7.2 says at a reset or a stop of the machine. */
    void stop(int count) {
        wire.sendU64(ReferenceFrontend.SET_STATUS, 0);
        enableAll(0);
        queues.subList(0, count).forEach(Queue::stop);
    }

    Queue queue(int index) {
        return queues.get(index);
    }

    /** Leaves without a word. */
    @Override
    public void close() {
        wire.close();
        for (Queue queue : queues) {
            queue.kick.close();
            queue.call.close();
        }
        shared.close();
    }
}
