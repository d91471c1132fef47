// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoLimits;
import io.vblk.aio.NanoClock;
import io.vblk.aio.PollingOptions;
import io.vblk.aio.PollingPolicyKind;
import io.vblk.bench.DeviceSetup;
import io.vblk.bench.LoopSetup;
import io.vblk.bench.RingSetup;
import io.vblk.fio.JobSpec;
import io.vblk.fio.WaitMode;
import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageFormat;
import io.vblk.virtioblk.CallCoalescing;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From words to the device, its loops and its rings. */
final class DeviceOptionsTest {
    private static CommandLine parse(String... words) throws Exception {
        Options options = new BenchCommand().options();
        return DefaultParser.builder().setAllowPartialMatching(false).get()
                .parse(options, CommonOptions.completeToggles(options, List.of(words)));
    }

    private static DeviceSetup setup(int jobs, String... words) throws Exception {
        CommandLine line = parse(words);
        return DeviceOptions.setup(line, null, jobs(line, jobs));
    }

    private static List<JobSpec> jobs(CommandLine line, int clones) throws UsageException {
        return List.of(WorkloadOptions.plan(line, WaitMode.POLL).jobs().get(0).withClones(clones));
    }

    private static void assertRefused(String words, String message) {
        Exception e = assertThrows(Exception.class, () -> setup(2, words.split(" ")));
        assertTrue(e instanceof UsageException || e instanceof IllegalArgumentException,
                e::toString);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void defaults() throws Exception {
        DeviceSetup setup = setup(1);

        assertEquals(new LoopSetup(AioOptions.of(PollingOptions.DEFAULT)), setup.loop());
        assertEquals(new VirtioBlkOptions("vblk", 1, 256), setup.device());
        assertEquals(RingSetup.DEFAULT, setup.ring());
        assertEquals(IoEngineKind.AUTO, DeviceOptions.engine(parse()));
        assertEquals(CacheMode.WRITEBACK, DeviceOptions.cache(parse()));
        assertEquals(null, DeviceOptions.format(parse()));
        assertEquals(0, DeviceOptions.blockBytes(parse()));
    }

    @Test
    void everyOptionArrives() throws Exception {
        CommandLine line = parse("--format=memory", "--aio=sync", "--logical-block-size=4096",
                "--num-queues=3", "--queue-size=64", "--serial=abc", "--call-delay-us=50",
                "--call-batch-max=8", "--packed", "--indirect=0", "--event-idx=0", "--in-order",
                "--iothreads=2", "--iothread-vq-mapping=0-1,1", "--poll-max-ns=1000",
                "--poll-grow=4", "--poll-shrink=2", "--poll-weight=5", "--poll-policy=weighted",
                "--fd-monitor=epoll", "--aio-max-batch=8", "--thread-pool-min=1",
                "--thread-pool-max=4", "--iothread-cpus=2-3", "--cache=directsync");
        DeviceSetup setup = DeviceOptions.setup(line, null, jobs(line, 2));

        assertEquals(new VirtioBlkOptions("abc", 3, 64, List.of(0, 1, 1), true,
                new CallCoalescing(50_000, 8)).withWriteCache(false), setup.device());
        assertEquals(new LoopSetup(new AioOptions(
                new PollingOptions(1000, 4, 2, 5, PollingPolicyKind.WEIGHTED),
                FdMonitorKind.EPOLL, AioOptions.EPOLL_THRESHOLD_DEFAULT, NanoClock.MONOTONIC,
                NanoClock.REALTIME, new IoLimits(8, 1, 4)), List.of(2, 3), 2), setup.loop());
        assertEquals(new RingSetup(true, false, false, true), setup.ring());
        assertEquals(IoEngineKind.SYNC, DeviceOptions.engine(line));
        assertEquals(CacheMode.DIRECTSYNC, DeviceOptions.cache(line));
        assertEquals(ImageFormat.MEMORY, DeviceOptions.format(line));
        assertEquals(4096, DeviceOptions.blockBytes(line));
    }

    /** The write cache that guests find, by the mode. */
    @ParameterizedTest
    @CsvSource({"writeback, true", "none, true", "writethrough, false", "directsync, false",
        "unsafe, true"})
    void theCacheModeSaysHowTheDiskBegins(String mode, boolean writeCache) throws Exception {
        assertEquals(mode, DeviceOptions.cache(parse("--cache=" + mode)).toString());
        assertEquals(writeCache, setup(1, "--cache=" + mode).device().writeCache());
        assertEquals(writeCache,
                DeviceOptions.served(parse("--cache=" + mode)).writeCache());
        assertRefused("--cache=direct-unsafe", "use writeback, none, writethrough, directsync");
    }

    @ParameterizedTest
    @CsvSource({"512, 512", "4096, 4096", "4k, 4096", "4K, 4096"})
    void blockSizesMayHaveAUnit(String words, int bytes) throws Exception {
        assertEquals(bytes, DeviceOptions.blockBytes(parse("--logical-block-size=" + words)));
    }

    @ParameterizedTest
    @CsvSource({"0", "4x", "4G", "-512"})
    void otherBlockSizesAreRefused(String words) {
        String message = assertThrows(UsageException.class, () ->
                DeviceOptions.blockBytes(parse("--logical-block-size=" + words))).getMessage();
        assertTrue(message.startsWith("logical-block-size"), message);
    }

    @Test
    void theLastOfSeveralCounts() throws Exception {
        assertEquals(IoEngineKind.SYNC,
                DeviceOptions.engine(parse("--aio=threads", "--aio=sync")));
    }

    @ParameterizedTest
    @CsvSource({"1, 256", "256, 256", "257, 512", "512, 512", "513, 1024", "1024, 1024"})
    void queueIsLargeEnoughForTheDepth(int depth, int queueSize) throws Exception {
        assertEquals(queueSize, setup(1, "--iodepth=" + depth).device().queueSize());
    }

    @ParameterizedTest
    @CsvSource({"85, 256", "86, 512", "341, 1024"})
    void withoutIndirectTablesARequestTakesThreeDescriptors(int depth, int queueSize)
            throws Exception {
        assertEquals(queueSize,
                setup(1, "--indirect=0", "--iodepth=" + depth).device().queueSize());
    }

    @Test
    void eachGuestHasAQueue() throws Exception {
        assertEquals(4, setup(4).device().numQueues());
        assertEquals(8, setup(4, "--num-queues=8").device().numQueues());
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertRefused("--num-queues=1", "num-queues=1 is too few");
        assertRefused("--iodepth=1025", "does not fit a queue of 1024, the largest");
        assertRefused("--iodepth=342 --indirect=0", "without indirect tables, the largest");
        assertRefused("--iodepth=65 --queue-size=64", "does not fit a queue of 64");
        assertRefused("--iothreads=0", "iothreads must be 1 to 64");
        assertRefused("--iothreads=65", "iothreads must be 1 to 64");
        assertRefused("--iothreads=3", "iothreads=3 is more than the queues, 2");
        assertRefused("--iothread-cpus=0,0", "names 2 processors, and iothreads is 1");
        assertRefused("--serial=\u00e4", "printable ASCII");
        assertRefused("--iothread-vq-mapping=0", "names 1 iothreads");
        assertRefused("--iothread-vq-mapping=0,1", "there are 0 to 0");
        assertRefused("--iothread-vq-mapping=0,x", "no list of numbers");
        assertRefused("--iothread-vq-mapping=", "no list of numbers");
        assertRefused("--call-delay-us=1000001", "call-delay-us must be 0 to 1000000");
        assertRefused("--call-delay-us=-1", "call-delay-us must be 0 to 1000000");
        assertRefused("--call-batch-max=0", "call-batch-max must be at least 1");
        assertRefused("--packed=2", "packed=2 is none of 0, 1");
    }
}
