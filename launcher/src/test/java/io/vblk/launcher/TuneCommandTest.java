// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.bench.LoopSetup;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageSpec;
import io.vblk.virtioblk.VirtioBlkOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** tune: what it refuses, what it leaves behind, and that real devices and servers are measured. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TuneCommandTest {
    /** Two settings that are the same: a run over them goes on until its budget is used. */
    private static final String NEVER_DECIDED = "--sweep=poll-max-ns=20000,20001";

    @TempDir
    Path directory;

    private static VblkRun tune(String target, String... options) {
        String[] words = new String[options.length + 2];
        words[0] = "tune";
        words[1] = target;
        System.arraycopy(options, 0, words, 2, options.length);
        return VblkRun.of(words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--sweep=num-queues=1,2 | it takes values of poll-max-ns, poll-grow",
        "--sweep=poll-max-ns | needs values",
        "--sweep=poll-max-ns=0,,1 | needs values",
        "--sweep=poll-max-ns=much | poll-max-ns=much is not a number",
        "--sweep=poll-max-ns=-1,0 | poll-max-ns must be 0 to",
        "--sweep=aio=magic | unknown I/O engine 'magic'",
        "--sweep=iothreads=1,2 | iothreads=2 is more than the queues",
        "--goal=p90 | is none of p99, p50, iops, cpu",
        "--budget=soon | budget: 'soon' is not a time",
        "--budget=1 | budget is too short for 5 settings: give it at least",
        "--cpu-limit=0 | cpu-limit must be more than 0",
        "--cpu-limit=all | cpu-limit=all is not a number",
        "--seed=x | seed=x is not a number",
        "--runtime=10 | say --budget=TIME",
        "--verify=crc32c | leave verify out",
        "--output-format=xml | is none of normal, json",
        "--control=ctl.sock | --control is for vhost-user:SOCKET"})
    void whatMakesNoSenseIsSaidInOneLine(String option, String part) {
        tune("null:64M", option).failed(2, part);
    }

    @Test
    void targetsThatCannotBeTunedAreRefused() throws Exception {
        tune("null:64M", "null:1M").failed(2, "tune takes one image or back-end");
        tune("file:disk.raw").failed(2, "has no device to tune");
        tune("vhost-user:disk.sock").failed(2, "add --control=SOCKET");
        tune("vhost-user:disk.sock", "--control=" + directory.resolve("none"))
                .failed(1, "no server answers");
        tune("null:64M", "--poll-max-ns=0", "--sweep=poll-max-ns=0,1")
                .failed(2, "both fixed to 0 and swept");
        tune("null:64M", "--name=a", "--rw=read", "--name=b", "--rw=read", "--stonewall")
                .failed(2, "leave out stonewall");
        tune("null:64M", "--svg=" + directory.resolve("no/where.svg"))
                .failed(1, "cannot be written");
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String before = TestImages.sha256(image);
        tune(image.toString(), "--rw=randwrite").failed(2, "add --allow-write");
        assertEquals(before, TestImages.sha256(image));
    }

    @Test
    void aRealDeviceIsMeasuredAndDrawn() throws Exception {
        Path svg = directory.resolve("tune.svg");
        String text = tune("null:64M", "--rw=randread", "--sweep=poll-max-ns=0,32768", "--budget=4",
                "--seed=7", "--svg=" + svg).succeeded().out();

        assertTrue(text.startsWith("Tuning of null:64M for p99: "), text);
        assertTrue(text.contains("seed 7\n"), text);
        assertTrue(text.contains("\n  defaults ") && text.contains("\n  poll-max-ns=0 "), text);
        assertTrue(text.contains("\nKeep the defaults (confidence ")
                || text.contains("\nRecommended (confidence "), text);
        String picture = Files.readString(svg);
        assertTrue(picture.contains("Processor time against p50 of null:64M")
                && picture.contains("Processor time against p99 of null:64M"));
        try (Stream<Path> files = Files.list(directory)) {
            assertTrue(files.noneMatch(file -> file.toString().endsWith(".part")));
        }
    }

    @Test
    void jsonHasTheFiguresOfEachSlice() throws Exception {
        JsonTree json = JsonTree.parse(tune("memory:1M", "--rw=randrw", "--numjobs=2",
                "--sweep=iothreads=1,2", "--budget=5", "--goal=iops", "--output-format=json")
                .succeeded().out());

        assertEquals("iops", json.text("goal"));
        long rounds = json.integer("rounds");
        assertTrue(rounds >= 4);
        for (int i = 0; i < 2; i++) {
            String slice = "settings[" + i + "].slices[3].";
            assertEquals(3, json.integer(slice + "round"));
            assertTrue(json.number(slice + "iops") > 0);
            assertTrue(json.number(slice + "p99_ns") >= json.number(slice + "p50_ns"));
            assertTrue(json.number(slice + "cpu_ns_per_request") > 0);
            assertTrue(json.number(slice + "cpu_percent") > 0);
        }
        double confidence = json.number("recommended.confidence");
        assertTrue(confidence > 0 && confidence <= 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"randread", "randwrite"})
    void aFileIsTriedWithSeveralEngines(String rw) throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String text = tune(image.toString(), "--rw=" + rw, "--allow-write",
                "--sweep=aio=sync,threads", "--budget=6", "--goal=cpu").succeeded().out();
        assertTrue(text.contains("\n  aio=sync ") && text.contains("\n  aio=threads "), text);
    }

    @Test
    void aRunningServerPollsAsBeforeAtTheEnd() throws Exception {
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        String operator = directory.resolve("ctl").toString();
        String socket = directory.resolve("disk.sock").toString();
        LoopSetup loop = new LoopSetup(AioOptions.of(
                new PollingOptions(12_345, 3, 5, 2, PollingOptions.POLICY_DEFAULT)));
        DiskSpec disk = new DiskSpec("disk",
                new ImageSpec(image.toString(), ImageFormat.RAW, true, false, IoEngineKind.SYNC),
                new VirtioBlkOptions("", 1, 256), List.of(0), SocketSpec.at(socket));
        CommandLine line = new DefaultParser().parse(
                new Options().addOption(ControlSocket.option()),
                new String[] {"--control=" + operator});
        try (DiskServer server = DiskServer.open(
                IothreadSpec.all(loop), ControlSocket.prepare(line, List.of(disk)))) {
            server.openControl(line);
            String before = VblkRun.of("ctl", operator, "query-iothreads").succeeded().out();
            tune("vhost-user:" + socket, "--control=" + operator, "--sweep=aio=threads")
                    .failed(2, "a running server can only be asked for poll-max-ns");
            // The server here logs, so that stderr is not empty.
            VblkRun run = tune("vhost-user:" + socket, "--control=" + operator, "--rw=randread",
                    "--sweep=poll-max-ns=0,12345", "--budget=4");
            assertEquals(0, run.code(), run.err());
            String text = run.out();
            assertTrue(text.contains("\n  now ") && text.contains("\n  poll-max-ns=0 "), text);
            assertEquals(before,
                    VblkRun.of("ctl", operator, "query-iothreads").succeeded().out());
            JsonTree stats = JsonTree.parse(VblkRun.of("ctl", operator, "query-stats",
                    "--output-format=json").succeeded().out());
            assertTrue(stats.integer("return.disks[0].requests") > 0);
            try (VblkProcess process = VblkProcess.start(directory, "tune", "vhost-user:" + socket,
                    "--control=" + operator, NEVER_DECIDED, "--budget=500")) {
                process.await("another setting", () -> !VblkRun.of(
                        "ctl", operator, "query-iothreads").out().equals(before));
                process.signal("TERM");
                assertEquals(143, process.end().code());
            }
            assertEquals(before, VblkRun.of("ctl", operator, "query-iothreads").out());
        }
    }

    @Test
    void anInterruptEndsWithWhatIsKnown() throws Exception {
        Path svg = directory.resolve("tune.svg");
        Path image = TestImages.user(directory, "disk.raw", 1 << 20);
        try (VblkProcess process = VblkProcess.start(directory, "tune", image.toString(),
                "--aio=sync", "--rw=randread", "--bs=64k", NEVER_DECIDED,
                "--budget=500", "--svg=" + svg)) {
            process.await("a load", () -> process.bytesRead() > 1 << 28);
            process.signal("TERM");
            VblkRun run = process.end();
            assertEquals(143, run.code(), run.err());
            assertTrue(run.out().startsWith("Tuning of " + image), run.out());
        }
        assertTrue(Files.exists(svg));
    }
}
