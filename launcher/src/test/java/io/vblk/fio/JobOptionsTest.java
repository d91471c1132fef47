// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static io.vblk.fio.JobPlanTest.line;
import static io.vblk.fio.JobPlanTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What each option makes of a job. */
final class JobOptionsTest {
    private static JobSpec job(String words) {
        return line(words.split(" ")).jobs().get(0);
    }

    /** Options, and what a part of the job then looks like. */
    private record Row(String words, Object expected, Function<JobSpec, Object> part) {}

    private static final SizeSplit K4 = SizeSplit.of(4096);
    private static final SizeSplit K8 = SizeSplit.of(8192);
    private static final SizeSplit K16 = SizeSplit.of(16384);

    private static SizeSplit split(int... sizesAndShares) {
        List<SizeSplit.Part> parts = new ArrayList<>();
        for (int i = 0; i < sizesAndShares.length; i += 2) {
            parts.add(new SizeSplit.Part(
                    sizesAndShares[i], sizesAndShares[i], sizesAndShares[i + 1]));
        }
        return new SizeSplit(parts);
    }

    private static void check(Row... rows) {
        for (Row row : rows) {
            assertEquals(row.expected, row.part.apply(job(row.words)), row.words);
        }
    }

    @Test
    void sizesAreOfReadsWritesAndTrims() {
        Function<JobSpec, Object> sizes = job -> job.access().sizes();
        SizeSplit k1to4 = SizeSplit.range(1024, 4096);
        check(new Row("iodepth=1", new BlockSizes(K4, K4, K4), sizes),
                new Row("bs=8k", new BlockSizes(K8, K8, K8), sizes),
                new Row("blocksize=8k,", new BlockSizes(K8, K4, K4), sizes),
                new Row("bs=4k,8k", new BlockSizes(K4, K8, K8), sizes),
                new Row("bs=,8k", new BlockSizes(K4, K8, K8), sizes),
                new Row("bs=,8k,", new BlockSizes(K4, K8, K4), sizes),
                new Row("bs=,,8k", new BlockSizes(K4, K4, K8), sizes),
                new Row("bs=4k,8k,16k", new BlockSizes(K4, K8, K16), sizes),
                new Row("bs=8k bs=,16k", new BlockSizes(K8, K16, K16), sizes),
                new Row("bsrange=1k-4k bs=8k", new BlockSizes(k1to4, k1to4, k1to4), sizes),
                new Row("bsrange=4k:1k,8k-8k", new BlockSizes(k1to4, K8, K8), sizes),
                new Row("bssplit=1k/60:2k/40 bs=8k bsrange=4k-8k",
                        new BlockSizes(split(1024, 60, 2048, 40), split(1024, 60, 2048, 40),
                                split(1024, 60, 2048, 40)), sizes),
                new Row("bssplit=1k/40:2k:4k:8k,8k bs=4k",
                        new BlockSizes(split(1024, 40, 2048, 20, 4096, 20, 8192, 20),
                                split(8192, 100), split(8192, 100)), sizes),
                new Row("bssplit=1k:2k:4k", split(1024, 33, 2048, 33, 4096, 34),
                        job -> job.access().sizes().read()),
                new Row("bssplit=1k/60:2k/10", split(1024, 60, 2048, 40),
                        job -> job.access().sizes().read()),
                new Row("bs=4kib kb_base=1000", K4, job -> job.access().sizes().read()));
    }

    @Test
    void modesHaveFiosSuffix() {
        check(new Row("rw=randread:8", 8, job -> job.access().sequence()),
                new Row("rw=write:-4k", -4096L, job -> job.access().skipBytes()),
                new Row("readwrite=readwrite", ReadWrite.RW, JobSpec::rw),
                new Row("rw=randread:8 rw=read", 1, job -> job.access().sequence()),
                new Row("rw=rw rwmixwrite=30", 70, job -> job.access().rwMixRead()));
    }

