// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.virtio.FuzzCorpus;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Random messages into a connection: mostly well-formed, so that some get far, and then spoiled.
 * {@code -Dfuzz.seconds}, {@code -Dfuzz.seed}. {@code -Pfuzz} looks for more by coverage.
 */
@Timeout(600)
class VhostUserFuzzTest {
    private static final int STREAMS_AT_LEAST = 300;
    /** Negotiation, memory and a whole vring: request and shape, then the payload's short forms. */
    private static final int[] START = {
        2, 0, 0x2F, 37, 1, 0, 0x10, 0, 8, 0, 0, 16, 0, 9, 0, 0, 0, 0, 0x10, 0, 0x30, 0, 0x20, 0, 0,
        12, 0x41, 0, 0, 18, 0, 0, 1, 0};
    private static final int[] REQUESTS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        17, 18, 21, 24, 25, 31, 32, 34, 36, 37, 38, 39, 40};

    @Test
    void noStreamOfMessagesBreaksAConnectionsRules() {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        long endNs = System.nanoTime() + Long.getLong("fuzz.seconds", 1) * 1_000_000_000L;
        SplittableRandom random = new SplittableRandom(seed);
        int streams = 0;
        long starts = 0;
        byte[] stream = {};
        try {
            for (; streams < STREAMS_AT_LEAST || System.nanoTime() - endNs < 0; streams++) {
                stream = stream(random);
                starts += VhostUserFuzz.play(stream);
            }
        } catch (Throwable t) {
            throw new AssertionError("fuzz.seed " + seed + ", stream " + streams, t);
        }
        assertTrue(starts > streams / 10, starts + " rings started in " + streams
                + " streams, fuzz.seed " + seed);
    }

    private static byte[] stream(SplittableRandom random) {
        byte[] bytes = new byte[START.length + random.nextInt(300)];
        int at = 0;
        if (random.nextInt(4) > 0) {
            for (int value : START) {
                bytes[at++] = (byte) value;
            }
        }
        for (; at < bytes.length; at++) {
            bytes[at] = (byte) random.nextInt();
            if (random.nextInt(8) == 0 && at + 1 < bytes.length) {
                bytes[at++] = (byte) REQUESTS[random.nextInt(REQUESTS.length)];
                bytes[at] = (byte) (random.nextInt(4) == 0 ? random.nextInt()
                        : random.nextInt(2) | random.nextInt(2) << 2 | random.nextInt(2) << 6);
            }
        }
        for (int spoil = random.nextInt(3); spoil > 0; spoil--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    @TestFactory
    Stream<DynamicTest> corpus() {
        return FuzzCorpus.replay("VhostUserFuzz", VhostUserFuzz::fuzzerTestOneInput);
    }

    @Test
    void theStreamThatOthersBeginWithStartsARing() {
        byte[] start = new byte[START.length];
        for (int i = 0; i < start.length; i++) {
            start[i] = (byte) START[i];
        }
        assertTrue(VhostUserFuzz.play(start) == 1, "the fuzzer would not get far");
    }
}
