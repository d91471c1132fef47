// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** bench through filters: what they do is in the reports. */
final class BenchFilterTest {
    private static final String FILTERS = "jobs[0].vblk.filters";

    private static VblkRun bench(String target, String... options) {
        List<String> words = new ArrayList<>(List.of("bench", target, "--bs=4k", "--iodepth=8",
                "--wait=event"));
        words.addAll(List.of(options));
        return VblkRun.of(words.toArray(String[]::new));
    }

    private static JsonTree json(String target, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of(options));
        words.add("--output-format=json");
        return JsonTree.parse(
                bench(target, words.toArray(String[]::new)).succeeded().out());
    }

    @Test
    void statsOnBothSidesOfADelayDifferByIt() throws IOException {
        JsonTree report = json("memory:256k", "--rw=randread", "--filter=stats:name=above",
                "--filter=delay:read=3ms", "--filter=stats:name=below");
        assertEquals("stats:name=above", report.text(FILTERS + "[0].filter"));
        assertEquals(64, report.integer(FILTERS + "[0].read.requests"));
        assertEquals(64 * 4096, report.integer(FILTERS + "[2].read.bytes"));
        assertEquals(64, report.integer(FILTERS + "[1].delayed"));
        assertEquals(64 * 3_000_000, report.integer(FILTERS + "[1].delay_ns"));
        assertTrue(report.integer(FILTERS + "[0].read.mean_ns")
                >= report.integer(FILTERS + "[2].read.mean_ns") + 3_000_000);
    }

    @Test
    void textNamesEachFilterAndWhatItDid() {
        String text = bench("memory:256k", "--rw=randread", "--filter=stats",
                "--filter=delay:read=1us,spin=1").succeeded().out();
        assertTrue(text.contains("  filter       : stats: read: requests=64, errors=0, "
                + "bytes=262144, usec: mean="), text);
        assertTrue(text.contains("  filter       : delay:read=1us,spin=1: delayed=64, "
                + "delay-ns=64000\n"), text);
        assertTrue(!bench("memory:256k").succeeded().out().contains("filter"), "none, none named");
    }

    @Test
    void verifyIsNeverWrongAcrossIothreads() throws IOException {
        JsonTree report = json("memory:4M", "--rw=randrw", "--numjobs=4", "--iothreads=2",
                "--filter=verify", "--filter=delay:all=0-200us", "--time_based", "--runtime=1");
        assertEquals(0, report.integer(FILTERS + "[0].wrong"));
        assertTrue(report.integer(FILTERS + "[0].same") > 0);
        assertTrue(report.integer(FILTERS + "[0].summed") > 0);
        assertEquals(0, report.integer("jobs[0].vblk.device.errors"));
    }

    @Test
    void aRateIsOneForAllIothreads() throws IOException {
        JsonTree report = json("null:1M", "--rw=randread", "--numjobs=2", "--iothreads=2",
                "--filter=rate:iops=300,burst=10ms", "--time_based", "--runtime=1");
        long requests = report.integer("jobs[0].vblk.device.requests");
        // What is in flight at the end is waited for.
        assertTrue(requests <= 303 + 16 + 30, requests + " requests");
        assertTrue(report.integer(FILTERS + "[0].waited") > 0);
    }

    @Test
    void anErrorEndsTheLoadWithItsName() {
        VblkRun run = bench("memory:256k", "--rw=randwrite",
                "--filter=error:write=1,errno=ENOSPC,after=5");
        assertEquals(1, run.code());
        VblkRun.assertOneLine(run.err(), "No space left on device");
        assertTrue(run.out().contains(
                "filter       : error:write=1,errno=ENOSPC,after=5: failed="), run.out());
    }

    @Test
    void anErrorHasItsNameWithoutADeviceToo() {
        VblkRun run = bench("file:memory:256k", "--rw=randwrite",
                "--filter=error:write=1,errno=ENOSPC");
        assertEquals(1, run.code());
        VblkRun.assertOneLine(run.err(), " failed: No space left on device");
    }

    @Test
    void withoutADeviceMemoryHasItsLimitToo() {
        bench("file:null:1G", "--bs=1M", "--iodepth=1024", "--numjobs=8", "--number_ios=1")
                .failed(2, "numjobs times iodepth times bs needs more than 4096MiB");
    }

    @Test
    void aDiskTooLargeToBeVerifiedIsRefused() {
        bench("null:2T", "--filter=verify").failed(1, "null:2T", "block=1M");
        bench("null:2T", "--filter=verify:block=8k", "--size=64k").succeeded();
    }

    @Test
    void backEndsInOtherProcessesHaveNoFilters() {
        bench("vhost-user:nowhere.sock", "--filter=stats")
                .failed(2, "--filter is about a device in this process");
    }
}
