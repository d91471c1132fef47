// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.NanoClock;
import io.vblk.fio.Access;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Direction;
import io.vblk.fio.Extent;
import io.vblk.fio.Goals;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Syncs;
import io.vblk.fio.Timing;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.WaitMode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a job sends to its disk, and when. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LoadGeneratorTest {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A disk that notes what it is asked and answers when it is asked to. */
    private static final class NotingPort implements RequestPort {
        final List<String> log = new ArrayList<>();
        private final List<Integer> shown = new ArrayList<>();
        private final List<Integer> added = new ArrayList<>();
        int inFlightMax;
        int failing = -1;
        private int requests;

        @Override
        public long dataAddress(int slot) {
            throw new IllegalStateException("these jobs write nothing");
        }

        @Override
        public boolean add(int slot, Direction direction, long offset, int lengthBytes) {
            log.add(direction.name() + (direction == Direction.SYNC ? "" : " " + offset));
            added.add(slot);
            return true;
        }

        @Override
        public boolean publish() {
            log.add("show " + added.size());
            shown.addAll(added);
            added.clear();
            inFlightMax = Math.max(inFlightMax, shown.size());
            return false;
        }

        @Override
        public void kick() {
            throw new IllegalStateException("nobody wanted one");
        }

        @Override
        public int poll() {
            if (shown.isEmpty()) {
                return NOTHING;
            }
            return shown.remove(0);
        }

        @Override
        public boolean isOk(int slot) {
            return requests++ != failing;
        }

        @Override
        public void await(long timeoutNs) {
            throw new IllegalStateException("there is always something to poll");
        }
    }

    private static JobStats run(JobSpec spec, NotingPort port, NanoClock clock) {
        LoadGenerator job =
                new LoadGenerator(spec, 0, new Region(0, 64 * 4096), new StopFlag(), clock);
        job.use(port, null, 0);
        job.run();
        return job.stats();
    }

    private static JobSpec trims(int count, Queueing queueing) {
        return JobSpec.of(Access.of(ReadWrite.TRIM, 4096), new Extent(Extent.ALL.offset(),
                Extent.ALL.size(), Extent.ALL.offsetIncrement(), Extent.ALL.ioSize(), 1, count),
                Timing.UNLIMITED, queueing);
    }

    @Test
    void flushesComeAfterSoManyRequests() {
        NotingPort port = new NotingPort();
        JobStats stats = run(trims(7, Queueing.of(1, WaitMode.POLL))
                .withSyncs(new Syncs(3, 0, true, false)), port, NanoClock.MONOTONIC);

        assertEquals(List.of("TRIM 0", "TRIM 4096", "TRIM 8192", "SYNC", "TRIM 12288",
                "TRIM 16384", "TRIM 20480", "SYNC", "TRIM 24576", "SYNC"),
                port.log.stream().filter(line -> !line.startsWith("show")).toList());
        assertEquals(3, stats.sync.getTotalCount());
        assertEquals(7, stats.trim.ios);
    }

    @Test
    void aBatchIsShownAtOnce() {
        NotingPort port = new NotingPort();
        run(trims(8, new Queueing(4, 4, 1, Integer.MAX_VALUE, 4, WaitMode.POLL, false)), port,
                NanoClock.MONOTONIC);

        assertEquals(List.of("show 4", "show 4"),
                port.log.stream().filter(line -> line.startsWith("show")).toList());
    }

    @Test
    void aQueueDrainsToItsLowMark() {
        NotingPort port = new NotingPort();
        // One completion is taken at a time, and nothing is started before two are left.
        run(trims(20, new Queueing(8, 8, 1, 1, 2, WaitMode.POLL, false)), port,
                NanoClock.MONOTONIC);

        assertEquals(List.of("show 8", "show 6", "show 6"),
                port.log.stream().filter(line -> line.startsWith("show")).toList());
        assertEquals(8, port.inFlightMax);
    }

    @Test
    void aFailureEndsTheJobUnlessItIsToGoOn() {
        NotingPort port = new NotingPort();
        port.failing = 2;
        JobStats stats = run(trims(9, Queueing.of(1, WaitMode.POLL)), port, NanoClock.MONOTONIC);
        assertEquals(2, stats.trim.ios);
        assertEquals(5, stats.error);
        assertEquals("trim of 4096 bytes at offset 8192 failed", stats.errorText);

        JobSpec patient = trims(9, Queueing.of(1, WaitMode.POLL)).withGoals(
                new Goals(Goals.LatencyTarget.NONE, Goals.SteadyState.NONE, 0, ArrivalRate.NONE,
                        false, false, true, false));
        port = new NotingPort();
        port.failing = 2;
        stats = run(patient, port, NanoClock.MONOTONIC);
        assertEquals(8, stats.trim.ios);
        assertEquals(1, stats.errors);
        assertEquals(5, stats.error, "an error that was counted is an error all the same");
    }

    @Test
    void thinksAfterSoManyRequests() {
        long[] nowNs = {0};
        NotingPort port = new NotingPort();
        JobSpec spec = trims(10, Queueing.of(1, WaitMode.POLL)).withTiming(new Timing(0, false, 0,
                0, new Timing.ThinkTime(100 * MS, 0, 2), ArrivalRate.NONE));
        JobStats stats = run(spec, port, () -> nowNs[0] += 1_000);

        assertEquals(10, stats.trim.ios);
        assertTrue(stats.elapsedNs >= 400 * MS && stats.elapsedNs < 600 * MS,
                "four or five pauses: " + stats.elapsedNs);
    }

    @Test
    void aSlowRequestIsAnErrorIfThereIsALimit() {
        long[] nowNs = {0};
        JobSpec spec = trims(10, Queueing.of(1, WaitMode.POLL)).withGoals(
                new Goals(Goals.LatencyTarget.NONE, Goals.SteadyState.NONE, 5, ArrivalRate.NONE,
                        false, false, false, false));
        JobStats stats = run(spec, new NotingPort(), () -> nowNs[0] += 1_000);

        assertEquals(62, stats.error, "ETIME");
        assertEquals(1, stats.trim.ios);
    }

    private static JobStats runBesideADeadJob(JobSpec spec, StopFlag stop) throws IOException {
        try (OpenTarget target =
                OpenTarget.open("memory", Jobs.DISK, List.of(List.of(spec)))) {
            target.ledger().tryLock(4096, 4096);
            LoadGenerator job = new LoadGenerator(
                    spec, 0, target.regionOf(spec, 0), stop, NanoClock.MONOTONIC);
            job.use(target.guest.port(0, WaitMode.EVENT, false), target, 0);
            job.run();
            assertFalse(target.ledger().tryLock(4096, 4096), "still held");
            return job.stats();
        }
    }

    private static JobSpec sequential(Timing timing) {
        return Jobs.blocks(ReadWrite.READ, 4, 1, timing, WaitMode.EVENT)
                .withVerify(VerifySpec.of(VerifySpec.Method.CRC32C));
    }

    @Test
    void endsWhenItsTimeIsOverThoughAJobThatDiedHoldsItsBlock() throws IOException {
        JobStats stats = runBesideADeadJob(sequential(Timing.of(50 * MS, 0)), new StopFlag());
        assertEquals(1, stats.read.ios, "the block before the held one");
    }

    @Test
    void endsWhenAskedToStopThoughAJobThatDiedHoldsItsBlock() throws IOException {
        StopFlag stop = new StopFlag();
        Thread asks = new Thread(stop::request);
        asks.start();
        JobStats stats = runBesideADeadJob(sequential(Timing.UNLIMITED), stop);
        assertEquals(0, stats.verifyErrors);
    }
}
