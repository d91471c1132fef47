// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static io.vblk.virtioblk.HandMadeGuest.QUEUE_SIZE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A guest that never stops asking has its turn and no more. */
class FairnessTest {
    private static final int ITERATIONS = 10;
    /** As good as for ever: no fair loop gets there, and an unfair one fails instead of hanging. */
    private static final int REFILLS_MAX = 50_000;

    /** Each request, while it is served, is followed by the next one. */
    private static void refillForEver(HandMadeGuest guest) {
        guest.header(HandMadeGuest.IN, 3);
        guest.lay(HandMadeGuest.TABLE, 0, HandMadeGuest.readable(HandMadeGuest.HEADER, 16),
                HandMadeGuest.writable(HandMadeGuest.DATA, 512),
                HandMadeGuest.writable(HandMadeGuest.STATUS, 1));
        for (int head = 0; head < QUEUE_SIZE; head++) {
            guest.ram.putDescriptor(guest.queue.descAddress(), head, HandMadeGuest.TABLE, 48, 4, 0);
        }
        AtomicInteger next = new AtomicInteger();
        guest.watch.onSubmit(() -> {
            if (next.incrementAndGet() < REFILLS_MAX) {
                guest.offer(next.get() % QUEUE_SIZE);
            }
        });
        guest.offer(0);
        guest.kick.set();
    }

    @Test
    void aRingThatIsNeverEmptyDoesNotStarveTheLoop() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.COMPLETED, false)) {
            refillForEver(guest);
            AioContext context = guest.loop.context();
            for (int i = 1; i <= ITERATIONS; i++) {
                AtomicInteger ran = new AtomicInteger();
                context.execute("bottom half", ran::incrementAndGet);
                context.timer("timer", ran::incrementAndGet).modify(context.nanoTime());
                long before = guest.device.stats().requests();
                assertTrue(context.poll(true));
                long served = guest.device.stats().requests() - before;
                assertTrue(served > 0 && served <= 2 * VirtioBlkQueue.CHAINS_PER_RUN_MAX,
                        "served in one iteration: " + served);
                assertEquals(2, ran.get(), "bottom half and timer had their turn");
            }
            guest.watch.onSubmit(() -> { });
            guest.run();
            assertEquals(1, guest.device.stats().kicks(), "and it needs no more kicks");
            assertEquals(guest.ram.availIdx(guest.queue), guest.ram.usedIdx(guest.queue));
        }
    }

    @Test
    void brokenChainsCountAsTurnsToo() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(HandMadeGuest.COMPLETED, false)) {
            refillForEver(guest);
            guest.loop.context().poll(true);
            for (int i = 0; i < QUEUE_SIZE - 1; i++) {
                guest.offer(QUEUE_SIZE + i);
            }
            long before = guest.device.stats().requests();
            guest.loop.context().poll(true);
            assertTrue(guest.device.stats().requests() - before
                    <= 2 * VirtioBlkQueue.CHAINS_PER_RUN_MAX);
            assertEquals(QUEUE_SIZE - 1, guest.device.stats().malformed());
        }
    }

    @Test
    void aRunEndsAtSoManyBytesLeftToTheEngine() throws Exception {
        try (HandMadeGuest guest = HandMadeGuest.ordinary(Behaviour.ON_DEMAND, false)) {
            guest.header(HandMadeGuest.IN, 0);
            guest.lay(HandMadeGuest.TABLE, 0, HandMadeGuest.readable(HandMadeGuest.HEADER, 16),
                    HandMadeGuest.writable(HandMadeGuest.THIRD_REGION, HandMadeGuest.DISK_BYTES),
                    HandMadeGuest.writable(HandMadeGuest.STATUS, 1));
            int each = VirtioBlkQueue.QUEUED_BYTES_PER_RUN_MAX / HandMadeGuest.DISK_BYTES;
            int all = each + 3;
            assertTrue(all < VirtioBlkQueue.QUEUED_PER_RUN_MAX);
            for (int head = 0; head < all; head++) {
                guest.ram.putDescriptor(
                        guest.queue.descAddress(), head, HandMadeGuest.TABLE, 48, 4, 0);
                guest.offer(head);
            }
            guest.kick.set();

            guest.loop.context().poll(true);
            assertEquals(each, guest.watch.taken().size(), "in the first run");
            guest.loop.context().poll(true);
            assertEquals(all - each, guest.watch.taken().size(), "in the next");
            assertEquals(all, guest.disk.completeAll());
            guest.run();
            assertEquals(all, guest.ram.usedIdx(guest.queue));
        }
    }
}
