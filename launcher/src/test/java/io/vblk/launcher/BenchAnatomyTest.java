// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.vhostuser.QemuStorageDaemon;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** bench --anatomy: every sampled request is shared out to its stages, whatever the ring. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class BenchAnatomyTest {
    private static final List<String> STAGES = List.of("submit", "kick", "notice", "queue",
            "prepare", "disk", "publish", "call", "reap");
    private static final String ANATOMY = "jobs[0].vblk.anatomy.";

    @TempDir
    private Path directory;

    private static VblkRun bench(String... options) {
        List<String> words = new ArrayList<>(List.of("bench", "memory:1M", "--rw=randread"));
        words.addAll(List.of(options));
        return VblkRun.of(words.toArray(String[]::new));
    }

    private static JsonTree json(String... options) throws Exception {
        String[] words = new String[options.length + 1];
        System.arraycopy(options, 0, words, 1, options.length);
        words[0] = "--output-format=json";
        return JsonTree.parse(bench(words).succeeded().out());
    }

    /** Checks that the stages add up, and that none was lost; returns how many requests. */
    private static long assertAddsUp(JsonTree json, List<String> stages) {
        double sum = 0;
        double share = 0;
        for (int i = 0; i < stages.size(); i++) {
            String at = ANATOMY + "stages[" + i + "].";
            assertEquals(stages.get(i), json.text(at + "stage"));
            sum += json.number(at + "mean_ns");
            share += json.number(at + "share");
        }
        double mean = json.number(ANATOMY + "total.mean_ns");
        assertEquals(mean, sum, mean * 1e-9);
        assertEquals(1, share, 1e-9);
        assertEquals(0, json.integer(ANATOMY + "lost"));
        return json.integer(ANATOMY + "sampled");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "--iodepth=1", "--iodepth=32", "--iodepth=32 --packed=1",
        "--iodepth=16 --in-order=1 --delay-us=0-50", "--iodepth=16 --delay-us=0-50 --wait=event",
        "--iodepth=4 --wait=event --packed=1 --in-order=1", "--poll-max-ns=0 --indirect=0",
        "--rw=randrw --verify=crc32c --iodepth=8", "--iodepth=8 --iodepth=4 --aio=threads"})
    void everyRequestIsSharedOutToItsStages(String options) throws Exception {
        List<String> words = new ArrayList<>(List.of("--anatomy=1", "--runtime=300ms",
                "--time_based"));
        words.addAll(List.of(options.split(" ")));
        JsonTree json = json(words.toArray(String[]::new));
        long sampled = assertAddsUp(json, STAGES);
        long ios = json.integer("jobs[0].read.total_ios") + json.integer("jobs[0].write.total_ios");
        assertTrue(sampled >= ios * 7 / 8 - 256 && sampled <= ios * 7 / 8 + 256,
                sampled + " of " + ios);
    }

    @Test
    void theTimesAreThoseOfTheLoad() throws Exception {
        JsonTree json = json("--anatomy=1", "--delay-us=2000", "--size=64k", "--iodepth=2");
        assertEquals(16, assertAddsUp(json, STAGES));
        assertTrue(json.number(ANATOMY + "stages[5].mean_ns") >= 2_000_000, "the disk's delay");
        assertEquals(json.number("jobs[0].read.lat_ns.mean"),
                json.number(ANATOMY + "total.mean_ns"),
                json.number(ANATOMY + "total.mean_ns") * 0.01);
    }

    @Test
    void aLoopThatSleepsBetweenRequestsIsWoken() throws Exception {
        // Far enough apart that it is asleep again before the next one.
        JsonTree json = json("--anatomy=1", "--poll-max-ns=0", "--rate_iops=200");
        double woken = json.number(ANATOMY + "why_p99.all.woken");
        assertTrue(woken > 0.8, woken + " woken");
    }

    @Test
    void jobsOfAGroupAreOneAndOthersHaveTheirOwn() throws Exception {
        JsonTree group = json("--anatomy=1", "--numjobs=2", "--size=64k", "--group_reporting");
        assertEquals(32, assertAddsUp(group, STAGES));
        JsonTree own = json("--anatomy=1", "--numjobs=2", "--size=64k");
        assertEquals(16, assertAddsUp(own, STAGES));
        assertEquals(16, own.integer("jobs[1].vblk.anatomy.sampled"));
    }

    @Test
    void theTextHasEachStageAndTheAnswer() {
        String text = bench("--anatomy").succeeded().out();
        assertTrue(text.contains("\nAnatomy of a request (one of 64: "), text);
        STAGES.forEach(stage -> assertTrue(text.contains("\n  " + stage + " "), stage));
        assertTrue(text.contains("\n  total    100.0% "), text);
        assertTrue(text.contains("\n  why this p99 : "), text);
        assertTrue(text.contains("\n  cost         : "), text);
    }

    @Test
    void nobodyGetsItUnasked() {
        assertFalse(bench().succeeded().out().contains("Anatomy"));
        assertFalse(bench("--anatomy=0").succeeded().out().contains("Anatomy"));
    }

    @Test
    void thePictureIsDrawn() throws Exception {
        Path file = directory.resolve("a.svg");
        String text = bench("--anatomy-svg=" + file).succeeded().out();
        assertTrue(text.contains("one of 64"), text);
        String svg = Files.readString(file);
        assertTrue(svg.startsWith("<svg ") && svg.endsWith("</svg>\n"), svg);
        assertTrue(svg.contains("p0-p50") && svg.contains("memory:1M"), svg);
        try (var files = Files.list(directory)) {
            assertEquals(1, files.count(), "nothing else is left there");
        }
    }

    @Test
    void whatIsNoFileIsWrittenAndALinkFollowed() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Process reader = new ProcessBuilder("cat", pipe.toString()).start();
        bench("--anatomy-svg=" + pipe).succeeded();
        boolean stayed = !Files.isRegularFile(pipe);
        if (!stayed) {
            reader.destroy(); // nobody writes to it any more
        }
        assertTrue(stayed, "the pipe was replaced by a file");
        assertTrue(new String(reader.getInputStream().readAllBytes()).startsWith("<svg "));

        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("b.svg"));
        Files.writeString(directory.resolve("b.svg"), "old");
        bench("--anatomy-svg=" + link).succeeded();
        assertTrue(Files.isSymbolicLink(link));
        assertTrue(Files.readString(link).startsWith("<svg "));
    }

    @Test
    void whatCannotBeDrawnIsSaidBeforeTheLoad() {
        bench("--anatomy-svg=" + directory.resolve("none/a.svg")).failed(1, "none/a.svg");
        bench("--anatomy-svg=" + directory).failed(1, "is a directory");
        bench("--anatomy-svg=a.svg", "--anatomy=0").failed(2, "leave anatomy=0 out");
        bench("--anatomy=-1").failed(2, "anatomy=-1");
        bench("--anatomy=many").failed(2, "anatomy=many");
    }

    @Test
    void ofABackEndElsewhereTheGuestsSideIsKnown() throws Exception {
        QemuStorageDaemon.require();
        try (QemuStorageDaemon daemon = QemuStorageDaemon.start(directory, 1 << 20)) {
            VblkRun run = VblkRun.of("bench", "vhost-user:" + daemon.socket(), "--rw=randread",
                    "--anatomy=1", "--output-format=json").succeeded();
            JsonTree json = JsonTree.parse(run.out());
            assertEquals(256, assertAddsUp(json, List.of("submit", "kick", "device")));
            assertEquals("false", json.text(ANATOMY + "device_looked_at"));
            String text = VblkRun.of("bench", "vhost-user:" + daemon.socket(), "--rw=randread",
                    "--anatomy").succeeded().out();
            assertTrue(text.contains("only the guest's own stages are known"), text);
        }
    }
}
