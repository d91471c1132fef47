// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageSpec;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.WaitMode;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A job whose next block is held by another job that never gives it back: one that has died. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LoadGeneratorTest {
    private static final DeviceSetup SETUP = new DeviceSetup(
            new ImageSpec("memory:1M", null, false, false, IoEngineKind.SYNC),
            new VirtioBlkOptions("test", 1, 16), new LoopSetup(AioOptions.of(PollingOptions.OFF)),
            RingSetup.DEFAULT);

    private static JobStats runBesideADeadJob(JobSpec spec, StopFlag stop) throws IOException {
        try (InProcessGuest guest = InProcessGuest.open(SETUP);
                VerifyMap verify = guest.verifyMap(spec)) {
            guest.plugIn(spec);
            verify.tryLock(1);
            LoadGenerator job = new LoadGenerator(spec, 0, guest.driver(0), verify, stop);
            job.run();
            assertFalse(verify.tryLock(1), "still held");
            return job.stats();
        }
    }

    private static JobSpec sequential(long runtimeNs) {
        return new JobSpec(ReadWrite.READ, 50, Jobs.BLOCK_BYTES, 1, 1, runtimeNs, runtimeNs > 0, 0,
                0, 4L * Jobs.BLOCK_BYTES, 1, true, WaitMode.EVENT);
    }

    @Test
    void endsWhenItsTimeIsOver() throws IOException {
        JobStats stats = runBesideADeadJob(
                sequential(TimeUnit.MILLISECONDS.toNanos(50)), new StopFlag());
        assertEquals(1, stats.read.ios, "the block before the held one");
    }

    @Test
    void endsWhenAskedToStop() throws IOException {
        StopFlag stop = new StopFlag();
        Thread asks = new Thread(stop::request);
        asks.start();
        JobStats stats = runBesideADeadJob(sequential(0), stop);
        assertEquals(0, stats.verifyErrors);
    }
}
