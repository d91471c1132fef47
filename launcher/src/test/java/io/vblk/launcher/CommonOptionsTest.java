// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Access;
import io.vblk.fio.ArrivalRate;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.Queueing;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.Timing;
import io.vblk.fio.VerifySpec;
import io.vblk.fio.WaitMode;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;

/** From words to records. */
final class CommonOptionsTest {
    private static CommandLine parse(String... words) throws ParseException {
        Options options = new BenchCommand().options();
        return DefaultParser.builder().setAllowPartialMatching(false).get()
                .parse(options, CommonOptions.completeToggles(options, List.of(words)));
    }

    private static JobSpec job(String... words) throws Exception {
        return WorkloadOptions.plan(parse(words), WaitMode.POLL).jobs().get(0);
    }

    @Test
    void defaults() throws Exception {
        JobSpec job = job();

        assertEquals(ReadWrite.READ, job.rw());
        assertEquals(Access.of(ReadWrite.READ, 4096), job.access());
        assertEquals(Queueing.of(1, WaitMode.POLL), job.queueing());
        assertEquals(Timing.UNLIMITED, job.timing());
        assertEquals(Extent.ALL, job.extent());
        assertEquals(VerifySpec.NONE, job.verify());
    }

    @Test
    void everyOptionArrives() throws Exception {
        JobSpec job = job("--rw=randrw", "--rwmixread=70", "--bs=8k", "--iodepth=16",
                "--runtime=90s", "--ramp_time=250ms", "--size=1M", "--offset=64k",
                "--randseed=-7", "--verify=crc32c", "--wait=event", "--time_based",
                "--numjobs=2");

        assertEquals(Access.of(ReadWrite.RANDRW, 8192).withMix(70).withSeed(-7), job.access());
        assertEquals(Extent.of(65536, 1 << 20), job.extent());
        assertEquals(Timing.of(90_000_000_000L, 250_000_000L), job.timing());
        assertEquals(Queueing.of(16, WaitMode.EVENT), job.queueing());
        assertEquals(VerifySpec.Method.CRC32C, job.verify().method());
        assertEquals(2, job.clones());
    }

    @Test
    void valuesMayStandApart() throws Exception {
        assertEquals(8192, job("--bs", "8k").access().unitBytes());
        assertEquals(8, job("--iodepth", "8").iodepth());
    }

    @Test
    void theLastOfSeveralCounts() throws Exception {
        assertEquals(16384, job("--bs=4k", "--bs=8k", "--bs=16k").access().unitBytes());
        assertEquals(ReadWrite.RANDREAD, job("--rw=write", "--rw=randread").rw());
        assertEquals(2, job("--iodepth=1", "--iodepth=2").iodepth());
        assertFalse(CommonOptions.isOn(
                parse("--time_based", "--time_based=0"), "time_based", true));
    }

    @Test
    void togglesStandAloneOrHaveAValue() throws Exception {
        for (String name : List.of("time_based", "group_reporting")) {
            assertFalse(CommonOptions.isOn(parse(), name, false));
            assertTrue(CommonOptions.isOn(parse("--" + name), name, false));
            assertTrue(CommonOptions.isOn(parse("--" + name + "=1"), name, false));
            assertFalse(CommonOptions.isOn(parse("--" + name + "=0"), name, true));
            CommandLine wrong = parse("--" + name + "=yes");
            UsageException e = assertThrows(
                    UsageException.class, () -> CommonOptions.isOn(wrong, name, false));
            assertTrue(e.getMessage().contains(name + "=yes"), e.getMessage());
        }
    }

    @Test
    void togglesDoNotTakeTheImageForTheirValue() throws Exception {
        CommandLine line = parse("--time_based", "disk.raw", "--group_reporting", "--bs=4k");

        assertEquals(List.of("disk.raw"), line.getArgList());
        assertTrue(CommonOptions.isOn(line, "time_based", false));
        assertTrue(CommonOptions.isOn(line, "group_reporting", false));
    }

    @Test
    void aRateMakesAnOpenLoop() throws Exception {
        assertEquals(new ArrivalRate(9000, 100, 100, false, ArrivalRate.Process.POISSON),
                job("--rw=randrw", "--rate_iops=9000,100", "--rate_process=poisson").timing()
                        .rate());
        assertTrue(job("--rate_iops=5").isOpenLoop());
        assertFalse(job().isOpenLoop());
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> job("--rate_iops=fast"));
        assertTrue(e.getMessage().contains("rate_iops: 'fast' is not a number"), e.getMessage());
    }

    @Test
    void serveGoesOnForEver() throws Exception {
        assertEquals(Timing.FOR_EVER_NS, job().timing().untilStopped().runtimeNs());
        assertTrue(job().timing().untilStopped().timeBased());
        assertEquals(1_000_000_000L, job("--runtime=1").timing().untilStopped()
                .runtimeNs());
    }
}
