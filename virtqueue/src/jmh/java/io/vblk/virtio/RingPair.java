// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;

/**
 * Queues in one guest memory, a thread that is their device and the methods of the thread that is
 * their driver; both poll. A request has 16 bytes to read, 4096 to write that nobody touches, and a
 * status byte that the device writes. Thread: the driver's, but for the device's own.
 */
final class RingPair implements AutoCloseable {
    static final int QUEUE_SIZE = 256;

    private static final int BUFFERS = 3;
    private static final int SEGMENTS_MAX = 8;
    private static final long MEMORY_BYTES = 8 << 20;
    private static final long PAGE_BYTES = 4096;
    private static final int HEADER_BYTES = 16;
    private static final int DATA_BYTES = 4096;
    private static final int STATUS_BYTES = 1;
    private static final int CACHE_LINE = 64;

    private final GuestMemory memory;
    private final MappedMemory iovecs;
    private final DriverQueue[] drivers;
    private final Virtqueue[] devices;
    private final DriverBuffers[][] buffers;
    private final DescriptorChain chain;
    private final Thread deviceThread;
    private volatile boolean stopping;
    /** Kept, so that the decisions are made: a stale event index asks for one per 65536. */
    private long kicks;
    private long calls;

    /** Starts the device and makes {@code depth} requests in each queue. */
    RingPair(boolean packed, int depth, int queues) throws ErrnoException, VirtioException {
        long features = VirtioFeatures.INDIRECT_DESC | VirtioFeatures.EVENT_IDX
                | (packed ? VirtioFeatures.RING_PACKED : 0);
        memory = GuestMemory.allocate(MEMORY_BYTES);
        iovecs = MappedMemory.anonymous(PAGE_BYTES);
        chain = new DescriptorChain(new IovecArray(iovecs.address(), SEGMENTS_MAX));
        drivers = new DriverQueue[queues];
        devices = new Virtqueue[queues];
        buffers = new DriverBuffers[queues][depth];
        long ringBytes = align(DriverQueue.bytesNeeded(QUEUE_SIZE, BUFFERS));
        for (int q = 0; q < queues; q++) {
            drivers[q] = DriverQueue.create(memory, q * ringBytes, QUEUE_SIZE, BUFFERS, features);
            devices[q] = drivers[q].config().activate(memory, features);
            drivers[q].disableCalls();
            devices[q].disableKicks();
            layOutBuffers(q, queues * ringBytes);
        }
        deviceThread = new Thread(this::serve, "ping-pong-device");
        deviceThread.setDaemon(true);
        deviceThread.start();
        for (int q = 0; q < queues; q++) {
            for (int token = 0; token < depth; token++) {
                drivers[q].add(buffers[q][token], token);
            }
            drivers[q].publish();
        }
    }

    private static long align(long lengthBytes) {
        return (lengthBytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    }

    /** For each queue the headers, the statuses and the data. */
    private void layOutBuffers(int queue, long first) {
        long headers = first + (long) queue * QUEUE_SIZE * (2 * CACHE_LINE + DATA_BYTES);
        long statuses = headers + (long) QUEUE_SIZE * CACHE_LINE;
        long data = statuses + (long) QUEUE_SIZE * CACHE_LINE;
        for (int token = 0; token < buffers[queue].length; token++) {
            DriverBuffers request = new DriverBuffers(BUFFERS);
            request.addReadable(headers + (long) token * CACHE_LINE, HEADER_BYTES);
            request.addWritable(data + (long) token * DATA_BYTES, DATA_BYTES);
            request.addWritable(statuses + (long) token * CACHE_LINE, STATUS_BYTES);
            buffers[queue][token] = request;
        }
    }

    Thread deviceThread() {
        return deviceThread;
    }

    /** Decisions of both sides to notify. */
    long notifications() {
        return kicks + calls;
    }

    /** Takes that many completions or a few more, each followed by a new request. */
    long round(long requests) {
        long done = 0;
        while (done < requests) {
            int found = 0;
            for (int q = 0; q < drivers.length; q++) {
                found += refill(drivers[q], buffers[q]);
            }
            done += found;
            if (found == 0) {
                Thread.onSpinWait();
            }
        }
        return done;
    }

    private int refill(DriverQueue driver, DriverBuffers[] requests) {
        int count = 0;
        int token = driver.pollUsed();
        while (token != DriverQueue.NOTHING_USED) {
            if (driver.lastUsedBytes() != DATA_BYTES + STATUS_BYTES) {
                throw new IllegalStateException("used " + driver.lastUsedBytes() + " bytes");
            }
            driver.add(requests[token], token);
            count++;
            token = driver.pollUsed();
        }
        if (count > 0 && driver.publish()) {
            kicks++;
        }
        return count;
    }

    private void serve() {
        try {
            while (!stopping) {
                boolean found = false;
                for (Virtqueue device : devices) {
                    found |= serve(device);
                }
                if (!found) {
                    Thread.onSpinWait();
                }
            }
        } catch (VirtioException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean serve(Virtqueue device) throws VirtioException {
        boolean popped = false;
        while (device.pop(chain)) {
            if (chain.fault() != ChainFault.NONE || chain.writableBytes() < STATUS_BYTES) {
                throw new IllegalStateException("popped a chain with " + chain.fault());
            }
            NativeMemory.putByte(chain.lastWritableByte(), 0);
            device.addUsed(chain, chain.writableBytes());
            popped = true;
        }
        if (popped) {
            device.publishUsed();
            if (device.needsCall()) {
                calls++;
            }
        }
        return popped;
    }

    @Override
    public void close() {
        stopping = true;
        try {
            deviceThread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        iovecs.close();
        memory.close();
    }
}
