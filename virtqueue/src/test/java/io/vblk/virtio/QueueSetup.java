// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import io.vblk.virtio.ReferenceDriver.Buffer;
import java.util.ArrayList;
import java.util.List;

/** A queue of either kind to be made, and the chains that go through it. */
record QueueSetup(
        boolean packed, int size, boolean eventIdx, ChainLayout layout, boolean inOrder) {
    /** Different chains; a prime, so that they meet all places of a ring. */
    static final int CHAINS = 1021;
    /** Guest memory that the chains point into. */
    static final int DATA_BYTES = 1 << 17;

    private static final int BUFFERS_MAX = 5;
    private static final int LENGTH_MAX = 4096;
    private static final int[] SPLIT_SIZES = {1, 2, 16, 128, 256, 1024, 32768};
    private static final int[] PACKED_SIZES = {1, 2, 3, 7, 16, 128, 256, 1024, 32768};

    /** All of one kind; tails only for a driver that makes them. */
    static List<QueueSetup> all(boolean packed, boolean tails) {
        List<QueueSetup> all = new ArrayList<>();
        for (int size : packed ? PACKED_SIZES : SPLIT_SIZES) {
            all.addAll(ofSize(packed, size, tails));
        }
        return all;
    }

    /** All combinations of features for one size. */
    static List<QueueSetup> ofSize(boolean packed, int size, boolean tails) {
        List<QueueSetup> all = new ArrayList<>();
        for (ChainLayout layout : ChainLayout.values()) {
            for (int bits = 0; bits < 4 && (tails || layout != ChainLayout.TAIL); bits++) {
                all.add(new QueueSetup(
                        packed, size, (bits & 1) != 0, layout, (bits & 2) != 0));
            }
        }
        return all;
    }

    /** The feature bits, by their numbers. */
    long features() {
        return (layout == ChainLayout.DIRECT ? 0 : 1L << 28) | (eventIdx ? 1L << 29 : 0)
                | (packed ? 1L << 34 : 0) | (inOrder ? 1L << 35 : 0);
    }

    /** The longest chains that fit, within reason. */
    int buffersMax() {
        int count = BUFFERS_MAX;
        while (layout.descriptors(count) > size) {
            count--;
        }
        return count;
    }

    int countOf(int token) {
        return 1 + token % CHAINS % buffersMax();
    }

    int descriptorsOf(int token) {
        return layout.descriptors(countOf(token));
    }

    /** Positions of a ring after which its 16-bit fields mean the same again. */
    int period() {
        return packed ? 2 * size : 65536;
    }

    /** How far a chain moves on in these positions. */
    int positionsOf(int token) {
        return packed ? descriptorsOf(token) : 1;
    }

    /** One chain per number: sizes and addresses follow from the number. */
    List<List<Buffer>> chains(long data) {
        List<List<Buffer>> chains = new ArrayList<>();
        for (int number = 0; number < CHAINS; number++) {
            int count = countOf(number);
            int readable = number / buffersMax() % (count + 1);
            List<Buffer> buffers = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                int length = 1 + (number * 31 + i * 17) % LENGTH_MAX;
                long offset = (number * 997L + i * 4099L) % (DATA_BYTES - LENGTH_MAX);
                buffers.add(new Buffer(data + offset, length, i >= readable));
            }
            chains.add(buffers);
        }
        return chains;
    }

    /** Guest memory that suffices for rings, tables, segments and data. */
    long bytesNeeded() {
        long bytes = DATA_BYTES + DriverQueue.bytesNeeded(size, BUFFERS_MAX) + 4 * GuestRam.PAGE;
        return (bytes + GuestRam.PAGE - 1) / GuestRam.PAGE * GuestRam.PAGE;
    }
}
