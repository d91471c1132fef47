// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoLimits;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.aio.PollingPolicyKind;
import io.vblk.bench.JobSpec;
import io.vblk.bench.LoopSetup;
import io.vblk.bench.ReadWrite;
import io.vblk.bench.WaitMode;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageFormat;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From words to records. */
final class CommonOptionsTest {
    private static CommandLine parse(String... words) throws ParseException {
        Options options = new BenchCommand().options();
        return DefaultParser.builder().setAllowPartialMatching(false).get()
                .parse(options, CommonOptions.completeToggles(options, List.of(words)));
    }

    private static JobSpec job(String... words) throws Exception {
        return CommonOptions.job(parse(words), 1, false, WaitMode.POLL);
    }

    private static VirtioBlkOptions device(String... words) throws Exception {
        return CommonOptions.device(parse(words), job(words));
    }

    @Test
    void defaults() throws Exception {
        JobSpec job = job();

        assertEquals(ReadWrite.READ, job.rw());
        assertEquals(50, job.rwMixRead());
        assertEquals(4096, job.blockBytes());
        assertEquals(1, job.iodepth());
        assertEquals(0, job.runtimeNs());
        assertEquals(0, job.offset());
        assertEquals(0, job.sizeBytes());
        assertFalse(job.verify());
        assertEquals(WaitMode.POLL, job.waitMode());
        LoopSetup loop = CommonOptions.loop(parse());
        assertEquals(new LoopSetup(AioOptions.of(PollingOptions.DEFAULT)), loop);
        assertEquals(IoEngineKind.THREADS, CommonOptions.engine(parse()));
        assertEquals(null, CommonOptions.format(parse()));
        assertEquals(new VirtioBlkOptions("vblk", 1, 256), device());
    }

    @Test
    void everyOptionArrives() throws Exception {
        CommandLine line = parse("--rw=randrw", "--rwmixread=70", "--bs=8k", "--iodepth=16",
                "--runtime=90s", "--ramp_time=250ms", "--size=1M", "--offset=64k",
                "--randseed=-7", "--verify=crc32c", "--wait=event", "--format=memory",
                "--aio=sync", "--num-queues=3", "--queue-size=64", "--serial=abc",
                "--poll-max-ns=1000", "--poll-grow=4", "--poll-shrink=2", "--poll-weight=5",
                "--poll-policy=weighted", "--fd-monitor=epoll", "--aio-max-batch=8",
                "--thread-pool-min=1", "--thread-pool-max=4", "--iothread-cpus=0,2-3");
        JobSpec job = CommonOptions.job(line, 2, true, WaitMode.POLL);

        assertEquals(new JobSpec(ReadWrite.RANDRW, 70, 8192, 16, 2, 90_000_000_000L, true,
                250_000_000L, 65536, 1 << 20, -7, true, WaitMode.EVENT), job);
        assertEquals(new VirtioBlkOptions("abc", 3, 64), CommonOptions.device(line, job));
        assertEquals(new LoopSetup(new AioOptions(
                new PollingOptions(1000, 4, 2, 5, PollingPolicyKind.WEIGHTED),
                FdMonitorKind.EPOLL, AioOptions.EPOLL_THRESHOLD_DEFAULT, NanoClock.MONOTONIC,
                NanoClock.REALTIME, new IoLimits(8, 1, 4)), List.of(0, 2, 3)),
                CommonOptions.loop(line));
        assertEquals(IoEngineKind.SYNC, CommonOptions.engine(line));
        assertEquals(ImageFormat.MEMORY, CommonOptions.format(line));
    }

    @Test
    void valuesMayStandApart() throws Exception {
        assertEquals(8192, job("--bs", "8k").blockBytes());
        assertEquals(8, job("--iodepth", "8").iodepth());
    }

    @Test
    void theLastOfSeveralCounts() throws Exception {
        assertEquals(16384, job("--bs=4k", "--bs=8k", "--bs=16k").blockBytes());
        assertEquals(ReadWrite.RANDREAD, job("--rw=write", "--rw=randread").rw());
        assertEquals(2, job("--iodepth=1", "--iodepth=2").iodepth());
        assertEquals(IoEngineKind.SYNC,
                CommonOptions.engine(parse("--aio=threads", "--aio=sync")));
        assertFalse(CommonOptions.isOn(parse("--time_based", "--time_based=0"), "time_based"));
    }

    @Test
    void togglesStandAloneOrHaveAValue() throws Exception {
        for (String name : List.of("time_based", "group_reporting")) {
            assertFalse(CommonOptions.isOn(parse(), name));
            assertTrue(CommonOptions.isOn(parse("--" + name), name));
            assertTrue(CommonOptions.isOn(parse("--" + name + "=1"), name));
            assertFalse(CommonOptions.isOn(parse("--" + name + "=0"), name));
            CommandLine wrong = parse("--" + name + "=yes");
            UsageException e = assertThrows(
                    UsageException.class, () -> CommonOptions.isOn(wrong, name));
            assertTrue(e.getMessage().contains(name + "=yes"), e.getMessage());
        }
    }

    @Test
    void togglesDoNotTakeTheImageForTheirValue() throws Exception {
        CommandLine line = parse("--time_based", "disk.raw", "--group_reporting", "--bs=4k");

        assertEquals(List.of("disk.raw"), line.getArgList());
        assertTrue(CommonOptions.isOn(line, "time_based"));
        assertTrue(CommonOptions.isOn(line, "group_reporting"));
    }

    @ParameterizedTest
    @CsvSource({"1, 256", "256, 256", "257, 512", "512, 512", "513, 1024", "1024, 1024"})
    void queueIsLargeEnoughForTheDepth(int depth, int queueSize) throws Exception {
        assertEquals(queueSize, device("--iodepth=" + depth).queueSize());
    }

    @Test
    void eachGuestHasAQueue() throws Exception {
        JobSpec four = CommonOptions.job(parse(), 4, false, WaitMode.POLL);

        assertEquals(4, CommonOptions.device(parse(), four).numQueues());
        assertEquals(8, CommonOptions.device(parse("--num-queues=8"), four).numQueues());
    }

    @Test
    void serveGoesOnForEver() throws Exception {
        assertEquals(JobSpec.FOR_EVER_NS, job().untilStopped().runtimeNs());
        assertTrue(job().untilStopped().timeBased());
        assertEquals(1_000_000_000L, job("--runtime=1").untilStopped().runtimeNs());
    }
}