    @Test
    void distributionsSwitchTheMapOff() {
        Function<JobSpec, Object> distribution = job -> job.access().distribution();
        check(new Row("random_distribution=zipf", new Distribution.Zipf(1.1, -1), distribution),
                new Row("random_distribution=zipf:1.2:0.5", new Distribution.Zipf(1.2, 0.5),
                        distribution),
                new Row("random_distribution=pareto:0.3", new Distribution.Pareto(0.3, -1),
                        distribution),
                new Row("random_distribution=normal:20", new Distribution.Normal(20, -1),
                        distribution),
                new Row("random_distribution=zoned:60/10:40/90", new Distribution.Zoned(
                        List.of(new Distribution.Zone(60, 10), new Distribution.Zone(40, 90)),
                        false), distribution),
                new Row("random_distribution=zoned_abs:60/1k:40/1m", new Distribution.Zoned(
                        List.of(new Distribution.Zone(60, 1024),
                                new Distribution.Zone(40, 1 << 20)), true), distribution),
                new Row("random_distribution=zipf", false, job -> job.access().randomMap()),
                new Row("random_distribution=random", true, job -> job.access().randomMap()),
                new Row("norandommap=0", true, job -> job.access().randomMap()));
    }

    @Test
    void seedsRepeatUnlessToldNotTo() {
        assertEquals(1, job("rw=read").access().randSeed());
        assertEquals(16, job("randseed=0x10 randrepeat=0").access().randSeed());
        assertNotEquals(job("randrepeat=0").access().randSeed(),
                job("randrepeat=0").access().randSeed());
    }

    @Test
    void timesAndRates() {
        check(new Row("runtime=10 time_based ramp_time=500ms startdelay=1m",
                        new Timing(10_000_000_000L, true, 500_000_000L, 60_000_000_000L,
                                Timing.ThinkTime.NONE, ArrivalRate.NONE), JobSpec::timing),
                new Row("thinktime=10 thinktime_spin=2ms thinktime_blocks=4",
                        new Timing.ThinkTime(10_000, 10_000, 4), job -> job.timing().think()),
                new Row("rate_iops=1k rate_process=poisson",
                        new ArrivalRate(1024, 1024, 1024, false, ArrivalRate.Process.POISSON),
                        job -> job.timing().rate()),
                new Row("rate=1m,500k rw=rw rate_min=,1k",
                        new ArrivalRate(1 << 20, 500 << 10, 500 << 10, true,
                                ArrivalRate.Process.LINEAR), job -> job.timing().rate()),
                new Row("rate=1m,500k rw=rw rate_min=,1k",
                        new ArrivalRate(0, 1024, 1024, true, ArrivalRate.Process.LINEAR),
                        job -> job.goals().least()));
    }

    @Test
    void depthsAreCutAsFioCutsThem() {
        check(new Row("iodepth=512 iodepth_batch=128 iodepth_low=256",
                        new Queueing(512, 128, 1, Integer.MAX_VALUE, 256, WaitMode.POLL, false),
                        JobSpec::queueing),
                new Row("iodepth=4 iodepth_batch=9 iodepth_low=8 iodepth_batch_complete=7",
                        new Queueing(4, 4, 4, Integer.MAX_VALUE, 4, WaitMode.POLL, false),
                        JobSpec::queueing),
                new Row("iodepth=8 iodepth_batch_submit=0 iodepth_batch_complete_min=0 "
                        + "iodepth_batch_complete_max=3 serialize_overlap=1 wait=event",
                        new Queueing(8, 8, 0, 3, 8, WaitMode.EVENT, true), JobSpec::queueing),
                new Row("wait_mode=loop", WaitMode.POLL, job -> job.queueing().waitMode()),
                new Row("wait_mode=eventfd", WaitMode.EVENT, job -> job.queueing().waitMode()));
    }

    @Test
    void extentsTakeBytesAndPercent() {
        check(new Row("size=20% offset=1m offset_increment=10% io_limit=3g loops=2 number_ios=9",
                        new Extent(Amount.ofBytes(1 << 20), new Amount(0, 20), new Amount(0, 10),
                                Amount.ofBytes(3L << 30), 2, 9), JobSpec::extent),
                new Row("filesize=1m", Amount.ofBytes(1 << 20), job -> job.extent().size()),
                new Row("filesize=1m size=2m", Amount.ofBytes(2 << 20),
                        job -> job.extent().size()));
    }

