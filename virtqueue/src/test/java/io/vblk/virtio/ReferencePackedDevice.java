// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A device for packed rings, written from the rules of virtio 1.3, 2.8 alone, slow and plain, so
 * that it shares no mistake with {@link PackedVirtqueue}. Thread: one, the driver's as well, as it
 * knows no barriers. It trusts its driver: a broken ring ends in an AssertionError.
 */
final class ReferencePackedDevice implements QueueSides.Device {
    private record Taken(int slots, long writableBytes) {}

    private record Element(int slot, boolean wrap, int id, int length) {}

    private final GuestRam ram;
    private final VirtqueueConfig queue;
    private final PackedFields ring;
    private final boolean eventIdx;
    private final InOrderBatches batches;
    private int availSlot;
    private boolean availWrap = true;
    private int usedSlot;
    private boolean usedWrap = true;
    private final Map<Integer, Taken> taken = new LinkedHashMap<>();
    private final List<Element> written = new ArrayList<>();
    /** Places of written used descriptors and of the slots that they skip. */
    private final List<Integer> passed = new ArrayList<>();
    private final List<Integer> undecided = new ArrayList<>();

    /** A device on a fresh ring. */
    ReferencePackedDevice(GuestRam ram, VirtqueueConfig queue, long features) {
        this.ram = ram;
        this.queue = queue;
        this.ring = new PackedFields(ram, queue);
        this.eventIdx = (features >> 29 & 1) != 0;
        this.batches = new InOrderBatches((features >> 35 & 1) != 0);
    }

    @Override
    public boolean isEmpty() {
        return !ring.isAvailable(availSlot, availWrap);
    }

    @Override
    public ReferenceDevice.Chain pop() {
        if (isEmpty()) {
            return null;
        }
        List<Buffer> buffers = new ArrayList<>();
        int slots = 0;
        int flags = GuestRam.NEXT;
        int id = -1;
        while ((flags & GuestRam.NEXT) != 0) {
            if (isEmpty() || slots == queue.size()) {
                throw new AssertionError("the driver made a bad chain before " + availSlot);
            }
            flags = ring.flags(availSlot);
            id = ring.id(availSlot);
            if ((flags & GuestRam.INDIRECT) != 0) {
                readTable(ring.address(availSlot), ring.length(availSlot) / 16, buffers);
            } else {
                buffers.add(new Buffer(ring.address(availSlot), ring.length(availSlot),
                        (flags & GuestRam.WRITE) != 0));
            }
            slots++;
            availSlot++;
            if (availSlot == queue.size()) {
                availSlot = 0;
                availWrap = !availWrap;
            }
        }
        long writable = ReferenceDriver.writableBytes(buffers);
        if (id >= queue.size() || taken.put(id, new Taken(slots, writable)) != null) {
            throw new AssertionError("the driver made a chain with the bad id " + id);
        }
        batches.take(id, writable);
        return new ReferenceDevice.Chain(id, buffers);
    }

    private void readTable(long table, int entries, List<Buffer> buffers) {
        for (int i = 0; i < entries; i++) {
            long entry = table + 16L * i;
            buffers.add(new Buffer(ram.get64(entry), ram.get32(entry + 8),
                    (ram.get16(entry + 14) & GuestRam.WRITE) != 0));
        }
    }

    @Override
    public void addUsed(int id, int length) {
        batches.use(id, length);
    }

    /** Shows the driver what was given back, the first descriptor last. */
    @Override
    public void publishUsed() {
        for (InOrderBatches.Batch batch : batches.ready()) {
            written.add(new Element(usedSlot, usedWrap, batch.lastId(), batch.length()));
            for (int id : batch.ids()) {
                advance(taken.remove(id).slots());
            }
        }
        for (int i = written.size() - 1; i >= 0; i--) {
            Element next = written.get(i);
            int write = next.length() == 0 ? 0 : GuestRam.WRITE;
            ring.putUsed(next.slot(), next.id(), next.length(),
                    write | PackedFields.usedFlags(next.wrap()));
        }
        written.clear();
        undecided.addAll(passed);
        passed.clear();
    }

    private void advance(int slots) {
        for (int i = 0; i < slots; i++) {
            passed.add(PackedFields.offWrap(usedSlot, usedWrap));
            usedSlot++;
            if (usedSlot == queue.size()) {
                usedSlot = 0;
                usedWrap = !usedWrap;
            }
        }
    }

    /** Whether the driver is to be notified of what was shown since the last decision (2.8.10). */
    @Override
    public boolean needsCall() {
        boolean wanted = !undecided.isEmpty() && switch (ring.driverEventFlags()) {
            case PackedFields.ENABLE -> true;
            case PackedFields.DESC -> undecided.contains(ring.driverEvent());
            default -> false;
        };
        undecided.clear();
        return wanted;
    }

    /** Asks to be notified of the next available chain (2.8.10). */
    @Override
    public void enableKicks() {
        ring.putDeviceEvent(eventIdx ? PackedFields.offWrap(availSlot, availWrap) : 0,
                eventIdx ? PackedFields.DESC : PackedFields.ENABLE);
    }

    @Override
    public void disableKicks() {
        ring.putDeviceEvent(0, PackedFields.DISABLE);
    }
}
