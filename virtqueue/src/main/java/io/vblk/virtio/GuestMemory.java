// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import java.util.Arrays;

/**
 * Immutable table of memory regions; the only way from a guest address to a host address.
 * Thread: any. Addresses given out are valid until {@link #close}.
 */
public final class GuestMemory implements AutoCloseable {
    /** Answer for a guest range that is not mapped; no mapping starts at 0. */
    public static final long UNMAPPED = 0;

    private final MemoryRegion[] regions;
    // The table again as plain numbers, sorted by guest address, for the lookups.
    private final long[] starts;
    private final long[] lengths;
    private final long[] hosts;

    private GuestMemory(MemoryRegion[] regions) {
        this.regions = regions;
        this.starts = new long[regions.length];
        this.lengths = new long[regions.length];
        this.hosts = new long[regions.length];
        for (int i = 0; i < regions.length; i++) {
            starts[i] = regions[i].guestAddress();
            lengths[i] = regions[i].lengthBytes();
            hosts[i] = regions[i].hostAddress();
        }
    }

    /** Makes a table of regions that it owns from now on; they must not overlap. */
    public static GuestMemory of(MemoryRegion... regions) {
        MemoryRegion[] sorted = regions.clone();
        Arrays.sort(sorted, (a, b) -> Long.compareUnsigned(a.guestAddress(), b.guestAddress()));
        for (int i = 1; i < sorted.length; i++) {
            long end = sorted[i - 1].guestAddress() + sorted[i - 1].lengthBytes();
            // Unsigned: one region may end at 2^64.
            if (Long.compareUnsigned(end - 1, sorted[i].guestAddress()) >= 0) {
                throw new IllegalArgumentException(
                        "regions overlap at guest address " + sorted[i].guestAddress());
            }
        }
        return new GuestMemory(sorted);
    }

    /** One zeroed region from guest address 0. */
    public static GuestMemory allocate(long lengthBytes) throws ErrnoException {
        return of(MemoryRegion.allocate(0, lengthBytes));
    }

    /** Number of regions. */
    public int regionCount() {
        return regions.length;
    }

    /** A region, in the order of guest addresses. */
    public MemoryRegion region(int index) {
        return regions[index];
    }

    /**
     * Host address of a guest range that lies wholly in one region.
     *
     * @return the address, or {@link #UNMAPPED}
     */
    public long hostAddress(long guestAddress, long lengthBytes) {
        for (int i = 0; i < starts.length; i++) {
            long offset = guestAddress - starts[i];
            // Unsigned, so that addresses near 2^64 and huge lengths cannot wrap around.
            if (Long.compareUnsigned(offset, lengths[i]) < 0) {
                return Long.compareUnsigned(lengthBytes, lengths[i] - offset) <= 0
                        ? hosts[i] + offset
                        : UNMAPPED;
            }
        }
        return UNMAPPED;
    }

    /**
     * Guest address of a host address in one of the regions.
     *
     * @param hostAddress what {@link #hostAddress} gave, or an address behind it in that region
     */
    long guestAddress(long hostAddress) {
        for (int i = 0; i < hosts.length; i++) {
            long offset = hostAddress - hosts[i];
            if (Long.compareUnsigned(offset, lengths[i]) < 0) {
                return starts[i] + offset;
            }
        }
        throw new IllegalArgumentException("no region holds host address " + hostAddress);
    }

    /** The region that holds a guest address, or null. */
    MemoryRegion regionAt(long guestAddress) {
        for (int i = 0; i < starts.length; i++) {
            if (Long.compareUnsigned(guestAddress - starts[i], lengths[i]) < 0) {
                return regions[i];
            }
        }
        return null;
    }

    /**
     * Whether all regions are still there. Another process may cut short the file that it shares;
     * a JVM throws InternalError for the SIGBUS that follows.
     */
    public boolean isThere() {
        for (MemoryRegion region : regions) {
            if (!region.isThere()) {
                return false;
            }
        }
        return true;
    }

    /** Unmaps all regions. Nobody may use an address of theirs any more. */
    @Override
    public void close() {
        for (MemoryRegion region : regions) {
            region.close();
        }
    }
}
