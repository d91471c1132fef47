// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.posix.IovecArray;
import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.ArrayList;
import java.util.List;

/** The two sides of a queue as {@link VirtqueueContract} drives them, ours and the reference. */
public final class QueueSides {
    /** Driver side. */
    public interface Driver {
        boolean add(int token, List<Buffer> buffers);

        boolean publish();

        boolean hasUsed();

        /** The next used chain, or null. */
        ReferenceDriver.Used pollUsed();

        void enableCalls();

        void disableCalls();
    }

    /** A driver that goes on where its guest memory was copied to. */
    public interface MovableDriver extends Driver {
        void moveTo(GuestRam memory);
    }

    /** Device side; a chain that was taken is known by its head (packed: its id). */
    interface Device {
        boolean isEmpty();

        /** The next available chain, or null. */
        ReferenceDevice.Chain pop();

        void addUsed(int id, int length);

        void publishUsed();

        boolean needsCall();

        void enableKicks();

        void disableKicks();
    }

    private QueueSides() {}

    static Driver driver(DriverQueue queue, int buffersMax) {
        DriverBuffers list = new DriverBuffers(buffersMax);
        return new Driver() {
            @Override
            public boolean add(int token, List<Buffer> buffers) {
                list.clear();
                for (Buffer buffer : buffers) {
                    if (buffer.writable()) {
                        list.addWritable(buffer.address(), buffer.length());
                    } else {
                        list.addReadable(buffer.address(), buffer.length());
                    }
                }
                return queue.add(list, token);
            }

            @Override
            public boolean publish() {
                return queue.publish();
            }

            @Override
            public boolean hasUsed() {
                return queue.hasUsed();
            }

            @Override
            public ReferenceDriver.Used pollUsed() {
                int token = queue.pollUsed();
                return token == DriverQueue.NOTHING_USED ? null
                        : new ReferenceDriver.Used(token, queue.lastUsedBytes() & 0xFFFFFFFFL);
            }

            @Override
            public void enableCalls() {
                queue.enableCalls();
            }

            @Override
            public void disableCalls() {
                queue.disableCalls();
            }
        };
    }

    /**
     * The device side of a queue in memory of one region at guest address 0.
     *
     * @param iovecs guest memory for the segments of all chains
     */
    static Device device(Virtqueue queue, GuestRam ram, long iovecs, int segmentsMax) {
        DescriptorChain[] chains = new DescriptorChain[queue.size()];
        DescriptorChain next = new DescriptorChain(new IovecArray(
                ram.host(iovecs, 16L * segmentsMax), segmentsMax));
        // Segments are looked at right after pop, so all chains can share one array.
        for (int i = 0; i < chains.length; i++) {
            chains[i] = new DescriptorChain(next.segments());
        }
        return new OurDevice(queue, ram.host(0, 1), chains);
    }

    private static final class OurDevice implements Device {
        private final Virtqueue queue;
        private final long hostBase;
        private final DescriptorChain[] byId;
        private DescriptorChain spare;

        OurDevice(Virtqueue queue, long hostBase, DescriptorChain[] chains) {
            this.queue = queue;
            this.hostBase = hostBase;
            this.byId = chains;
            this.spare = new DescriptorChain(chains[0].segments());
        }

        @Override
        public boolean isEmpty() {
            return queue.isEmpty();
        }

        @Override
        public ReferenceDevice.Chain pop() {
            try {
                if (!queue.pop(spare)) {
                    return null;
                }
            } catch (VirtioException e) {
                throw new AssertionError(e);
            }
            if (spare.fault() != ChainFault.NONE) {
                throw new AssertionError("fault " + spare.fault());
            }
            DescriptorChain chain = spare;
            spare = byId[chain.head()];
            byId[chain.head()] = chain;
            List<Buffer> buffers = new ArrayList<>();
            for (int i = 0; i < chain.readableCount() + chain.writableCount(); i++) {
                buffers.add(new Buffer(chain.segments().base(i) - hostBase,
                        (int) chain.segments().lengthBytes(i), i >= chain.readableCount()));
            }
            return new ReferenceDevice.Chain(chain.head(), buffers);
        }

        @Override
        public void addUsed(int id, int length) {
            queue.addUsed(byId[id], length);
        }

        @Override
        public void publishUsed() {
            queue.publishUsed();
        }

        @Override
        public boolean needsCall() {
            return queue.needsCall();
        }

        @Override
        public void enableKicks() {
            queue.enableKicks();
        }

        @Override
        public void disableKicks() {
            queue.disableKicks();
        }
    }
}
