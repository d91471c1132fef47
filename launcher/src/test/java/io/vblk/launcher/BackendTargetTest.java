// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.vhostuser.QemuStorageDaemon;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** bench and info with a back-end in another process: QEMU's, where one is needed. */
@Timeout(180)
final class BackendTargetTest {
    private static final long IMAGE_BYTES = 1 << 20;
    private static final int BLOCKS = 256;

    @TempDir
    private Path directory;

    private QemuStorageDaemon daemon(String... options) throws Exception {
        QemuStorageDaemon.require();
        return QemuStorageDaemon.start(directory, IMAGE_BYTES, options);
    }

    private static VblkRun bench(QemuStorageDaemon daemon, String... options) {
        List<String> words =
                new ArrayList<>(List.of("bench", "vhost-user:" + daemon.socket()));
        words.addAll(List.of(options));
        return VblkRun.of(words.toArray(String[]::new));
    }

    // ------------------------------------------------------------------ loads

    @Test
    void theTailIsExplainedFromTheGuestsSide() throws Exception {
        try (QemuStorageDaemon daemon = daemon()) {
            String text = bench(daemon, "--rw=randread", "--explain-tail").succeeded().out();
            assertTrue(text.contains("looked at (the guests' side only):\n"), text);
        }
    }

    @ParameterizedTest
    @CsvSource({"poll, 1, 1", "poll, 32, 2", "event, 1, 2", "event, 32, 1"})
    void loadsAreServedAndVerified(String wait, int depth, int jobs) throws Exception {
        try (QemuStorageDaemon daemon = daemon("writable=on", "num-queues=2")) {
            VblkRun run = bench(daemon, "--rw=randrw", "--verify=crc32c", "--allow-write",
                    "--bs=4k", "--iodepth=" + depth, "--numjobs=" + jobs, "--wait=" + wait,
                    "--output-format=json");
            long ios = 0;
            for (int job = 0; job < jobs; job++) {
                FioReport report = FioReport.of(run, job).assertConsistent(4096);
                ios += report.ios("read") + report.ios("write");
                assertEquals(0, report.own("verify_errors"));
            }
            FioReport all = FioReport.of(run, 0);
            assertEquals((long) jobs * BLOCKS, ios);
            assertEquals(ios, all.own("guest.requests"));
            assertEquals(jobs, all.own("num_queues"));
            assertTrue(all.own("guest.kicks") > 0);
            assertTrue(wait.equals("poll") || all.own("guest.calls") > 0);
        }
    }

    @Test
    void reportsHoldNothingOfTheOtherProcess() throws Exception {
        try (QemuStorageDaemon daemon = daemon()) {
            VblkRun json = bench(daemon, "--rw=read", "--output-format=json").succeeded();
            JsonTree tree = JsonTree.parse(json.out());
            String own = "jobs[0].vblk.";
            for (String name : List.of("device", "loop", "aio", "serial", "iothreads")) {
                assertFalse(tree.has(own + name) || json.out().contains('"' + name + '"'), name);
            }
            assertEquals("vhost-user:" + daemon.socket(),
                    tree.text("jobs[0].job options.filename"));
            String text = bench(daemon, "--rw=read").succeeded().out();
            assertTrue(text.contains("Back-end in another process (vhost-user "
                    + daemon.socket() + ", 1 queue(s) of 256, split, guest waits by poll):"));
            assertFalse(text.contains("polling") || text.contains("  loop  "), text);
        }
    }

    @Test
    void whatIsWrittenArrivesInTheImage() throws Exception {
        try (QemuStorageDaemon daemon = daemon("writable=on")) {
            byte[] before = Files.readAllBytes(daemon.image());
            bench(daemon, "--rw=write", "--allow-write", "--bs=64k", "--size=512k").succeeded();
            byte[] after = Files.readAllBytes(daemon.image());
            for (int at = 0; at < after.length; at += 4096) {
                boolean same = before[at] == after[at] && before[at + 1] == after[at + 1]
                        && before[at + 2] == after[at + 2] && before[at + 3] == after[at + 3];
                assertEquals(at >= 512 << 10, same, "offset " + at);
            }
        }
    }

    /** Data that changes behind the back of the load is what a broken back-end looks like. */
    @Test
    void blocksThatReadDifferentlyEachTimeAreFound() throws Exception {
        try (QemuStorageDaemon daemon = daemon();
                VblkProcess bench = VblkProcess.start(directory, "bench",
                        "vhost-user:" + daemon.socket(), "--rw=read", "--bs=4k", "--size=64k",
                        "--time_based", "--runtime=600", "--verify=crc32c")) {
            awaitReads(bench, daemon);
            try (RandomAccessFile file = new RandomAccessFile(daemon.image().toFile(), "rw")) {
                file.write(new byte[64 << 10]);
            }
            awaitReads(bench, daemon);
            bench.signal("TERM");
            VblkRun run = bench.end();
            assertTrue(run.err().contains(", length 4096: "), run.err());
            assertTrue(run.err().contains("blocks did not read back as written"), run.err());
        }
    }

