// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.ChainLayout;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PackedFields;
import io.vblk.virtio.QueueSides;
import io.vblk.virtio.ReferenceDriver;
import io.vblk.virtio.ReferenceDriver.Buffer;
import io.vblk.virtio.ReferencePackedDriver;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.DiskModel.Kind;
import io.vblk.virtioblk.DiskModel.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A guest with the tests' own driver: cuts its chains into odd pieces, sends several ranges in a
 * request, and when it sleeps it sees nothing until it is called. Thread: one.
 */
final class OddGuest implements SimulatedGuest {
    static final int RANGES_MAX = 4;

    private static final int QUEUE_SIZE = 64;
    /** A packed ring may have any size. */
    private static final int PACKED_QUEUE_SIZE = 61;
    private static final int SLOTS = 12;
    private static final int PIECES_MAX = 4;
    private static final int BUFFERS_MAX = 2 * PIECES_MAX + 1;
    private static final int HEADER_BYTES = 16;
    private static final int RANGE_BYTES = 16;
    private static final int ID_BYTES = 20;
    private static final int SLOT_BYTES = 8192;
    private static final int STATUS_OFFSET = 64;
    private static final int DATA_OFFSET = 512;
    private static final int STATUS_PENDING = 0xFF;

    private final GuestRam ram = GuestRam.ofBytes(1 << 18);
    private final VirtqueueConfig queue;
    private final ChainLayout layout;
    private final QueueSides.Driver driver;
    private final EventNotifier kick = EventNotifier.create();
    private final EventNotifier call = EventNotifier.create();
    private final SplittableRandom random;
    private final long slots;
    private final Request[] requests = new Request[SLOTS];
    private int inFlight;
    private boolean asleep;
    private int sleeps;

    OddGuest(long features, SplittableRandom random) throws ErrnoException {
        this.random = random;
        this.layout = VirtioFeatures.has(features, VirtioFeatures.INDIRECT_DESC)
                ? ChainLayout.values()[random.nextInt(ChainLayout.values().length)]
                : ChainLayout.DIRECT;
        if (VirtioFeatures.has(features, VirtioFeatures.RING_PACKED)) {
            queue = PackedFields.allocateRings(ram, PACKED_QUEUE_SIZE);
            driver = new ReferencePackedDriver(ram, queue, BUFFERS_MAX, features, layout);
        } else {
            queue = ram.allocateRings(QUEUE_SIZE);
            driver = new ReferenceDriver(ram, queue, BUFFERS_MAX, features, layout);
        }
        this.slots = ram.allocate((long) SLOTS * SLOT_BYTES, 512);
        driver.disableCalls();
    }

    @Override
    public GuestMemory memory() {
        return ram.memory();
    }

    @Override
    public VirtqueueConfig ring() {
        return queue;
    }

    @Override
    public EventNotifier kickNotifier() {
        return kick;
    }

    @Override
    public EventNotifier callNotifier() {
        return call;
    }

    @Override
    public boolean accepts(Request request) {
        return true;
    }

    @Override
    public boolean add(Request request) {
        int slot = 0;
        while (slot < SLOTS && requests[slot] != null) {
            slot++;
        }
        if (slot == SLOTS
                || !driver.add(slot, buffers(slots + (long) slot * SLOT_BYTES, request))) {
            return false;
        }
        requests[slot] = request;
        inFlight++;
        return true;
    }

    private List<Buffer> buffers(long slot, Request request) {
        Kind kind = request.kind();
        ram.put32(slot, switch (kind) {
            case READ -> 0;
            case WRITE -> 1;
            case FLUSH -> 4;
            case GET_ID -> 8;
            case DISCARD -> 11;
            case WRITE_ZEROES -> 13;
            case SECURE_ERASE -> 14;
        });
        boolean transfers = kind == Kind.READ || kind == Kind.WRITE;
        ram.put64(slot + 8, transfers ? request.sectors()[0] : 0);
        ram.put8(slot + STATUS_OFFSET, STATUS_PENDING);
        long data = slot + DATA_OFFSET;
        int dataBytes = switch (kind) {
            case READ, WRITE -> request.totalSectors() * DiskModel.SECTOR_BYTES;
            case FLUSH -> 0;
            case GET_ID -> ID_BYTES;
            default -> request.sectors().length * RANGE_BYTES;
        };
        List<Buffer> buffers = new ArrayList<>();
        cut(buffers, slot, HEADER_BYTES, false);
        if (kind == Kind.READ || kind == Kind.GET_ID) {
            cut(buffers, data, dataBytes, true);
        } else {
            fill(data, request);
            cut(buffers, data, dataBytes, false);
        }
        buffers.add(new Buffer(slot + STATUS_OFFSET, 1, true));
        return buffers;
    }

    private void fill(long data, Request request) {
        if (request.kind() == Kind.WRITE) {
            int sectors = request.totalSectors();
            long host = ram.host(data, (long) sectors * DiskModel.SECTOR_BYTES);
            DiskModel.fill(host, sectors, request.stamp());
            return;
        }
        for (int i = 0; i < request.sectors().length; i++) {
            ram.put64(data + (long) RANGE_BYTES * i, request.sectors()[i]);
            ram.put32(data + (long) RANGE_BYTES * i + 8, request.counts()[i]);
            ram.put32(data + (long) RANGE_BYTES * i + 12,
                    request.kind() == Kind.WRITE_ZEROES ? i % 2 : 0);
        }
    }

    private void cut(List<Buffer> buffers, long address, int length, boolean writable) {
        int pieces = length == 0 ? 0 : 1 + random.nextInt(PIECES_MAX);
        long at = address;
        int left = length;
        for (int i = 1; i <= pieces; i++) {
            int piece = i == pieces ? left : random.nextInt(left + 1);
            buffers.add(new Buffer(at, piece, writable));
            at += piece;
            left -= piece;
        }
    }

    @Override
    public void publish() {
        if (driver.publish()) {
            kick.set();
        }
    }

    @Override
    public Answer poll() {
        if (asleep) {
            if (!call.testAndClear()) {
                return null;
            }
            asleep = false;
            driver.disableCalls();
        }
        ReferenceDriver.Used used = driver.pollUsed();
        if (used == null) {
            if (random.nextBoolean()) {
                // To sleep, unless something came meanwhile.
                call.testAndClear();
                driver.enableCalls();
                asleep = !driver.hasUsed();
                sleeps += asleep ? 1 : 0;
            }
            return null;
        }
        int slot = used.token();
        Request request = requests[slot];
        requests[slot] = null;
        inFlight--;
        long at = slots + (long) slot * SLOT_BYTES;
        return new Answer(request, ram.get8(at + STATUS_OFFSET), used.length(),
                ram.host(at + DATA_OFFSET, SLOT_BYTES - DATA_OFFSET));
    }

    @Override
    public boolean awaitsCall() {
        return asleep && driver.hasUsed();
    }

    /** How it lays out its chains. */
    ChainLayout layout() {
        return layout;
    }

    /** How often it went to sleep. */
    int sleeps() {
        return sleeps;
    }

    @Override
    public int inFlight() {
        return inFlight;
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        ram.close();
    }
}
