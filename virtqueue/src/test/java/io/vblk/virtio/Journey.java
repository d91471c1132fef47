// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** A run with random batches; what must come out is kept in ordinary collections. */
final class Journey {
    private final QueuePair pair;
    private final QueueSetup setup;
    private final int requests;
    private final long seed;
    private final Random random;
    private final Deque<Integer> available = new ArrayDeque<>();
    private final List<int[]> taken = new ArrayList<>();
    /** In the order of taking, the oldest not shown yet first; empty unless in order. */
    private final Deque<Integer> order = new ArrayDeque<>();
    private final Set<Integer> givenBack = new HashSet<>();
    private final Deque<Integer> used = new ArrayDeque<>();
    private final Notifications kicks;
    private final Notifications calls;
    private int freeDescriptors;
    private int nextToken;
    private int polled;
    // Positions of the ring, counted without end.
    private long added;
    private long popped;
    private long shown;
    private long seen;

    /** A journey of so many requests. */
    Journey(QueuePair pair, boolean deviceAsks, int requests) {
        this.pair = pair;
        this.setup = pair.setup;
        this.requests = requests;
        this.seed = setup.toString().hashCode();
        this.random = new Random(seed);
        this.freeDescriptors = setup.size();
        this.kicks = new Notifications(setup, deviceAsks);
        this.calls = new Notifications(setup, false);
    }

    void run() {
        try {
            while (polled < requests) {
                driverAdds();
                deviceTakes();
                deviceUses();
                driverPolls();
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    setup + " seed " + seed + " after " + polled + " requests", e);
        }
    }

    private void driverAdds() {
        int count = random.nextInt(setup.size() + 2);
        for (int i = 0; i < count && nextToken < requests; i++) {
            boolean fits = freeDescriptors >= setup.descriptorsOf(nextToken);
            assertEquals(fits, pair.driver.add(nextToken, pair.buffersOf(nextToken)), "fits");
            if (!fits) {
                break;
            }
            freeDescriptors -= setup.descriptorsOf(nextToken);
            added += setup.positionsOf(nextToken);
            available.add(nextToken++);
        }
        assertEquals(kicks.due(added), pair.driver.publish(), "kick");
    }

    private void deviceTakes() {
        boolean toggle = random.nextBoolean();
        if (toggle) {
            pair.device.disableKicks();
            kicks.disable();
        }
        int count = random.nextInt(available.size() + 1);
        for (int i = 0; i < count; i++) {
            assertFalse(pair.device.isEmpty(), "empty");
            ReferenceDevice.Chain chain = pair.device.pop();
            int token = available.removeFirst();
            assertEquals(pair.buffersOf(token), chain.buffers(), "chain");
            taken.add(new int[] {chain.head(), token});
            if (setup.inOrder()) {
                order.addLast(token);
            }
            popped += setup.positionsOf(token);
        }
        if (available.isEmpty()) {
            assertTrue(pair.device.isEmpty(), "empty");
            assertNull(pair.device.pop(), "nothing left");
        }
        if (toggle) {
            pair.device.enableKicks();
            kicks.enable(popped);
        }
    }

    private void deviceUses() {
        Collections.shuffle(taken, random);
        int count = random.nextInt(taken.size() + 1);
        for (int i = 0; i < count; i++) {
            int[] chain = taken.remove(taken.size() - 1);
            pair.device.addUsed(chain[0], (int) pair.usedLengthOf(chain[1]));
            if (setup.inOrder()) {
                givenBack.add(chain[1]);
            } else {
                show(chain[1]);
            }
        }
        while (!order.isEmpty() && givenBack.remove(order.getFirst())) {
            show(order.removeFirst());
        }
        pair.device.publishUsed();
        // A device may call once at its start, for what one before it may have used.
        if (shown > 0) {
            assertEquals(calls.due(shown), pair.device.needsCall(), "call");
        }
    }

    private void show(int token) {
        used.add(token);
        shown += setup.positionsOf(token);
    }

    private void driverPolls() {
        boolean toggle = random.nextBoolean();
        if (toggle) {
            pair.driver.disableCalls();
            calls.disable();
        }
        int count = random.nextInt(used.size() + 1);
        for (int i = 0; i < count; i++) {
            assertTrue(pair.driver.hasUsed(), "has used");
            ReferenceDriver.Used chain = pair.driver.pollUsed();
            int token = used.removeFirst();
            assertEquals(token, chain.token(), "token");
            assertEquals(pair.usedLengthOf(token), chain.length(), "length");
            freeDescriptors += setup.descriptorsOf(token);
            seen += setup.positionsOf(token);
            polled++;
        }
        if (used.isEmpty()) {
            assertFalse(pair.driver.hasUsed(), "has used");
            assertNull(pair.driver.pollUsed(), "nothing left");
        }
        if (toggle) {
            pair.driver.enableCalls();
            calls.enable(seen);
        }
    }
}