    /** Waits until all blocks have been read several times. */
    private static void awaitReads(VblkProcess bench, QemuStorageDaemon daemon)
            throws IOException, InterruptedException {
        long begun = daemon.bytesRead();
        bench.await("reads", () -> daemon.bytesRead() > begun + (1 << 20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"poll", "event"})
    void deathOfTheBackendEndsTheRun(String wait) throws Exception {
        try (QemuStorageDaemon daemon = daemon("num-queues=2");
                VblkProcess bench = VblkProcess.start(directory, "bench",
                        "vhost-user:" + daemon.socket(), "--rw=randread", "--iodepth=8",
                        "--numjobs=2", "--time_based", "--runtime=600", "--wait=" + wait)) {
            bench.awaitOutput("Starting");
            daemon.kill();
            VblkRun run = bench.end();
            assertEquals(1, run.code(), run.err());
            VblkRun.assertOneLine(run.err(), daemon.socket() + ": the back-end has left");
        }
    }

    // ------------------------------------------------------------------ what does not fit

    @Test
    void whatIsNotOfferedIsNamed() throws Exception {
        try (QemuStorageDaemon daemon = daemon("num-queues=2")) {
            String socket = daemon.socket();
            bench(daemon, "--packed").failed(2, socket
                    + ": does not offer packed rings: leave --packed out");
            bench(daemon, "--in-order=1").failed(2, "leave --in-order out");
            bench(daemon, "--numjobs=3").failed(2,
                    socket + ": has 2 queue(s), and each of the 3 guests needs one");
            bench(daemon, "--packed=0", "--in-order=0", "--rw=read", "--indirect=0",
                    "--event-idx=0", "--queue-size=8", "--iodepth=2").succeeded();
            bench(daemon, "--iodepth=3", "--indirect=0", "--queue-size=8").failed(2,
                    "iodepth=3 does not fit a queue of 8 without indirect tables");
            bench(daemon, "--bs=1000").failed(2, "bs=1000", "512");
        }
    }

    @Test
    void readOnlyDisksAreNotWritten() throws Exception {
        try (QemuStorageDaemon daemon = daemon()) {
            bench(daemon, "--rw=write", "--allow-write").failed(
                    1, daemon.socket() + ": the disk is read-only: choose another --rw");
        }
    }

    @Test
    void writingNeedsPermission() {
        VblkRun.of("bench", "vhost-user:nowhere.sock", "--rw=randwrite").failed(2,
                "would overwrite vhost-user:nowhere.sock", "--allow-write");
    }

    @Test
    void optionsOfADeviceInThisProcessAreRefused() {
        for (String option : List.of("aio=sync", "num-queues=2", "serial=x", "read-only",
                "logical-block-size=512", "call-delay-us=1", "call-batch-max=2", "iothreads=1",
                "iothread-cpus=0", "iothread-vq-mapping=0", "poll-max-ns=0", "fd-monitor=auto",
                "aio-max-batch=1", "thread-pool-max=2", "stats")) {
            VblkRun.of("bench", "vhost-user:nowhere.sock", "--" + option).failed(
                    2, "--" + option.split("=")[0] + " is about a device in this process");
        }
        VblkRun.of("bench", "vhost-user:nowhere.sock", "--queue-size=3").failed(2, "queue-size");
        VblkRun.of("bench", "vhost-user:nowhere.sock", "--queue-size=0").failed(2, "queue-size");
    }

    @Test
    void socketsThatAreNoneAreNamed() throws IOException {
        String path = directory.resolve("disk.sock").toString();
        for (String command : List.of("bench", "info")) {
            VblkRun.of(command, "vhost-user:").failed(2, "vhost-user:disk.sock");
            VblkRun.of(command, "vhost-user:" + path).failed(1, path + ": there is no such socket");
        }
        Files.createFile(Path.of(path));
        VblkRun.of("info", "vhost-user:" + path).failed(1, path, "nobody listens");
        VblkRun.of("serve", "vhost-user:" + path).failed(2, "only bench and info take it");
    }

    @Test
    void filesOfSuchANameAreHadByTheirFormat() {
        VblkRun.of("info", "vhost-user:nowhere.sock", "--format=raw")
                .failed(1, "vhost-user:nowhere.sock", "no such file");
    }

    // ------------------------------------------------------------------ info

    @Test
    void infoSaysWhatABackendOffers() throws Exception {
        try (QemuStorageDaemon daemon =
                daemon("writable=on", "num-queues=3", "logical-block-size=4096")) {
            Map<String, String> rows = new LinkedHashMap<>();
            for (String line : VblkRun.of("info", "vhost-user:" + daemon.socket()).succeeded()
                    .out().lines().toList()) {
                rows.put(line.substring(0, line.indexOf(':')),
                        line.substring(line.indexOf(':') + 1).strip());
            }
            assertEquals(daemon.socket(), rows.get("back-end"));
            assertTrue(rows.get("features").matches("0x[0-9a-f]+: .*EVENT_IDX.*VERSION_1.*"));
            assertTrue(rows.get("protocol").contains("MQ, LOG_SHMFD, REPLY_ACK"));
            assertEquals("3, the configuration says 3", rows.get("queues"));
            assertEquals("1048576 bytes (1024KiB), 2048 sectors of 512", rows.get("size"));
            assertTrue(rows.get("block size").startsWith("logical 4096, "));
            assertEquals("taken", rows.get("writes"));
            assertTrue(rows.get("write cache").endsWith(", flush, can be switched"));
            assertTrue(rows.get("discard").matches("1 range of up to \\S+iB"));
        }
        try (QemuStorageDaemon daemon = daemon()) {
            assertTrue(VblkRun.of("info", "vhost-user:" + daemon.socket()).succeeded().out()
                    .contains("writes:      refused: the disk is read-only"));
        }
    }
}
