// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestMemoryTest {
    private static final long PAGE = 4096;
    private static final long GIB = 1L << 30;

    /** Three pages at 4 pages, two more that adjoin, one at 20 pages; given out of order. */
    private static GuestMemory threeRegions() throws ErrnoException {
        return GuestMemory.of(
                MemoryRegion.allocate(20 * PAGE, PAGE),
                MemoryRegion.allocate(4 * PAGE, 3 * PAGE),
                MemoryRegion.allocate(7 * PAGE, 2 * PAGE));
    }

    @Test
    void sortsItsRegions() throws ErrnoException {
        try (GuestMemory memory = threeRegions()) {
            assertEquals(3, memory.regionCount());
            assertEquals(4 * PAGE, memory.region(0).guestAddress());
            assertEquals(7 * PAGE, memory.region(1).guestAddress());
            assertEquals(20 * PAGE, memory.region(2).guestAddress());
        }
    }

    @Test
    void findsWhatLiesInOneRegion() throws ErrnoException {
        try (GuestMemory memory = threeRegions()) {
            MemoryRegion first = memory.region(0);
            assertEquals(first.hostAddress(), memory.hostAddress(4 * PAGE, 1));
            assertEquals(first.hostAddress(), memory.hostAddress(4 * PAGE, 3 * PAGE));
            assertEquals(first.hostAddress() + 1, memory.hostAddress(4 * PAGE + 1, 3 * PAGE - 1));
            assertEquals(first.hostAddress() + 3 * PAGE - 1, memory.hostAddress(7 * PAGE - 1, 1));
            assertEquals(memory.region(1).hostAddress(), memory.hostAddress(7 * PAGE, 2 * PAGE));
            assertEquals(memory.region(2).hostAddress() + 8, memory.hostAddress(20 * PAGE + 8, 8));
            assertEquals(first.hostAddress(), memory.hostAddress(4 * PAGE, 0));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // before, between and behind the regions
        "0, 1", "16383, 1", "16383, 2", "36864, 1", "81919, 1", "86016, 1",
        // across the end of a region, an adjoining one included
        "28671, 2", "16384, 12289", "36863, 2", "81920, 4097",
        // around 2^63 and 2^64
        "9223372036854775807, 1", "-9223372036854775808, 1", "-1, 1", "-1, 2", "-4096, 8192",
        "-1, 16386",
        // lengths that are huge when taken as unsigned
        "16384, -1", "16384, -9223372036854775808", "16385, -16385", "20480, 9223372036854775807",
    })
    void findsNothingElse(long address, long length) throws ErrnoException {
        try (GuestMemory memory = threeRegions()) {
            assertEquals(GuestMemory.UNMAPPED, memory.hostAddress(address, length));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0", "16383, 0", "16384, 12288", "16385, 12287", "28671, 1", "28672, 8192", "36863, 1",
        "36864, 0", "81919, 0", "81920, 4096", "86015, 1", "86016, 0", "-1, 0",
        "-9223372036854775808, 0", "9223372036854775807, 0",
    })
    void countsBytesToTheEndOfARegion(long address, long expected) throws ErrnoException {
        try (GuestMemory memory = threeRegions()) {
            assertEquals(expected, new RegionCursor(memory).seek(address));
        }
    }

    @Test
    void agreesWithANaiveLookupAtRandom() throws ErrnoException {
        long seed = 7;
        Random random = new Random(seed);
        try (GuestMemory memory = threeRegions()) {
            for (int i = 0; i < 100_000; i++) {
                long address = random.nextInt((int) (24 * PAGE));
                long length = 1 + random.nextInt((int) (4 * PAGE));
                long expected = GuestMemory.UNMAPPED;
                for (int r = 0; r < memory.regionCount(); r++) {
                    MemoryRegion region = memory.region(r);
                    long start = region.guestAddress();
                    if (address >= start && address + length <= start + region.lengthBytes()) {
                        expected = region.hostAddress() + (address - start);
                    }
                }
                assertEquals(expected, memory.hostAddress(address, length), "seed " + seed);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 3", "4, 1", "6, 1", "3, 2", "0, 20", "5, 1"})
    void refusesRegionsThatOverlap(long page, long pages) throws ErrnoException {
        try (MemoryRegion one = MemoryRegion.allocate(4 * PAGE, 3 * PAGE);
                MemoryRegion other = MemoryRegion.allocate(page * PAGE, pages * PAGE)) {
            assertThrows(IllegalArgumentException.class, () -> GuestMemory.of(one, other));
            assertThrows(IllegalArgumentException.class, () -> GuestMemory.of(other, one));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-4096, 4096", "1, 4096", "2048, 4096", "0, 0", "0, -4096", "0, 4095",
        "9223372036854771712, 4096",
    })
    void refusesRegionsThatAreNoPages(long address, long length) {
        assertThrows(IllegalArgumentException.class,
                () -> MemoryRegion.allocate(address, length));
    }

    @Test
    void holdsRegionsBeyondTwoGibibytes() throws ErrnoException {
        long start = 5 * GIB;
        // Sparse: only the pages that are touched take memory.
        try (GuestMemory memory = GuestMemory.of(MemoryRegion.allocate(start, 3 * GIB))) {
            long first = memory.hostAddress(start, 3 * GIB);
            long last = memory.hostAddress(start + 3 * GIB - 8, 8);
            assertEquals(first + 3 * GIB - 8, last);
            assertEquals(GIB - 1, new RegionCursor(memory).seek(start + 2 * GIB + 1));
            assertEquals(GuestMemory.UNMAPPED, memory.hostAddress(start + 1, 3 * GIB));
            NativeMemory.putLong(last, 0x1122334455667788L);
            NativeMemory.putLong(memory.hostAddress(start + 2 * GIB - 4, 8), -1);
            assertEquals(0x1122334455667788L, NativeMemory.getLong(last));
            assertEquals(0xFFFFFFFFL, NativeMemory.getLong(first + 2 * GIB) & 0xFFFFFFFFL);
            assertEquals(0, NativeMemory.getLong(first));
        }
    }

    @Test
    void popsChainsBeyondTwoGibibytes() throws ErrnoException, VirtioException {
        long high = 3 * GIB - (1 << 20);
        try (GuestRam ram = GuestRam.ofRegions(0, 3 * GIB);
                MappedMemory iovecs = MappedMemory.anonymous(PAGE)) {
            SplitDriverQueue driver = new SplitDriverQueue(ram.memory(), high, 16, 4, 0);
            Virtqueue queue = driver.config().activate(ram.memory(), 0);
            DriverBuffers buffers = new DriverBuffers(4);
            buffers.addReadable(high + 65536, 16);
            buffers.addWritable(2 * GIB - 1, 2);
            driver.add(buffers, 1);
            driver.publish();
            DescriptorChain chain = new DescriptorChain(
                    new IovecArray(iovecs.address(), 4));
            queue.pop(chain);
            assertEquals(ram.host(high + 65536, 16), chain.segments().base(0));
            assertEquals(ram.host(2 * GIB, 1), chain.lastWritableByte());
        }
    }

    @Test
    void startsZeroed() throws ErrnoException {
        try (GuestMemory memory = GuestMemory.allocate(PAGE)) {
            for (long at = 0; at < PAGE; at += 8) {
                assertEquals(0, NativeMemory.getLong(memory.hostAddress(at, 8)));
            }
        }
    }

    @Test
    void sharesARegionThroughItsDescriptor() throws ErrnoException {
        try (MemoryRegion region = MemoryRegion.allocate(0, 2 * PAGE);
                MappedMemory other = MappedMemory.shared(region.fd(), PAGE, PAGE)) {
            NativeMemory.putInt(other.address(), 42);
            assertEquals(42, NativeMemory.getInt(region.hostAddress() + PAGE));
        }
    }

    @Test
    void closesDescriptorsOnlyOnce() throws ErrnoException {
        GuestMemory memory = GuestMemory.allocate(PAGE);
        memory.close();
        // The kernel gives out the lowest free number, which is the one just closed.
        int next = Posix.memfdCreate("vblk-test", Posix.MFD_CLOEXEC);
        try {
            memory.close();
            assertEquals(0, Posix.fileStatus(next).sizeBytes(), "still open");
        } finally {
            Posix.close(next);
        }
    }

    @Test
    void mayHaveNoRegion() {
        try (GuestMemory memory = GuestMemory.of()) {
            assertFalse(memory.hostAddress(0, 1) != GuestMemory.UNMAPPED);
            assertEquals(0, new RegionCursor(memory).seek(0));
        }
    }
}
