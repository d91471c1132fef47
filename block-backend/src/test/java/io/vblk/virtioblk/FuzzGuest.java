// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.posix.ErrnoException;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.VirtqueueConfig;
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

    final GuestRam ram = GuestRam.ofRegions(
            0, REGION_BYTES, REGION_BYTES, REGION_BYTES, ALONE, REGION_BYTES);
    final VirtqueueConfig queue = ram.allocateRings(QUEUE_SIZE);
    final EventNotifier kick = EventNotifier.create();
    final EventNotifier call = EventNotifier.create();
    private final long headers = ram.allocate(16 * QUEUE_SIZE, 16);
    private final long tables = ram.allocate(16 * TABLE_ENTRIES * QUEUE_SIZE, 16);
    private final SplittableRandom random;
    private final SplittableRandom flips;
    private final int diskSectors;

    FuzzGuest(SplittableRandom random, int diskSectors) throws ErrnoException {
        this.random = random;
        this.flips = random.split();
        this.diskSectors = diskSectors;
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    // ------------------------------------------------------------------ the guest's one thread

    /** Makes some chains available, if there is room as far as the guest can tell, and kicks. */
    void offerSomething() {
        int count = 1 + random.nextInt(4);
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

    private void lay(int head) {
        if (chance(8)) {
            noise(queue.descAddress() + 16L * head, 16);
            return;
        }
        long header = headers + 16L * head;
        ram.put32(header, TYPES[random.nextInt(TYPES.length)]);
        ram.put64(header + 8, chance(10) ? random.nextLong() : random.nextInt(diskSectors));
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
            boolean last = i == parts - 1;
            long address = i == 0 ? header : random.nextInt(2 * REGION_BYTES - 4096);
            long length = i == 0 ? 16 : last ? 1 : (long) SECTOR * random.nextInt(5);
            if (chance(4) && i > 0 && !last) {
                length = 16;
            }
            boolean write = last || i > 0 && writable;
            int flags = (last ? 0 : GuestRam.NEXT) | (write ? GuestRam.WRITE : 0);
            ram.putDescriptor(table, (first + i) % entries, odd(address), odd(length),
                    (int) odd(flags), (int) odd((first + i + 1) % entries));
        }
        return Math.max(parts, chance(4) ? entries : 0);
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
        ram.putAvailIdx(queue, base);
        ram.putUsedIdx(queue, base);
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        ram.close();
    }
}
