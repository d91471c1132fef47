// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HoldFilterTest {
    private static final Behaviour AT_ONCE = new Behaviour(100, 0, 0, 0, false);

    private final HoldSwitch hold = new HoldSwitch();
    private final List<Integer> ended = new ArrayList<>();
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

    private BlockBackend filter(SimulatedBackend under) {
        return new ContractFilter(
                new HoldFilter(new ContractFilter(under, context), context, hold), context);
    }

    private SimulatedBackend simulated(Behaviour behaviour) {
        return new SimulatedBackend(context, 1 << 20, 1, behaviour);
    }

    private QueueStatus submit(BlockBackend disk, int number) {
        BlockRequest request = new BlockRequest(
                done -> ended.add((int) (done.offset() / 512)));
        request.range(BlockOp.DISCARD, number * 512L, 512);
        QueueStatus status = disk.submit(request);
        disk.commit();
        return status;
    }

    private void turn(int times) {
        for (int i = 0; i < times; i++) {
            context.poll(false);
            nowNs += 50_000;
        }
    }

    @Test
    void passesOnAtOnceWhileNothingIsHeld() {
        BlockBackend disk = filter(simulated(AT_ONCE));
        assertEquals(QueueStatus.COMPLETED, submit(disk, 1));
        disk.close();
    }

    @Test
    void keepsWhatComesWhileHeldAndHandsItOnInOrder() {
        SimulatedBackend under = simulated(AT_ONCE);
        BlockBackend disk = filter(under);
        hold.hold();
        for (int i = 0; i < 10; i++) {
            assertEquals(QueueStatus.QUEUED, submit(disk, i));
        }
        turn(5);
        assertEquals(0, under.submitted());
        hold.resume();
        assertEquals(QueueStatus.QUEUED, submit(disk, 10), "it does not overtake");
        turn(2);
        assertEquals(IntStream.rangeClosed(0, 10).boxed().toList(), ended);
        assertEquals(QueueStatus.COMPLETED, submit(disk, 11));
        disk.close();
    }

    @Test
    void holdsAgainBeforeAnythingWasHandedOn() {
        SimulatedBackend under = simulated(AT_ONCE);
        BlockBackend disk = filter(under);
        hold.hold();
        submit(disk, 1);
        hold.resume();
        hold.hold();
        turn(3);
        assertEquals(0, under.submitted());
        hold.resume();
        turn(1);
        assertEquals(List.of(1), ended);
        disk.close();
    }

    @Test
    void requestsUnderWayGoOnWhileHeld() {
        SimulatedBackend under = simulated(Behaviour.PLAIN);
        BlockBackend disk = filter(under);
        submit(disk, 1);
        hold.hold();
        turn(2);
        assertEquals(List.of(1), ended);
        hold.resume();
        disk.close();
    }

    @Test
    void asksADiskWithoutRoomAgain() {
        BlockBackend disk = filter(simulated(new Behaviour(0, 70, 0, 200_000, false)));
        hold.hold();
        for (int i = 0; i < 30; i++) {
            submit(disk, i);
        }
        hold.resume();
        turn(2_000);
        assertEquals(30, ended.stream().distinct().count());
        assertEquals(30, ended.size());
        disk.close();
    }

    @Test
    void doesNotAskADiskWithoutRoomWhileHeldAgain() {
        SimulatedBackend under = simulated(Behaviour.ON_DEMAND);
        WithoutRoom full = new WithoutRoom(under);
        BlockBackend disk = new ContractFilter(new HoldFilter(full, context, hold), context);
        hold.hold();
        submit(disk, 1);
        hold.resume();
        turn(5);
        assertTrue(full.asked > 1, "asked " + full.asked + " times");
        hold.hold();
        full.room = true;
        turn(5);
        assertEquals(0, under.submitted());
        hold.resume();
        turn(1);
        assertEquals(1, under.completeAll());
        assertEquals(List.of(1), ended);
        disk.close();
    }

    /** A disk that says BUSY until told otherwise. */
    private static final class WithoutRoom implements BlockBackend {
        private final BlockBackend disk;
        private boolean room;
        private int asked;

        WithoutRoom(BlockBackend disk) {
            this.disk = disk;
        }

        @Override
        public BlockLimits limits() {
            return disk.limits();
        }

        @Override
        public QueueStatus submit(BlockRequest request) {
            asked++;
            return room ? disk.submit(request) : QueueStatus.BUSY;
        }

        @Override
        public void commit() {
            disk.commit();
        }

        @Override
        public void close() {
            disk.close();
        }
    }
}
