// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Guest memory of the fuzz targets: a few pages, and between them pages that nobody may touch, so
 * that a stray access ends the process. Thread: one.
 *
 * <pre>
 *   0  a page     0x1000  another, adjoining     0x4000  a third, alone     0x5000  nothing
 * </pre>
 */
public final class FuzzMemory implements AutoCloseable {
    /** Where the second region adjoins the first. */
    public static final long SECOND = 0x1000;
    /** Where the second region ends. */
    public static final long SECOND_END = 0x2000;
    /** Where the third region starts. */
    public static final long ALONE = 0x4000;
    /** Where the third region ends; nothing follows. */
    public static final long END = 0x5000;

    private static final long[] STARTS = {0, SECOND, ALONE};
    private static final int PAGE = 0x1000;
    private static final long GUARD_BYTES = 0x10000;
    private static final int PROT_NONE = 0;
    /** Number of mprotect(2), -1 where it is not known. */
    private static final int SYS_MPROTECT = switch (System.getProperty("os.arch")) {
        case "amd64" -> 10;
        case "aarch64", "riscv64" -> 226;
        default -> -1;
    };

    /** To write to as the guest does. */
    public final GuestRam ram;

    private final List<MappedMemory> guards = new ArrayList<>();
    private final byte[] before = new byte[STARTS.length * PAGE];
    private final byte[] now = new byte[STARTS.length * PAGE];

    /** Zeroed memory. */
    public FuzzMemory() {
        MemoryRegion[] regions = new MemoryRegion[STARTS.length];
        try {
            guard();
            for (int i = 0; i < STARTS.length; i++) {
                regions[i] = MemoryRegion.allocate(STARTS[i], PAGE);
                // Linux maps downwards, so each guard comes to lie in front of the region.
                guard();
            }
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
        ram = GuestRam.of(GuestMemory.of(regions));
    }

    private void guard() throws ErrnoException {
        MappedMemory guard = MappedMemory.anonymous(GUARD_BYTES);
        guards.add(guard);
        if (SYS_MPROTECT >= 0) {
            Posix.syscall(SYS_MPROTECT, guard.address(), GUARD_BYTES, PROT_NONE, 0);
        }
    }

    /** The memory itself. */
    public GuestMemory memory() {
        return ram.memory();
    }

    /** Zeroes all of it. */
    public void clear() {
        for (int i = 0; i < STARTS.length; i++) {
            NativeMemory.fill(memory().region(i).hostAddress(), PAGE, 0);
        }
    }

    /** First address behind the region that an address lies in, 0 outside of memory. */
    public static long regionEnd(long address) {
        for (long start : STARTS) {
            if (address >= start && address < start + PAGE) {
                return start + PAGE;
            }
        }
        return 0;
    }

    /** Guest address of a host address. */
    public long guestOf(long host) {
        for (int i = 0; i < STARTS.length; i++) {
            long offset = host - memory().region(i).hostAddress();
            if (offset >= 0 && offset < PAGE) {
                return STARTS[i] + offset;
            }
        }
        throw new AssertionError("host address " + Long.toHexString(host) + " is not the guest's");
    }

    /** Writes a byte where there is memory. */
    public void poke(long address, int value) {
        if (regionEnd(address) != 0) {
            ram.put8(address, value);
        }
    }

    /** Writes a little-endian value, as much of it as lies in memory. */
    public void poke(long address, int count, long value) {
        for (int i = 0; i < count; i++) {
            poke(address + i, (int) (value >>> (8 * i)));
        }
    }

    /** Notes the contents, for {@link #changed}. */
    public void note() {
        read(before);
    }

    private void read(byte[] to) {
        for (int i = 0; i < STARTS.length; i++) {
            NativeMemory.copyToArray(memory().region(i).hostAddress(), to, i * PAGE, PAGE);
        }
    }

    /** Takes a range out of the comparison: what was noted of it is what is there now. */
    public void allow(long address, long lengthBytes) {
        for (long at = address; at < address + lengthBytes; at++) {
            int index = (int) (at < ALONE ? at : at - ALONE + SECOND_END);
            before[index] = (byte) ram.get8(at);
        }
    }

    /** The first guest address whose byte is not as noted, or -1. */
    public long changed() {
        read(now);
        int at = Arrays.mismatch(before, now);
        return at < SECOND_END ? at : at - SECOND_END + ALONE;
    }

    @Override
    public void close() {
        ram.close();
        guards.forEach(MappedMemory::close);
    }
}
