// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioOptions;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.fio.Access;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.WaitMode;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.io.IOException;
import java.util.List;

/** Jobs for tests, and a disk in memory that they run on. */
final class Jobs {
    static final int BLOCK_BYTES = 4096;
    static final DeviceSetup DISK = disk(1);
    static final DeviceSetup TWO_QUEUES = disk(2);

    private Jobs() {}

    private static DeviceSetup disk(int queues) {
        return new DeviceSetup(
                new ImageSpec("memory:1M", null, false, false, IoEngineKind.SYNC),
                new VirtioBlkOptions("test", queues, 16),
                new LoopSetup(AioOptions.of(PollingOptions.OFF)), RingSetup.DEFAULT);
    }

    /** A job over a number of blocks. */
    static JobSpec blocks(ReadWrite rw, long blocks, int depth, Timing timing, WaitMode wait) {
        return JobSpec.of(Access.of(rw, BLOCK_BYTES), Extent.of(0, blocks * BLOCK_BYTES), timing,
                Queueing.of(depth, wait));
    }

    /** A job over a number of blocks, once. */
    static JobSpec once(ReadWrite rw, long blocks) {
        return blocks(rw, blocks, 1, Timing.UNLIMITED, WaitMode.POLL);
    }

    /** Runs a job on the disk, without a check of data. */
    static JobStats run(JobSpec spec, NanoClock clock) throws IOException {
        try (InProcessGuest guest = InProcessGuest.open(DISK)) {
            guest.plugIn(List.of(QueueNeed.of(spec)));
            Region region = Region.of(spec.extent(), spec.access(), 0, guest.capacityBytes(),
                    guest.blockBytes());
            LoadGenerator job =
                    new LoadGenerator(spec, 0, region, new StopFlag(), clock);
            job.use(guest.port(0, spec.queueing().waitMode(), false), null, 0);
            job.run();
            return job.stats();
        }
    }
}
