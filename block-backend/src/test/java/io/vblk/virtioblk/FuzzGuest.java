// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.PackedFields;
import io.vblk.virtio.VirtqueueConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A guest that follows the rules of virtio now and then. Thread: {@link #offerSomething} one,
 * {@link #flipSomething} another, at the same time.
 */
final class FuzzGuest implements AutoCloseable {
    static final int QUEUE_SIZE = 16;

    private static final int[] TYPES = {0, 0, 0, 1, 1, 1, 4, 8, 11, 13, 14, 99};
    private static final int REGION_BYTES = 1 << 16;
    private static final long ALONE = 1 << 20;
    private static final int TABLE_ENTRIES = 64;
    private static final int SECTOR = 512;

    private record Descriptor(long address, long length, int flags) {}

    final GuestRam ram = GuestRam.ofRegions(
            0, REGION_BYTES, REGION_BYTES, REGION_BYTES, ALONE, REGION_BYTES);
    final VirtqueueConfig queue;
    final EventNotifier kick = EventNotifier.create();
    final EventNotifier call = EventNotifier.create();
    private final long headers;
    private final long tables;
    /** The packed ring, null if it is a split one. */
    private final PackedFuzz packed;
    private final SplittableRandom random;
    private final SplittableRandom flips;
    private final int diskSectors;

    FuzzGuest(SplittableRandom random, int diskSectors, boolean isPacked) throws ErrnoException {
        queue = isPacked ? PackedFields.allocateRings(ram, QUEUE_SIZE)
                : ram.allocateRings(QUEUE_SIZE);
        packed = isPacked ? new PackedFuzz(ram, queue) : null;
        headers = ram.allocate(16 * QUEUE_SIZE, 16);
        tables = ram.allocate(16 * TABLE_ENTRIES * QUEUE_SIZE, 16);
        this.random = random;
        this.flips = random.split();
        this.diskSectors = diskSectors;
    }

    boolean isPacked() {
        return packed != null;
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    // ------------------------------------------------------------------ the guest's one thread

    /** Makes some chains available, if there is room as far as the guest can tell, and kicks. */
    void offerSomething() {
        int count = 1 + random.nextInt(4);
        if (packed != null) {
            offerPacked(count);
            kick.set();
            return;
        }
        int idx = ram.availIdx(queue);
        for (int i = 0; i < count; i++) {
            int underWay = (idx + i - ram.usedIdx(queue)) & 0xFFFF;
            if (underWay >= QUEUE_SIZE) {
                count = i;
                break;
            }
            int head = random.nextInt(QUEUE_SIZE);
            lay(head);
            ram.putAvail(queue, idx + i, chance(50) ? random.nextInt(0x10000) : head);
        }
        ram.putAvailIdx(queue, chance(500) ? random.nextInt(0x10000) : idx + count);
        if (chance(20)) {
            ram.putAvailFlags(queue, random.nextInt(0x10000));
            ram.putUsedEvent(queue, random.nextInt(0x10000));
        }
        kick.set();
    }

    private void offerPacked(int count) {
        packed.follow();
        for (int i = 0; i < count; i++) {
            int id = packed.freeId();
            long header = headers + 16L * id;
            putHeader(header);
            List<PackedFuzz.Slot> slots = new ArrayList<>();
            int parts = 2 + random.nextInt(4);
            boolean writable = random.nextBoolean();
            for (int part = 0; part < parts; part++) {
                Descriptor each = descriptor(header, part, parts, writable);
                slots.add(new PackedFuzz.Slot(each.address(), each.length(), each.flags()));
            }
            if (chance(2)) {
                long table = tables + 16L * TABLE_ENTRIES * id;
                for (int part = 0; part < parts; part++) {
                    PackedFuzz.Slot each = slots.get(part);
                    ram.putDescriptor(table, part, each.address(), each.length(),
                            random.nextInt(0x10000), each.flags());
                }
                slots = List.of(new PackedFuzz.Slot(odd(table), odd(16L * parts),
                        (int) odd(GuestRam.INDIRECT)));
            }
            if (!packed.offer(chance(50) ? random.nextInt(0x10000) : id, slots)) {
                break;
            }
        }
        if (chance(20)) {
            packed.ring.putDriverEvent(random.nextInt(0x10000), random.nextInt(4));
        }
    }

    private void putHeader(long header) {
        ram.put32(header, TYPES[random.nextInt(TYPES.length)]);
        ram.put64(header + 8, chance(10) ? random.nextLong() : random.nextInt(diskSectors));
    }

    private void lay(int head) {
        if (chance(8)) {
            noise(queue.descAddress() + 16L * head, 16);
            return;
        }
        long header = headers + 16L * head;
        putHeader(header);
        if (chance(2)) {
            long table = tables + 16L * TABLE_ENTRIES * head;
            int entries = chain(table, header, 3 + random.nextInt(TABLE_ENTRIES - 3), 0);
            ram.putDescriptor(queue.descAddress(), head, odd(table), odd(16L * entries),
                    (int) odd(GuestRam.INDIRECT), random.nextInt(QUEUE_SIZE));
        } else {
            chain(queue.descAddress(), header, QUEUE_SIZE, head);
        }
    }

    /** A chain from entry {@code first} on, with now and then something wrong. */
    private int chain(long table, long header, int entries, int first) {
        int data = random.nextInt(4);
        int parts = data + 2;
        boolean writable = random.nextBoolean();
        for (int i = 0; i < parts; i++) {
            Descriptor each = descriptor(header, i, parts, writable);
            ram.putDescriptor(table, (first + i) % entries, each.address(), each.length(),
                    each.flags(), (int) odd((first + i + 1) % entries));
        }
        return Math.max(parts, chance(4) ? entries : 0);
    }

    /** Part of a chain of a header, data and a status. */
    private Descriptor descriptor(long header, int i, int parts, boolean writable) {
        boolean last = i == parts - 1;
        long address = i == 0 ? header : random.nextInt(2 * REGION_BYTES - 4096);
        long length = i == 0 ? 16 : last ? 1 : (long) SECTOR * random.nextInt(5);
        if (chance(4) && i > 0 && !last) {
            length = 16;
        }
        boolean write = last || i > 0 && writable;
        int flags = (last ? 0 : GuestRam.NEXT) | (write ? GuestRam.WRITE : 0);
        return new Descriptor(odd(address), odd(length), (int) odd(flags));
    }

    /** Mostly the value itself, sometimes one near it, sometimes anything. */
    private long odd(long value) {
        if (!chance(30)) {
            return value;
        }
        return switch (random.nextInt(5)) {
            case 0 -> value + 1;
            case 1 -> value - 1;
            case 2 -> value ^ 1L << random.nextInt(Long.SIZE);
            case 3 -> ALONE + REGION_BYTES - random.nextInt(1024);
            default -> random.nextLong();
        };
    }

    private void noise(long address, int length) {
        for (int i = 0; i < length; i++) {
            ram.put8(address + i, random.nextInt(256));
        }
    }

    // ------------------------------------------------------------------ another thread of it

    /** Changes something that the device may be looking at. */
    void flipSomething() {
        long ringsEnd = headers;
        int choice = flips.nextInt(100);
        long address = choice < 30 ? queue.descAddress() + flips.nextInt(16 * QUEUE_SIZE)
                : choice < 60 ? tables + flips.nextInt(16 * TABLE_ENTRIES * QUEUE_SIZE)
                : choice < 90 ? headers + flips.nextInt(16 * QUEUE_SIZE)
                : choice < 95 && packed != null ? queue.availAddress() + flips.nextInt(8)
                : choice < 95 ? queue.availAddress() + 4 + flips.nextInt(2 * QUEUE_SIZE)
                : ringsEnd + flips.nextInt(2 * REGION_BYTES - (int) ringsEnd);
        int old = ram.get8(address);
        ram.put8(address, flips.nextBoolean() ? old ^ 1 << flips.nextInt(8) : flips.nextInt(256));
        if (flips.nextInt(200_000) == 0) {
            ram.put8(flips.nextInt((int) ringsEnd), flips.nextInt(256));
        }
    }

    /** Makes the ring look sane again for a start from {@code base}. */
    void repair(int base) {
        if (packed != null) {
            packed.repair(base);
            return;
        }
        ram.putAvailIdx(queue, base);
        ram.putUsedIdx(queue, base);
    }

    /** A good read of one sector as the only chain, from {@code base} on. */
    void offerGoodRead(int base, long header, long data) {
        ram.put32(header, 0);
        ram.put64(header + 8, 3);
        ram.put8(header + 16, 0xEE);
        repair(base);
        if (packed != null) {
            packed.follow();
            packed.offer(0, List.of(new PackedFuzz.Slot(header, 16, GuestRam.NEXT),
                    new PackedFuzz.Slot(data, SECTOR, GuestRam.NEXT | GuestRam.WRITE),
                    new PackedFuzz.Slot(header + 16, 1, GuestRam.WRITE)));
            return;
        }
        long table = queue.descAddress();
        ram.putDescriptor(table, 0, header, 16, GuestRam.NEXT, 1);
        ram.putDescriptor(table, 1, data, SECTOR, GuestRam.NEXT | GuestRam.WRITE, 2);
        ram.putDescriptor(table, 2, header + 16, 1, GuestRam.WRITE, 0);
        ram.putAvail(queue, base, 0);
        ram.putAvailIdx(queue, base + 1);
    }

    /** The length of the chain used at {@code base}, -1 if there is none. */
    int usedLengthAt(int base) {
        if (packed != null) {
            int slot = base & 0x7FFF;
            return packed.ring.isUsed(slot, (base & 0x8000) != 0) ? packed.ring.length(slot) : -1;
        }
        return ram.usedIdx(queue) == (base + 1 & 0xFFFF) ? ram.usedLength(queue, base) : -1;
    }

    /** Where a queue goes on after that read. */
    int baseAfterGoodRead(int base) {
        if (packed == null) {
            return base + 1 & 0xFFFF;
        }
        int slot = (base & 0x7FFF) + 3;
        int wrap = base & 0x8000;
        int offWrap = slot < QUEUE_SIZE ? slot | wrap : slot - QUEUE_SIZE | wrap ^ 0x8000;
        return offWrap | offWrap << 16;
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        ram.close();
    }
}