    @Test
    void checksAndData() {
        check(new Row("verify=crc32c-intel verify_backlog=1024 verify_backlog_batch=8 "
                        + "verify_fatal=1 verify_dump=1 do_verify=0 verify_interval=512",
                        new VerifySpec(VerifySpec.Method.CRC32C, null, 512, false, 1024, 8, true,
                                true, false, false), JobSpec::verify),
                new Row("verify_pattern=0xff", VerifySpec.Method.PATTERN_HDR,
                        job -> job.verify().method()),
                new Row("verify_pattern=0xff verify=md5", VerifySpec.Method.MD5,
                        job -> job.verify().method()),
                new Row("rw=write verify=md5 verify_only", true, job -> job.verify().only()),
                new Row("rw=write verify=md5 verify_only", false, JobSpec::changesDisk),
                new Row("zero_buffers refill_buffers=1 scramble_buffers=0 dedupe_percentage=5 "
                        + "buffer_compress_percentage=50 buffer_compress_chunk=4k",
                        new Payload(true, null, 50, 4096, true, false, 5), JobSpec::payload),
                new Row("fsync=32 fdatasync=4 end_fsync=1 sync=dsync",
                        new Syncs(32, 4, true, true), JobSpec::syncs));
    }

    @Test
    void patternsAreMadeOfPieces() {
        short hole = VerifySpec.OFFSET_HOLE;
        Object[][] rows = {
            {"0xabc", new int[] {0x0a, 0xbc}}, {"300", new int[] {0x2c, 1}}, {"0", new int[] {0}},
            {"-200", new int[] {0x38, 0xff, 0xff, 0xff}}, {"\"ab\"10", new int[] {'a', 'b', 10}},
            {"1-2", new int[] {1, 0xfe, 0xff, 0xff, 0xff}},
            {"0xff%o", new int[] {0xff, hole, hole, hole, hole, hole, hole, hole, hole}}};
        for (Object[] row : rows) {
            short[] pattern = job("verify=pattern verify_pattern=" + row[0]).verify().pattern();
            int[] bytes = new int[pattern.length];
            Arrays.setAll(bytes, i -> pattern[i]);
            assertArrayEquals((int[]) row[1], bytes, (String) row[0]);
        }
    }

    @Test
    void goalsAndReports() {
        check(new Row("latency_target=100 latency_window=5s latency_percentile=99.9 latency_run=1",
                        new Goals.LatencyTarget(100_000, 5_000_000_000L, 99.9, true),
                        job -> job.goals().latency()),
                new Row("ss=iops:2% ss_dur=10 steadystate_ramp_time=5",
                        new Goals.SteadyState(Goals.SteadyState.Kind.IOPS, 2, true,
                                10_000_000_000L, 5_000_000_000L, 1_000_000_000L),
                        job -> job.goals().steady()),
                new Row("ss=bw_slope:1m ss_dur=10", 1024.0, job -> job.goals().steady().limit()),
                new Row("continue_on_error=io", List.of(true, true, false), JobOptionsTest::errors),
                new Row("continue_on_error=1", List.of(true, true, true), JobOptionsTest::errors),
                new Row("continue_on_error=verify", List.of(false, false, true),
                        JobOptionsTest::errors),
                new Row("max_latency=10ms", 10_000_000L, job -> job.goals().maxLatencyNs()),
                new Row("percentile_list=99.9:50 group_reporting lat_percentiles=1",
                        List.of(50.0, 99.9), job -> job.reporting().percentiles()),
                new Row("write_bw_log write_lat_log=x log_avg_msec=500 name=j",
                        new Logs("j", "x", null, null, null, 500, 0, 0, false, false),
                        job -> job.reporting().logs()));
    }

    private static List<Boolean> errors(JobSpec job) {
        return List.of(job.goals().continueOnRead(), job.goals().continueOnWrite(),
                job.goals().continueOnVerify());
    }

