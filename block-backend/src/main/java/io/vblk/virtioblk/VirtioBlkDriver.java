// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.EventNotifier;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.virtio.DriverBuffers;
import io.vblk.virtio.DriverQueue;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;

/**
 * virtio-blk guest driver for one queue: builds header/data/status chains and matches completions.
 * Thread: the driver's. Allocates nothing after construction.
 *
 * <p>The driver has a fixed number of slots, each with a header, a status byte and a data buffer
 * in guest memory. A slot is the caller's from {@link #poll} (or the start) until it is submitted.
 *
 * <pre>
 *   guest memory:  queue | per slot, 32 bytes: header (16) status (1) | per slot, pages: data
 * </pre>
 */
public final class VirtioBlkDriver implements AutoCloseable {
    /** Answer of {@link #poll} when nothing has completed. */
    public static final int NOTHING = DriverQueue.NOTHING_USED;
    /** Status of a request that succeeded (VIRTIO_BLK_S_OK). */
    public static final int STATUS_OK = VirtioBlkAbi.S_OK;

    /** Feature bits that this driver can do with; it takes no others. */
    public static final long FEATURES = VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC
            | VirtioFeatures.EVENT_IDX | VirtioFeatures.RING_PACKED | VirtioFeatures.IN_ORDER
            | VirtioBlkAbi.F_SEG_MAX | VirtioBlkAbi.F_RO | VirtioBlkAbi.F_BLK_SIZE
            | VirtioBlkAbi.F_FLUSH | VirtioBlkAbi.F_TOPOLOGY | VirtioBlkAbi.F_CONFIG_WCE
            | VirtioBlkAbi.F_MQ | VirtioBlkAbi.F_DISCARD | VirtioBlkAbi.F_WRITE_ZEROES;

    private static final int SLOT_HEADER_BYTES = 32;
    private static final int STATUS_OFFSET = VirtioBlkAbi.HEADER_BYTES;
    private static final int BUFFERS_PER_CHAIN = 3;
    private static final long PAGE_BYTES = 4096;
    /** What a slot's status byte holds until the device answers. */
    private static final int STATUS_PENDING = 0xFF;
    private static final int POLLFD_BYTES = 8;

    private final DriverQueue queue;
    private final EventNotifier kick;
    private final EventNotifier call;
    private final DriverBuffers buffers = new DriverBuffers(BUFFERS_PER_CHAIN);
    private final MappedMemory waitScratch;
    private final long headersGuest;
    private final long headersHost;
    private final long dataGuest;
    private final long dataHost;
    private final long dataStride;
    /** Which request of this driver each slot had last. */
    private final long[] numbers;
    private long added;
    private long kicks;
    private long calls;

    /**
     * Lays out queue and slots.
     *
     * @param guestAddress where they start in guest memory, a multiple of 4096
     * @param queueSize number of descriptors, at least 4; a power of two in a split ring
     * @param slots number of slots
     * @param dataBytesMax longest data of a request
     * @param features the negotiated feature bits
     */
    public VirtioBlkDriver(GuestMemory memory, long guestAddress, int queueSize, int slots,
            int dataBytesMax, long features) throws ErrnoException {
        this.queue = DriverQueue.create(
                memory, guestAddress, queueSize, BUFFERS_PER_CHAIN, features);
        this.headersGuest = guestAddress + queueBytes(queueSize);
        this.dataGuest = headersGuest + pages((long) slots * SLOT_HEADER_BYTES);
        this.dataStride = pages(dataBytesMax);
        this.numbers = new long[slots];
        long host = memory.hostAddress(
                guestAddress, bytesNeeded(queueSize, slots, dataBytesMax));
        if (host == GuestMemory.UNMAPPED) {
            throw new IllegalArgumentException("driver at " + guestAddress + " outside memory");
        }
        this.headersHost = host + (headersGuest - guestAddress);
        this.dataHost = host + (dataGuest - guestAddress);
        this.waitScratch = MappedMemory.anonymous(Posix.TIMESPEC_BYTES + POLLFD_BYTES);
        EventNotifier first = null;
        try {
            first = EventNotifier.create();
            this.call = EventNotifier.create();
        } catch (ErrnoException e) {
            if (first != null) {
                first.close();
            }
            waitScratch.close();
            throw e;
        }
        this.kick = first;
        queue.disableCalls();
    }

    /** Guest memory that a driver takes, in bytes, a multiple of 4096. */
    public static long bytesNeeded(int queueSize, int slots, int dataBytesMax) {
        return queueBytes(queueSize) + pages((long) slots * SLOT_HEADER_BYTES)
                + slots * pages(dataBytesMax);
    }

    private static long queueBytes(int queueSize) {
        return pages(DriverQueue.bytesNeeded(queueSize, BUFFERS_PER_CHAIN));
    }

