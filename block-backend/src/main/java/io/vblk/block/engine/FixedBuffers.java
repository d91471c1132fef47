// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.uring.Uring;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guest memory registered with a ring, so that the kernel need not pin its pages for each request
 * (io_uring_register(2), IORING_REGISTER_BUFFERS). Registering pins all of it, used or not.
 * Thread: home, all of it.
 */
final class FixedBuffers {
    /** The kernel takes no longer buffer. */
    static final long SLICE_BYTES_MAX = 1L << 30;
    /** The kernel takes no more buffers. */
    static final int SLICES_MAX = 1 << 14;
    /** Answer for what lies in no registered buffer. */
    static final int NONE = -1;

    private static final Logger LOG = LoggerFactory.getLogger(FixedBuffers.class);

    private final String name;
    private final Uring ring;
    private final long sliceBytesMax;
    private final List<Region> regions = new ArrayList<>();
    private boolean refused;
    /** There are regions that the kernel has not been told of. */
    private boolean changed;

    // What is registered, by index; a buffer never crosses a slice.
    private long[] starts = {};
    private long[] ends = {};
    private int last;

    private static final class Region {
        private final long address;
        private final long lengthBytes;
        private int users;

        Region(long address, long lengthBytes) {
            this.address = address;
            this.lengthBytes = lengthBytes;
        }
    }

    /** None yet; {@code name} is what messages call the file. */
    FixedBuffers(String name, Uring ring, long sliceBytesMax) {
        this.name = name;
        this.ring = ring;
        this.sliceBytesMax = sliceBytesMax;
    }

    /** Index of the buffer that a range lies in, or {@link #NONE}. */
    int indexOf(long address, long lengthBytes) {
        if (changed) {
            changed = false;
            register();
        }
        if (last < starts.length && isIn(last, address, lengthBytes)) {
            return last;
        }
        for (int i = 0; i < starts.length; i++) {
            if (isIn(i, address, lengthBytes)) {
                last = i;
                return i;
            }
        }
        return NONE;
    }

    private boolean isIn(int index, long address, long lengthBytes) {
        return address >= starts[index] && address <= ends[index] - lengthBytes;
    }

    /**
     * One more user of a region. It is registered with the first transfer after this, together
     * with all others that came: the kernel takes them at once or not at all.
     */
    void add(long address, long lengthBytes) {
        Region region = find(address, lengthBytes);
        if (region == null) {
            region = new Region(address, lengthBytes);
            regions.add(region);
            changed = true;
        }
        region.users++;
    }

    /** One user less; after the last the region is registered no more. */
    void remove(long address, long lengthBytes) {
        Region region = find(address, lengthBytes);
        assert region != null : "never added";
        region.users--;
        if (region.users == 0) {
            regions.remove(region);
            unregister();
            changed = !regions.isEmpty();
        }
    }

    private Region find(long address, long lengthBytes) {
        for (Region region : regions) {
            if (region.address == address && region.lengthBytes == lengthBytes) {
                return region;
            }
        }
        return null;
    }

    private void unregister() {
        if (starts.length > 0) {
            ring.unregisterBuffers();
            starts = new long[0];
            ends = starts;
        }
    }

    /** Tells the kernel what there is now, in place of what there was. */
    private void register() {
        unregister();
        if (refused || regions.isEmpty()) {
            return;
        }
        List<long[]> slices = new ArrayList<>();
        for (Region region : regions) {
            long end = region.address + region.lengthBytes;
            for (long at = region.address; at < end; at += sliceBytesMax) {
                slices.add(new long[] {at, Math.min(at + sliceBytesMax, end)});
            }
        }
        int errno = -register(slices.subList(0, Math.min(slices.size(), SLICES_MAX)));
        if (errno != 0) {
            // ENOMEM is the limit of locked memory; others are a matter of the memory's kind.
            refused = true;
            LOG.warn("{}: fixed-buffers: {}; goes on without (see ulimit -l)", name,
                    ErrnoException.describe(errno));
        }
    }

    private int register(List<long[]> slices) {
        int count = slices.size();
        try (MappedMemory memory =
                MappedMemory.anonymous((long) count * IovecArray.ELEMENT_BYTES)) {
            IovecArray iovecs = new IovecArray(memory.address(), count);
            for (int i = 0; i < count; i++) {
                iovecs.set(i, slices.get(i)[0], slices.get(i)[1] - slices.get(i)[0]);
            }
            int result = ring.registerBuffers(iovecs.address(0), count);
            if (result < 0) {
                return result;
            }
        } catch (ErrnoException e) {
            return -e.errno();
        }
        starts = new long[count];
        ends = new long[count];
        for (int i = 0; i < count; i++) {
            starts[i] = slices.get(i)[0];
            ends[i] = slices.get(i)[1];
        }
        return 0;
    }
}
