// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.PlainChain.Segment;
import java.util.List;

/**
 * Plays a fuzzer's input: steps of the guest on its memory, and in between steps of the device.
 * The same bytes mean much the same on both kinds of ring. Thread: one.
 *
 * <pre>
 *   a step is one byte, its low four bits say what, then what it takes:
 *       0, 1  a descriptor of the ring: index 1, then as 2     8  device: pop
 *       2, 3  a descriptor anywhere: at 2, address 2,          9  device: use, which 1, length 2
 *             length 2, flags 1, next or id 1                 10  device: show what is used
 *       4     bytes anywhere: at 2, count 1, the bytes        11  device: kicks, 1
 *       5     a request header: at 2, type 1, sector 2        12  event suppression: 1
 *       6     make available: 1                               13  device: stop and start again
 *       7     disturb the ring: 1                             14  device: pop and use all
 *      15     a whole request: type 1, sector 2, data address 2, length 2, table 1
 * </pre>
 */
public final class FuzzScript {
    /**
     * What a device does between the guest's steps; false ends the play. A step that is nothing to
     * a device goes by.
     */
    public interface Device {
        /** Takes a chain. */
        boolean pop();

        /** Gives a chain back. */
        default boolean use(int which, int length) {
            return true;
        }

        /** Shows what was given back. */
        default boolean show() {
            return true;
        }

        /** Switches kicks, or looks whether there is something. */
        default boolean kicks(int choice) {
            return true;
        }

        /** Another device side goes on. */
        boolean restart();

        /** Takes all chains and gives all back. */
        boolean drain();

        /** Where a whole request goes. */
        int base();
    }

    private static final int STEPS_MAX = 256;
    private static final int BYTES_MAX = 32;
    private static final int HEADER_BYTES = 16;
    private static final int REQUEST_HEADER = 0x800;
    private static final int REQUEST_TABLE = 0xA00;

    private final FuzzInput input;
    private final FuzzRing ring;
    private final FuzzMemory memory;
    private final Device device;

    /** On a ring that is started. */
    public FuzzScript(FuzzInput input, FuzzMemory memory, FuzzRing ring, Device device) {
        this.input = input;
        this.ring = ring;
        this.memory = memory;
        this.device = device;
    }

    /** Plays to the end of the input; returns whether the device went along to the end. */
    public boolean play() {
        for (int step = 0; step < STEPS_MAX && input.hasMore(); step++) {
            if (!step(input.next8() & 0xF)) {
                return false;
            }
        }
        return true;
    }

    private boolean step(int what) {
        switch (what) {
            case 0, 1 -> descriptor(ring.entry(input.next8()));
            case 2, 3 -> descriptor(input.address());
            case 4 -> bytes();
            case 5 -> header(input.address(), input.next8(), input.next16());
            case 6 -> ring.offer(input.next8());
            case 7 -> ring.disturb(input.next8());
            case 12 -> ring.suppress(input.next8());
            case 15 -> request();
            default -> {
                return device(what);
            }
        }
        return true;
    }

    private boolean device(int what) {
        return switch (what) {
            case 8 -> device.pop();
            case 9 -> device.use(input.next8(), input.next16());
            case 10 -> device.show();
            case 11 -> device.kicks(input.next8());
            case 13 -> device.restart();
            default -> device.drain();
        };
    }

    private void descriptor(long at) {
        ring.descriptor(at, input.address(), input.length(), input.flags(), input.link());
    }

    private void bytes() {
        long at = input.address();
        int count = input.next8() % BYTES_MAX;
        for (int i = 0; i < count; i++) {
            memory.poke(at + i, input.next8());
        }
    }

    /** Types from 0xC0 on have the old barrier bit; sectors are small, huge, or below 2^64. */
    private void header(long at, int type, int sector) {
        memory.poke(at, 4, type < 0xC0 ? type : type & 0x3F | 0x8000_0000L);
        memory.poke(at + 8, 8, sector < 0x8000 ? sector
                : sector < 0xF000 ? (long) sector << 48 : sector - 0x10000L);
    }

    /** Header, data and status, in the ring or in a table; data goes the way its type wants. */
    private void request() {
        int type = input.next8();
        header(REQUEST_HEADER, type, input.next16());
        long data = input.address();
        long length = input.length();
        int table = input.next8();
        boolean writable = type == 0 || type == 8;
        List<Segment> parts = List.of(new Segment(REQUEST_HEADER, HEADER_BYTES, false),
                new Segment(data, length, writable),
                new Segment(REQUEST_HEADER + HEADER_BYTES, 1, true));
        if ((table & 1) == 0) {
            ring.offerGood(device.base(), parts);
            return;
        }
        for (int i = 0; i < parts.size(); i++) {
            Segment part = parts.get(i);
            int flags = (i < 2 ? GuestRam.NEXT : 0) | (part.writable() ? GuestRam.WRITE : 0);
            ring.descriptor(REQUEST_TABLE + 16L * i, part.address(), part.length(), flags, i + 1);
        }
        ring.offerTable(device.base(), REQUEST_TABLE, 16L * parts.size());
    }
}
