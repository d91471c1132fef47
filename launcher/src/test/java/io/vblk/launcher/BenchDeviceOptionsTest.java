// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** bench with rings, loops and devices other than the usual: data is right, reports say so. */
final class BenchDeviceOptionsTest {
    private static final int BLOCKS = 64;

    @TempDir
    private Path directory;

    private static VblkRun bench(String target, String... options) {
        List<String> words = new ArrayList<>(List.of("bench", target, "--bs=4k", "--iodepth=8",
                "--verify=crc32c", "--wait=event", "--output-format=json"));
        words.addAll(List.of(options));
        return VblkRun.of(words.toArray(String[]::new)).succeeded();
    }

    private static void assertAllServed(VblkRun run, int jobs) throws IOException {
        long requests = 0;
        for (int job = 0; job < jobs; job++) {
            FioReport report = FioReport.of(run, job).assertConsistent(4096);
            requests += report.ios("read") + report.ios("write");
            assertEquals(0, report.own("verify_errors"));
        }
        assertEquals((long) jobs * BLOCKS, requests);
        assertEquals(requests, FioReport.of(run, 0).own("device.requests"));
    }

    private static String own(VblkRun run, String name) throws IOException {
        return JsonTree.parse(run.out()).text("jobs[0].vblk." + name);
    }

    private static void assertRing(VblkRun run, String... values) throws IOException {
        List<String> seen = new ArrayList<>();
        for (String name : List.of("packed", "indirect", "event_idx", "in_order")) {
            seen.add(own(run, name));
        }
        assertEquals(List.of(values), seen);
    }

    @Test
    void ringsOfAllKindsMoveTheRightData() throws IOException {
        for (int bits = 0; bits < 16; bits++) {
            String[] values = new String[4];
            for (int i = 0; i < 4; i++) {
                values[i] = (bits >> i & 1) != 0 ? "true" : "false";
            }
            VblkRun run = bench("memory:256k", "--rw=randrw", "--packed=" + (bits & 1),
                    "--indirect=" + (bits >> 1 & 1), "--event-idx=" + (bits >> 2 & 1),
                    "--in-order=" + (bits >> 3 & 1));
            assertAllServed(run, 1);
            assertRing(run, values);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ioengine=libaio|ioengine=psync", "direct=1|", "|direct=1",
        "ioengine=libaio|ioengine=libaio direct=1"})
    void jobsOfOneTargetCannotDifferInWhatItHasOnce(String options) throws IOException {
        String[] own = options.split("\\|", -1);
        Path image = Files.write(directory.resolve("disk.raw"), new byte[64 << 10]);
        Path jobs = Files.writeString(directory.resolve("jobs.fio"), "[global]\nfilename=" + image
                + "\nnumber_ios=2\n[a]\n" + own[0].replace(' ', '\n') + "\n[b]\n"
                + own[1].replace(' ', '\n') + "\n");
        VblkRun.of("bench", jobs.toString())
                .failed(2, "disk.raw is one device for all of its jobs");
    }

    @Test
    void usualRingsAreSplitWithIndirectTablesAndEventIndices() throws IOException {
        assertRing(bench("memory:256k"), "false", "true", "true", "false");
    }

    @ParameterizedTest
    @ValueSource(strings = {"randread", "randwrite"})
    void severalIothreadsServeSeveralGuests(String rw) throws IOException {
        String image = TestImages.user(directory, "disk.raw", BLOCKS * 4096).toString();
        for (String aio : List.of("sync", "threads")) {
            VblkRun run = bench(image, "--allow-write", "--rw=" + rw, "--aio=" + aio,
                    "--iothreads=2", "--numjobs=2");
            assertAllServed(run, 2);
            assertEquals("2", own(run, "iothreads"));
            assertEquals(List.of(0, 1), queueHomes(run, 2));
        }
    }

    @Test
    void theReportNamesWhatTheDeviceWasTold() throws IOException {
        VblkRun run = bench("memory:256k", "--call-delay-us=50", "--call-batch-max=7",
                "--serial=xyz", "--logical-block-size=4096", "--wait=event");
        assertEquals("50000", own(run, "call_delay_ns"));
        assertEquals("7", own(run, "call_batch_max"));
        assertEquals("xyz", own(run, "serial"));
        assertEquals("4096", own(run, "logical_block_size"));
    }

    @Test
    void theMappingDecidesAboutTheIothreadOfEachQueue() throws IOException {
        VblkRun run = bench("memory:256k", "--rw=randrw", "--iothreads=3", "--numjobs=4",
                "--iothread-vq-mapping=2,0,2,2");
        assertAllServed(run, 4);
        assertEquals(List.of(2, 0, 2, 2), queueHomes(run, 4));
    }

    /** The iothread that watches the kicks of each queue. */
    private static List<Integer> queueHomes(VblkRun run, int queues) throws IOException {
        JsonTree json = JsonTree.parse(run.out());
        List<Integer> homes = new ArrayList<>();
        for (int queue = 0; queue < queues; queue++) {
            int found = 0;
            String at = "jobs[0].vblk.loop.handlers[";
            for (int i = 0; json.has(at + i + "].name"); i++) {
                if (json.text(at + i + "].name").equals("queue " + queue)) {
                    homes.add((int) json.integer(at + i + "].iothread"));
                    found++;
                }
            }
            assertEquals(1, found, "handlers of queue " + queue);
        }
        return homes;
    }

    @Test
    void callsHeldBackAreFewerThanBatches() throws IOException {
        VblkRun run = bench("memory:256k", "--rw=randread", "--call-delay-us=1000000",
                "--call-batch-max=4");
        assertAllServed(run, 1);
        assertTrue(Long.parseLong(own(run, "device.calls"))
                <= Long.parseLong(own(run, "device.batches")));
    }

    @Test
    void blocksOf4096() throws IOException {
        String image = TestImages.user(directory, "disk.raw", BLOCKS * 4096).toString();
        assertAllServed(bench(image, "--rw=randread", "--logical-block-size=4096"), 1);
        VblkRun.of("bench", image, "--bs=512", "--logical-block-size=4096")
                .failed(2, "bs=512", "4096");
        String odd = TestImages.user(directory, "odd.raw", 4096 + 512).toString();
        VblkRun.of("bench", odd, "--logical-block-size=4096")
                .failed(1, odd, "no multiple of 4096");
        assertFalse(bench(odd, "--bs=512", "--rw=read", "--size=4k").out().isEmpty());
    }
}
