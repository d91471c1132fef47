// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.filter.FilterReport;
import io.vblk.block.filter.OpKind;
import io.vblk.virtioblk.QueueLatency;
import io.vblk.virtioblk.VirtioBlkStats;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A server with two disks that only remembers what it was told. */
final class FakeServer implements ServerControl, AutoCloseable {
    final List<FakeDisk> disks = List.of(new FakeDisk("a", 1 << 20), new FakeDisk("b", 1 << 21));
    final CountDownLatch quit = new CountDownLatch(1);
    private final List<LoopControl> loops = new ArrayList<>();

    FakeServer() throws Exception {
        for (int i = 0; i < 2; i++) {
            loops.add(new LoopControl("vblk-iothread-" + i,
                    AioContext.create(AioOptions.of(PollingOptions.DEFAULT))));
        }
    }

    /** What it was told to do, in order. */
    final List<String> told = new CopyOnWriteArrayList<>();

    @Override
    public List<FakeDisk> disks() {
        return disks;
    }

    @Override
    public List<LoopControl> loops() {
        return loops;
    }

    @Override
    public void quit() {
        quit.countDown();
    }

    @Override
    public void close() {
        loops.forEach(loop -> loop.context().close());
    }

    /** One of its disks. */
    final class FakeDisk implements DiskControl {
        private final String name;
        private long sizeBytes;
        private boolean held;
        private boolean measured;

        FakeDisk(String name, long sizeBytes) {
            this.name = name;
            this.sizeBytes = sizeBytes;
        }

        @Override
        public State state() {
            return new State(name, name + " \"image\".raw", sizeBytes, false, "/run/" + name, 1, 2,
                    held, measured);
        }

        @Override
        public VirtioBlkStats stats() {
            return new VirtioBlkStats(10, 1, 2, 3, 4096, 8192, 4, 5, 6, 7, 8, 9, false);
        }

        @Override
        public List<FilterReport> filters() {
            return !name.equals("a") ? List.of() : List.of(
                    new FilterReport("delay:all=1ms",
                            List.of(new FilterReport.Count("delay-ns", 42)), List.of()),
                    new FilterReport("stats", List.of(), List.of(new FilterReport.Times(
                            OpKind.READ, 3, 1, 8192, 1_500, 1_000, 2_000, 2_000, 2_000, 2_500))));
        }

        @Override
        public List<QueueLatency> latency(boolean reset) {
            told.add(name + " latency reset=" + reset);
            return List.of();
        }

        @Override
        public void measureLatency(boolean wanted) {
            measured = wanted;
        }

        @Override
        public long grow(long newSizeBytes) throws ControlException {
            told.add(name + " grow " + newSizeBytes);
            if (newSizeBytes != 0 && newSizeBytes < sizeBytes) {
                throw new ControlException(name + " would shrink");
            }
            sizeBytes = Math.max(sizeBytes, newSizeBytes);
            return sizeBytes;
        }

        @Override
        public void hold(boolean wanted) {
            held = wanted;
        }
    }
}