    @Test
    void enginesAndNamesMakeATarget() {
        String[][] rows = {
            {"iodepth=1", null}, {"filename=a.raw", "a.raw"}, {"filename=a\\:b", "a:b"},
            {"directory=d filename=a", "d/a"}, {"directory=d filename=/a", "/a"},
            {"filename=vhost-user:s", "vhost-user:s"}, {"ioengine=vblk filename=a", "a"},
            {"ioengine=vhost-user filename=s", "vhost-user:s"},
            {"ioengine=libblkio libblkio_driver=virtio-blk-vhost-user libblkio_path=s",
                "vhost-user:s"},
            {"ioengine=libblkio libblkio_driver=io_uring libblkio_path=f", "file:f"},
            {"ioengine=io_uring filename=f", "file:f"}, {"ioengine=libaio", null},
            {"ioengine=null size=1m offset=1m", "null:2097152"}};
        for (String[] row : rows) {
            assertEquals(row[1], job(row[0]).target(), row[0]);
        }
        assertTrue(job("ioengine=libaio").attachment().isStraight());
        assertTrue(job("ioengine=psync").attachment().isSynchronous());
        assertTrue(job("buffered=0").attachment().direct());
    }

    @Test
    void whatMakesNoSenseIsRefusedInWords() {
        String[][] rows = {
            {"iodepth=0", "iodepth=0: must be at least 1"}, {"rwmixread=101", "at most 100"},
            {"numjobs=65", "at most 64"}, {"direct=2", "direct=2: is none of 0, 1"},
            {"bs=4q", "bs: 'q' is no unit"}, {"bs=128m", "1 byte to 64 MiB"},
            {"bs=1k-4k", "bs: '1k-4k' is not a number"}, {"bs=1k,2k,3k,4k", "up to three"},
            {"bsrange=4k", "no range"}, {"bssplit=4k/60:8k/50", "110 percent"},
            {"rw=foo", "rw=foo is none of read"}, {"rw=randread:0", "at least 1"},
            {"verify=crc64", "verify=crc64 is none of none"}, {"verify_only", "needs a verify"},
            {"random_distribution=zipf:1", "theta"}, {"random_distribution=normal", "deviation"},
            {"random_distribution=zoned:60/10:30/90", "90.0 percent"},
            {"rate=1m rate_iops=5", "exclude each other"},
            {"rate_iops=5 rate_iops_min=7", "above the rate"}, {"rw=rw rate_iops=,5", "mixed load"},
            {"time_based", "time_based needs a runtime"}, {"runtime=1x", "unit 'x'"},
            {"latency_target=1ms", "needs a latency_window"},
            {"verify=crc32c verify_only time_based runtime=1", "has no end"},
            {"ss=iops", "needs a limit"}, {"ss=iops:1%", "steadystate_duration"},
            {"continue_on_error=x", "is none of none"},
            {"write_hist_log", "log_hist_msec"}, {"percentile_list=1:200", "0.0 to 100.0"},
            {"verify_pattern=abc", "no pattern"}, {"verify=pattern", "verify_pattern"},
            {"ioengine=mmap", "none of vblk"}, {"filename=a:b", "names several files"},
            {"ioengine=libblkio libblkio_driver=nvme-io_uring libblkio_path=x", "none of virtio"},
            {"libblkio_path=x", "ioengine=libblkio"}, {"ioengine=null", "size in bytes"},
            {"bs", "option bs needs a value"}, {"nrfiles=2", "not supported: a job has one"}};
        for (String[] row : rows) {
            String message = refused(() -> job(row[0]));
            assertTrue(message.contains(row[1]), row[0] + " -> " + message);
        }
    }

    @Test
    void whatMaySurpriseIsSaid() {
        assertEquals(List.of("bs=4KiB: with kb_base=1024 a kib is 1000 bytes, as in fio; write k "
                + "for 1024"), line("bs=4KiB").warnings());
        assertEquals(List.of(), line("rw=write", "verify=md5", "numjobs=2").warnings());
    }
}
