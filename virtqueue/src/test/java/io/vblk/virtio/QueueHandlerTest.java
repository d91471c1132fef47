// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.EventNotifier;
import io.vblk.aio.PollingOptions;
import io.vblk.posix.ErrnoException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The loop is stepped by hand; nothing here waits. */
class QueueHandlerTest {
    private final ChainRig rig = ChainRig.ofSize(8);
    private final EventNotifier kick;
    private AioContext context;
    private QueueHandler handler;

    private int processed;
    private boolean accepts = true;
    private boolean leave;

    QueueHandlerTest() throws ErrnoException {
        kick = EventNotifier.create();
        for (int i = 0; i < 8; i++) {
            rig.put(i, 0x80000, 1, GuestRam.WRITE, 0);
        }
    }

    private void start(PollingOptions polling) throws ErrnoException {
        context = AioContext.create(AioOptions.of(polling));
        handler = new QueueHandler("queue", context, rig.queue, kick, new QueueProcessor() {
            @Override
            public void process() {
                processed++;
                while (!leave && !rig.queue.isEmpty()) {
                    rig.popNext();
                    rig.use(1);
                }
            }

            @Override
            public boolean acceptsWork() {
                return accepts;
            }
        });
        handler.start();
    }

    @AfterEach
    void close() {
        handler.close();
        context.close();
        kick.close();
        rig.close();
    }

    private void step() {
        context.poll(false);
    }

    @Test
    void servesWhatWasThereBeforeItStarted() throws ErrnoException {
        rig.offer(0);
        start(PollingOptions.OFF);
        assertEquals(1, processed);
        assertTrue(rig.queue.isEmpty());
        assertEquals(0, handler.kicks());
    }

    @Test
    void doesNothingOnAnEmptyRing() throws ErrnoException {
        start(PollingOptions.OFF);
        step();
        assertEquals(0, processed);
    }

    @Test
    void servesOnAKick() throws ErrnoException {
        start(PollingOptions.OFF);
        rig.offer(0);
        step();
        assertEquals(0, processed, "without a kick nobody looks");
        kick.set();
        kick.set();
        step();
        assertEquals(1, processed);
        assertEquals(1, handler.kicks());
        step();
        assertEquals(1, processed, "the kick is taken");
    }

    @Test
    void servesWithoutAKickWhilePolling() throws ErrnoException {
        start(PollingOptions.DEFAULT);
        step();
        assertEquals(0, processed);
        rig.offer(0);
        step();
        assertEquals(1, processed);
        assertEquals(0, handler.kicks());
    }

    @Test
    void pollsNoQueueThatAcceptsNoWork() throws ErrnoException {
        start(PollingOptions.DEFAULT);
        accepts = false;
        rig.offer(0);
        step();
        assertEquals(0, processed);
        assertFalse(handler.poll());
        accepts = true;
        assertTrue(handler.poll());
        step();
        assertEquals(1, processed);
    }

    @Test
    void kicksAreOffWhileTheLoopPolls() throws ErrnoException {
        start(PollingOptions.OFF);
        assertTrue(rig.queue.kicksEnabled());
        handler.pollBegin();
        assertFalse(rig.queue.kicksEnabled());
        assertEquals(1, rig.ram.usedFlags(rig.rings));
        handler.pollEnd();
        assertTrue(rig.queue.kicksEnabled());
        assertEquals(0, rig.ram.usedFlags(rig.rings));
    }

    @Test
    void keepsFindingWorkThatWasLeft() throws ErrnoException {
        start(PollingOptions.DEFAULT);
        leave = true;
        rig.offer(0);
        step();
        step();
        assertEquals(2, processed);
    }

    @Test
    void servesNothingAfterItWasClosed() throws ErrnoException {
        start(PollingOptions.DEFAULT);
        handler.close();
        handler.close();
        rig.offer(0);
        kick.set();
        step();
        step();
        assertEquals(0, processed);
        assertTrue(kick.testAndClear(), "the kick stays the owner's");
    }
}