    private static long pages(long bytes) {
        return (bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
    }

    /** Where the ring lies, for the device. */
    public VirtqueueConfig config() {
        return queue.config();
    }

    /** The eventfd that this driver kicks. */
    public EventNotifier kickNotifier() {
        return kick;
    }

    /** The eventfd that the device calls. */
    public EventNotifier callNotifier() {
        return call;
    }

    /** Host address of a slot's data buffer. */
    public long dataAddress(int slot) {
        return dataHost + slot * dataStride;
    }

    /**
     * Adds a READ or WRITE of the slot's data buffer; shown to the device by {@link #kick}.
     *
     * @param offset in bytes, a multiple of 512
     * @return false if the ring has no room
     */
    public boolean transfer(int slot, BlockOp op, long offset, int lengthBytes) {
        boolean write = op == BlockOp.WRITE;
        header(slot, write ? VirtioBlkAbi.T_OUT : VirtioBlkAbi.T_IN,
                offset / BlockLimits.SECTOR_BYTES);
        long data = dataGuest + slot * dataStride;
        if (write) {
            buffers.addReadable(data, lengthBytes);
        } else {
            buffers.addWritable(data, lengthBytes);
        }
        return add(slot);
    }

    /** Adds a FLUSH; false if the ring has no room. */
    public boolean flush(int slot) {
        header(slot, VirtioBlkAbi.T_FLUSH, 0);
        return add(slot);
    }

    /**
     * Adds a DISCARD or WRITE_ZEROES of one range; false if the ring has no room.
     *
     * @param unmap whether WRITE_ZEROES may give storage back
     */
    public boolean range(int slot, BlockOp op, long offset, long lengthBytes, boolean unmap) {
        boolean discard = op == BlockOp.DISCARD;
        header(slot, discard ? VirtioBlkAbi.T_DISCARD : VirtioBlkAbi.T_WRITE_ZEROES, 0);
        long data = dataAddress(slot);
        NativeMemory.putLong(data, offset / BlockLimits.SECTOR_BYTES);
        NativeMemory.putInt(data + VirtioBlkAbi.RANGE_SECTORS,
                (int) (lengthBytes / BlockLimits.SECTOR_BYTES));
        NativeMemory.putInt(data + VirtioBlkAbi.RANGE_FLAGS,
                unmap && !discard ? VirtioBlkAbi.RANGE_FLAG_UNMAP : 0);
        buffers.addReadable(dataGuest + slot * dataStride, VirtioBlkAbi.RANGE_BYTES);
        return add(slot);
    }

    /** Adds a GET_ID, whose answer fills the first 20 bytes of the slot's data. */
    public boolean getId(int slot) {
        header(slot, VirtioBlkAbi.T_GET_ID, 0);
        buffers.addWritable(dataGuest + slot * dataStride, VirtioBlkAbi.ID_BYTES);
        return add(slot);
    }

    private void header(int slot, int type, long sector) {
        long at = headersHost + (long) slot * SLOT_HEADER_BYTES;
        NativeMemory.putInt(at, type);
        NativeMemory.putInt(at + 4, 0);
        NativeMemory.putLong(at + VirtioBlkAbi.HEADER_SECTOR, sector);
        NativeMemory.putByte(at + STATUS_OFFSET, STATUS_PENDING);
        buffers.clear();
        buffers.addReadable(
                headersGuest + (long) slot * SLOT_HEADER_BYTES, VirtioBlkAbi.HEADER_BYTES);
    }

    private boolean add(int slot) {
        buffers.addWritable(headersGuest + (long) slot * SLOT_HEADER_BYTES + STATUS_OFFSET,
                VirtioBlkAbi.STATUS_BYTES);
        if (!queue.add(buffers, slot)) {
            return false;
        }
        numbers[slot] = added++;
        return true;
    }

    /** Requests added so far; the device takes them in this order, whichever end first. */
    public long added() {
        return added;
    }

    /** How many were added before the one that a slot had last. */
    public long number(int slot) {
        return numbers[slot];
    }

    /** Shows the device what was added, and kicks it if it wants that. */
    public void kick() {
        if (publish()) {
            sendKick();
        }
    }

    /** Shows the device what was added; returns whether it wants a kick. */
    public boolean publish() {
        return queue.publish();
    }

    /** Kicks the device: a system call, here as in a virtual machine's ioeventfd. */
    public void sendKick() {
        kicks++;
        kick.set();
    }

    /** Slot of the next completed request, or {@link #NOTHING}. */
    public int poll() {
        return queue.pollUsed();
    }

    /** Status byte of a completed request: 0 OK, 1 I/O error, 2 unsupported. */
    public int status(int slot) {
        return NativeMemory.getByte(
                headersHost + (long) slot * SLOT_HEADER_BYTES + STATUS_OFFSET);
    }

    /** Bytes that the device said it wrote for the request polled last. */
    public int lastUsedBytes() {
        return queue.lastUsedBytes();
    }

    /** Kicks sent so far. */
    public long kicks() {
        return kicks;
    }

    /** Calls received so far, those that nobody waited for too. */
    public long calls() {
        takeCalls();
        return calls;
    }

    private void takeCalls() {
        long counter = waitScratch.address();
        if (Posix.read(call.fd(), counter, Posix.EVENTFD_BYTES) > 0) {
            calls += NativeMemory.getLong(counter);
        }
    }

    /**
     * Sleeps until the device calls or the time is over; returns at once if something is used.
     *
     * @param timeoutNs nanoseconds, negative for ever
     */
    public void await(long timeoutNs) {
        queue.enableCalls();
        if (!queue.hasUsed()) {
            long pollfd = waitScratch.address() + Posix.TIMESPEC_BYTES;
            NativeMemory.putInt(pollfd, call.fd());
            NativeMemory.putInt(pollfd + 4, 1);
            if (Posix.ppoll(pollfd, 1, timeoutNs, waitScratch.address()) > 0) {
                takeCalls();
            }
        }
        queue.disableCalls();
    }

    /** Closes the eventfds; the device must have stopped the queue. */
    @Override
    public void close() {
        kick.close();
        call.close();
        waitScratch.close();
    }
}
