// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.PollingOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedBackendTest {
    private static final long CAPACITY = 1 << 20;

    private long nowNs;
    private AioContext context;

    @BeforeEach
    void open() throws Exception {
        context = AioContext.create(new AioOptions(
                PollingOptions.OFF, FdMonitorKind.PPOLL, 64, () -> nowNs));
    }

    @AfterEach
    void close() {
        context.close();
    }

    private SimulatedBackend disk(long seed, SimulatedBackend.Behaviour behaviour) {
        return new SimulatedBackend(context, CAPACITY, seed, behaviour);
    }

    /** What happens to a hundred requests, as text. */
    private List<String> story(long seed) {
        List<String> story = new ArrayList<>();
        SimulatedBackend under = disk(seed, SimulatedBackend.Behaviour.ROUGH);
        BlockBackend disk = new ContractFilter(under, context);
        for (int i = 0; i < 100; i++) {
            BlockRequest request = new BlockRequest(
                    ended -> story.add(ended.offset() + ":" + ended.errno()));
            request.range(BlockOp.WRITE_ZEROES, i * 512L, 512);
            story.add(disk.submit(request).toString());
            disk.commit();
            nowNs += 20_000;
            context.poll(false);
        }
        while (under.underWay() > 0) {
            nowNs += 20_000;
            context.poll(false);
        }
        disk.close();
        return story;
    }

    @Test
    void followsFromItsSeedAlone() {
        List<String> story = story(42);
        assertEquals(story, story(42));
        assertNotEquals(story, story(43));
        assertTrue(story.containsAll(List.of("COMPLETED", "BUSY", "QUEUED")), story.toString());
        assertTrue(story.stream().anyMatch(entry -> entry.endsWith(":5")), "errors");
    }

    @Test
    void storesDataWhenItCompletes() {
        SimulatedBackend under = disk(1, SimulatedBackend.Behaviour.ON_DEMAND);
        try (BlockBackend disk = new ContractFilter(under, context);
                TestRequest write = new TestRequest(512, 1);
                TestRequest read = new TestRequest(512, 1)) {
            byte[] bytes = new byte[512];
            bytes[511] = 9;
            disk.submit(write.write(512, bytes).request());
            disk.submit(read.read(512, 512).request());
            assertFalse(under.completeOne(), "not before commit");
            disk.commit();
            context.poll(false);
            assertEquals(2, under.underWay());
            assertTrue(under.completeAt(1));
            assertArrayEquals(new byte[512], read.bytes(512), "overtook the write");
            assertEquals(1, under.completeAll());
            disk.submit(read.read(512, 512).request());
            disk.commit();
            under.failNext(28);
            assertTrue(under.completeOne());
            assertEquals(28, read.request().errno());
            disk.submit(read.read(512, 512).request());
            disk.commit();
            assertTrue(under.completeOne());
            assertArrayEquals(bytes, read.bytes(512));
            assertEquals(4, under.submitted());
            assertEquals(3, under.commits());
        }
    }

    @Test
    void completesOnTheNextIterationWithoutLatency() {
        try (BlockBackend disk = new ContractFilter(
                        disk(1, SimulatedBackend.Behaviour.PLAIN), context);
                TestRequest request = new TestRequest(1, 1)) {
            assertEquals(QueueStatus.QUEUED, disk.submit(request.flush().request()));
            context.poll(false);
            assertEquals(0, request.completions());
            disk.commit();
            context.poll(false);
            assertEquals(1, request.completions());
        }
    }
}
