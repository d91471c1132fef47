// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** bench on small images: every mode, both engines, numbers that fit each other. */
final class BenchCommandTest {
    private static final List<String> MODES =
            List.of("read", "write", "randread", "randwrite", "rw", "randrw");
    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    static List<Arguments> bundledImages() throws IOException {
        List<Arguments> cases = new ArrayList<>();
        for (TestImages.Bundled image : TestImages.bundled()) {
            for (String aio : List.of("sync", "threads")) {
                cases.add(Arguments.of(image, aio));
            }
        }
        return cases;
    }

    private static FioReport bench(Object target, String... options) throws IOException {
        List<String> words = new ArrayList<>(List.of("bench", target.toString()));
        words.addAll(List.of(options));
        words.add("--output-format=json");
        return FioReport.of(VblkRun.of(words.toArray(String[]::new)), 0);
    }

    private static void assertDirections(String mode, FioReport report) {
        boolean mixed = mode.endsWith("rw");
        assertEquals(mixed || mode.endsWith("read"), report.ios("read") > 0, mode);
        assertEquals(mixed || mode.endsWith("write"), report.ios("write") > 0, mode);
    }

    @ParameterizedTest
    @MethodSource("bundledImages")
    void everyModeVerifiesOnBundledImagesAndLeavesThem(TestImages.Bundled image, String aio)
            throws IOException {
        int blockBytes = 16 << 10;
        long blocks = image.bytes() / blockBytes;
        for (String mode : MODES) {
            FioReport report = bench(image.path(), "--rw=" + mode, "--aio=" + aio, "--bs=16k",
                    "--iodepth=8", "--verify=crc32c", "--wait=event").assertConsistent(blockBytes);

            assertDirections(mode, report);
            assertEquals(blocks, report.ios("read") + report.ios("write"));
            assertEquals(blocks, report.own("device.requests"));
            assertEquals(0, report.own("verify_errors"));
            assertTrue(report.own("verified_blocks") > 0);
            image.assertUnchanged();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory:1M", "null:1M"})
    void everyModeOnDisksWithoutFile(String target) throws IOException {
        String verify = target.startsWith("null") ? "--verify=none" : "--verify=crc32c";
        for (String mode : MODES) {
            FioReport report = bench(target, "--rw=" + mode, "--bs=4k", "--iodepth=32", verify,
                    "--wait=event").assertConsistent(4096);

            assertDirections(mode, report);
            assertEquals(256, report.ios("read") + report.ios("write"));
            assertEquals(0, report.own("verify_errors"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "poisson"})
    void anOpenLoopVerifiesToo(String process) throws IOException {
        FioReport report = bench("memory:1M", "--rw=randrw", "--iodepth=8", "--wait=event",
                "--rate_iops=9000,3000", "--rate_process=" + process, "--verify=crc32c")
                .assertConsistent(4096);

        assertEquals(256, report.ios("read") + report.ios("write"));
        assertTrue(report.ios("read") > report.ios("write"));
        assertEquals(0, report.own("backlog"));
        assertEquals(0, report.own("verify_errors"));
    }

    @Test
    void theLoopIsNamed() {
        String[] words = {"bench", "null:1M", "--runtime=20ms", "--time_based", "--rate_iops=1000"};
        String open = VblkRun.of(words).succeeded().out();
        String closed = VblkRun.of(Arrays.copyOf(words, words.length - 1)).succeeded().out();

        assertTrue(open.contains("(open loop)"), open);
        assertTrue(open.contains("    lat percentiles ("), open);
        assertTrue(open.contains("rate_iops=1000,1000,1000 rate_process=linear"), open);
        assertTrue(closed.contains("(closed loop)"), closed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"512", "1k", "4k", "12k", "64k", "1M"})
    void requestsOfAllSizes(String bs) throws IOException {
        long bytes = bs.equals("512") ? 512
                : Long.parseLong(bs.replaceAll("\\D", "")) << (bs.endsWith("M") ? 20 : 10);
        for (String aio : List.of("sync", "threads")) {
            Path image = TestImages.user(directory, "disk.raw", MIB);
            FioReport report = bench(image, "--rw=rw", "--aio=" + aio, "--bs=" + bs,
                    "--size=" + Math.max(bytes, 64 << 10), "--allow-write", "--verify=crc32c",
                    "--wait=event").assertConsistent(bytes);

            assertEquals(Math.max(1, (64 << 10) / bytes), report.ios("read") + report.ios("write"));
        }
    }

    @Test
    void writesNothingButTheRegionAskedFor() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", 64 << 10);
        byte[] before = Files.readAllBytes(image);
        FioReport report = bench(image, "--rw=write", "--bs=4k", "--offset=16k", "--size=32k",
                "--allow-write", "--verify=crc32c").assertConsistent(4096);
        byte[] after = Files.readAllBytes(image);

        assertEquals(8, report.ios("write"));
        assertEquals(before.length, after.length);
        for (int at = 0; at < before.length; at += 4096) {
            byte[] was = Arrays.copyOfRange(before, at, at + 4096);
            byte[] is = Arrays.copyOfRange(after, at, at + 4096);
            if (at < 16 << 10 || at >= 48 << 10) {
                assertArrayEquals(was, is, "at " + at);
            } else {
                assertNotEquals(List.of(Arrays.hashCode(was)),
                        List.of(Arrays.hashCode(is)), "at " + at);
            }
        }
    }

    @Test
    void readsLeaveAUsersImageAlone() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", MIB);
        String before = TestImages.sha256(image);

        bench(image, "--rw=randread", "--verify=crc32c", "--iodepth=16").assertConsistent(4096);
        assertEquals(before, TestImages.sha256(image));
    }

    @Test
    void manyGuestsShareADisk() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", MIB);
        VblkRun run = VblkRun.of("bench", image.toString(), "--rw=randrw", "--numjobs=4",
                "--iodepth=8", "--allow-write", "--verify=crc32c", "--wait=event",
                "--output-format=json");
        long requests = 0;
        for (int job = 0; job < 4; job++) {
            FioReport report = FioReport.of(run, job).assertConsistent(4096);
            requests += report.ios("read") + report.ios("write");
        }

        assertEquals(4 * 256, requests);
        assertEquals(requests, FioReport.of(run, 0).own("device.requests"));
    }

    @Test
    void groupReportingIsTheSumOfAllGuests() throws IOException {
        FioReport report = FioReport.of(VblkRun.of("bench", "memory:1M", "--rw=randread",
                "--numjobs=3", "--wait=event", "--group_reporting", "--output-format=json"), 0);

        assertEquals(3 * 256, report.ios("read"));
    }

    @Test
    void moreRequestsInFlightThanBlocks() throws IOException {
        FioReport report = bench("memory:16k", "--rw=randrw", "--iodepth=64", "--numjobs=2",
                "--verify=crc32c", "--bs=4k").assertConsistent(4096);

        assertEquals(4, report.ios("read") + report.ios("write"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"poll", "event"})
    void bothWaysToWaitWithPollingAndWithout(String wait) throws IOException {
        for (String pollMaxNs : List.of("0", "32768")) {
            FioReport report = bench("memory:256k", "--rw=randrw", "--wait=" + wait,
                    "--poll-max-ns=" + pollMaxNs, "--iodepth=4", "--verify=crc32c")
                    .assertConsistent(4096);

            assertEquals(64, report.ios("read") + report.ios("write"));
        }
    }

    @Test
    void sameSeedSameLoad() throws IOException {
        long first = bench("memory:1M", "--rw=randrw", "--randseed=5").ios("read");

        assertEquals(first, bench("memory:1M", "--rw=randrw", "--randseed=5").ios("read"));
        assertNotEquals(first, bench("memory:1M", "--rw=randrw", "--rwmixread=90").ios("read"));
    }

    @Test
    void timeBasedGoesOnUntilTheRuntimeIsOver() throws IOException {
        String out = VblkRun.of("bench", "memory:16k", "--rw=randread", "--time_based",
                "--runtime=300ms", "--ramp_time=50ms", "--output-format=json").succeeded().out();
        JsonTree json = JsonTree.parse(out);

        assertTrue(json.integer("jobs[0].read.runtime") >= 300);
        assertTrue(json.integer("jobs[0].job_runtime") >= 300);
    }

    @Test
    void asManyGuestsAsThereMayBe() throws IOException {
        FioReport report = FioReport.of(VblkRun.of("bench", "null:1M", "--numjobs=64",
                "--size=16k", "--wait=event", "--output-format=json"), 63);

        assertEquals(4, report.ios("read"));
    }
}
