// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The report in other formats than text and JSON, and where it goes. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class OutputFormatsTest {
    private static final String TERSE = "/fio-3.33-terse.txt";

    @TempDir
    Path directory;

    private static List<String> fioTerse() throws IOException {
        try (InputStream in = OutputFormatsTest.class.getResourceAsStream(TERSE)) {
            assertNotNull(in, TERSE);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#")).toList();
        }
    }

    /** What stands in each field, but for its figures. */
    private static List<String> kinds(String line) {
        List<String> kinds = new ArrayList<>();
        for (String field : line.split(";", -1)) {
            kinds.add(kinds.isEmpty() ? field : kinds.size() == 1 ? "version"
                    : field.matches("[\\d.]+%=\\d+") ? field.replaceAll("=\\d+", "=N")
                    : field.replaceAll("^\\d+", "N").replaceAll("\\d", "d"));
        }
        return kinds;
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void terseHasFiosFieldsInTheirPlaces(int version) throws IOException {
        String out = VblkRun.of("bench", "memory:1M", "--rw=randrw", "--minimal",
                "--terse-version=" + version).succeeded().out();

        assertEquals(1, out.lines().count(), out);
        assertEquals(kinds(fioTerse().get(version - 3)), kinds(out.strip()));
    }

    @Test
    void terseFiguresAreThoseOfTheRun() {
        String[] fields = VblkRun.of("bench", "memory:1M", "--rw=randrw", "--minimal",
                "--size=256k").succeeded().out().split(";");

        // YABS and others take reads from 5 to 8 and writes from 46 on, counted from 0.
        assertEquals(256, Long.parseLong(fields[5]) + Long.parseLong(fields[46]), "KiB");
        assertTrue(Long.parseLong(fields[7]) > 0 && Long.parseLong(fields[48]) > 0, "IOPS");
        double classes = 0;
        for (int i = fields.length - 22; i < fields.length; i++) {
            classes += Double.parseDouble(fields[i].strip().replace("%", ""));
        }
        assertEquals(100, classes, 0.2);
    }

    @Test
    void terseKeepsAJobsNameInItsField() {
        String line = VblkRun.of("bench", "null:64k", "--name=a;b", "--minimal", "--rw=randrw",
                "--number_ios=9").succeeded().out();

        assertEquals("a b", line.split(";")[2]);
        assertEquals(121, line.split(";", -1).length);
    }

    @Test
    void terseEndsWithErrorsAndTheDescription() throws IOException {
        Path file = Files.writeString(directory.resolve("one.fio"), "[global]\n"
                + "description=what it is\ncontinue_on_error=read\n[a]\nsize=64k\n");
        String line = VblkRun.of("bench", "memory:64k", file.toString(), "--minimal")
                .succeeded().out();

        assertTrue(line.endsWith("%;0;0;what it is\n"), line);
    }

    @Test
    void terseLinesOfSeveralTargetsEndWithTheirNames() {
        List<String> lines = VblkRun.of("bench", "null:64k", "memory:64k", "--minimal",
                "--time_based", "--runtime=200ms", "--ramp_time=0").succeeded().out().lines()
                .toList();

        assertEquals(2, lines.size(), lines.toString());
        assertTrue(lines.get(0).endsWith("%;null:64k"), lines.get(0));
        assertTrue(lines.get(1).endsWith("%;memory:64k"), lines.get(1));
    }

    @Test
    void textAndJsonHaveTheDescriptionAndTextTheEngineAsked() throws IOException {
        Path file = Files.writeString(directory.resolve("one.fio"), "[global]\nbs=64k\n"
                + "description=what it is\nioengine=null\n[a]\nsize=64k\n");
        String out = VblkRun.of("bench", file.toString(), "--filename=null:1M",
                "--output-format=json,normal").succeeded().out();
        JsonTree json = JsonTree.parse(out.substring(out.indexOf("{\n"), out.indexOf("\n}") + 2));

        assertEquals("what it is", json.text("jobs[0].desc"));
        assertTrue(out.contains("\n  Description  : [what it is]\n"), out);
        assertTrue(out.contains("a: (g=0): rw=read, bs=(R) 64.0KiB-64.0KiB, "), out);
        assertTrue(out.contains(", ioengine=null, iodepth=1\n"), out);
    }

    @Test
    void binsOfJsonPlusHaveEachRequest() throws IOException {
        JsonTree json = JsonTree.parse(VblkRun.of("bench", "memory:1M", "--rw=randrw",
                "--slat_percentiles=1", "--output-format=json+").succeeded().out());
        for (String direction : List.of("read", "write")) {
            for (String kind : List.of("slat_ns", "clat_ns")) {
                String bins = "jobs[0]." + direction + "." + kind + ".bins.";
                long sum = json.nodes().keySet().stream().filter(key -> key.startsWith(bins))
                        .mapToLong(json::integer).sum();
                assertEquals(json.integer("jobs[0]." + direction + ".total_ios"), sum, bins);
            }
            assertFalse(json.has("jobs[0]." + direction + ".lat_ns.percentile"), "not asked for");
            assertFalse(json.has("jobs[0]." + direction + ".lat_ns.bins"), "not asked for");
        }
    }

    @Test
    void percentilesAreThoseOfTheList() throws IOException {
        String out = VblkRun.of("bench", "memory:1M", "--percentile_list=50:99.999",
                "--clat_percentiles=0", "--lat_percentiles=1", "--output-format=json,normal")
                .succeeded().out();
        JsonTree json = JsonTree.parse(out.substring(out.indexOf("{\n"), out.indexOf("\n}") + 2));

        assertTrue(json.has("jobs[0].read.lat_ns.percentile.99.999000"));
        assertFalse(json.has("jobs[0].read.lat_ns.percentile.99.000000"));
        assertFalse(json.has("jobs[0].read.clat_ns.percentile"));
        assertTrue(out.contains("    lat percentiles (") && !out.contains("clat percentiles"), out);
    }

    @Test
    void whatHoldsForAllJobsAndWhatWasCountedIsInJson() throws IOException {
        Path file = Files.writeString(directory.resolve("two.fio"), "[global]\nbs=8k\n"
                + "time_based\nruntime=50ms\ncontinue_on_error=all\n[a]\n[b]\nrw=randread\n");
        JsonTree json = JsonTree.parse(VblkRun.of("bench", "memory:1M", file.toString(),
                "--output-format=json").succeeded().out());

        assertEquals("8k", json.text("global options.bs"));
        assertFalse(json.has("global options.time_based"), "has no value");
        assertEquals("8k", json.text("jobs[1].job options.bs"));
        assertEquals("randread", json.text("jobs[1].job options.rw"));
        assertEquals(0, json.integer("jobs[0].total_err"));
        assertEquals(0, json.integer("jobs[0].first_error"));
    }

    @Test
    void aSteadyStateIsReported() throws IOException {
        String[] words = {"bench", "memory:1M", "--rw=randread", "--time_based", "--runtime=10",
            "--rate_iops=200", "--steadystate=iops:90%", "--steadystate_duration=1",
            "--steadystate_check_interval=250ms", "--output-format=json,normal"};
        String out = VblkRun.of(words).succeeded().out();
        JsonTree json = JsonTree.parse(out.substring(out.indexOf("{\n"), out.indexOf("\n}") + 2));

        assertEquals("iops:90.000000%", json.text("jobs[0].steadystate.ss"));
        assertEquals(1, json.integer("jobs[0].steadystate.attained"));
        assertTrue(json.integer("jobs[0].steadystate.data.iops[3]") > 0);
        assertTrue(json.integer("jobs[0].steadystate.data.bw_mean") > 0);
        assertTrue(out.contains("\n  steadystate  : attained=yes, bw="), out);
    }

    @Test
    void severalFormatsComeInFiosOrder() {
        String out = VblkRun.of("bench", "memory:64k", "--output-format=normal,json+,terse")
                .succeeded().out();

        assertTrue(out.indexOf("Starting 1 guest") < out.indexOf("\n3;vblk-"), out);
        assertTrue(out.indexOf("\n3;vblk-") < out.indexOf("\n{"), out);
        assertTrue(out.indexOf("\n}") < out.indexOf("Run status group"), out);
    }

    @Test
    void aFileHasTheReportAndStdoutNothing() throws IOException {
        Path file = Files.writeString(directory.resolve("report.json"), "old");
        VblkRun run = VblkRun.of("bench", "memory:64k", "--output=" + file,
                "--output-format=json").succeeded();

        assertEquals("", run.out());
        assertEquals(16, JsonTree.parse(Files.readString(file)).integer("jobs[0].read.total_ios"));
        assertEquals(List.of("report.json"), names());
    }

    private List<String> names() {
        return Arrays.stream(directory.toFile().list()).sorted().toList();
    }

    @Test
    void aFileStaysAsItWasWhenThereIsNoReport() throws IOException {
        Path file = Files.writeString(directory.resolve("report"), "old");
        VblkRun.of("bench", directory.resolve("absent.raw").toString(), "--output=" + file)
                .failed(1, "absent.raw");

        assertEquals("old", Files.readString(file));
        assertEquals(List.of("report"), names());
    }

    @Test
    void theDiskIsNotReplacedByTheReport() throws IOException {
        Path image = Files.write(directory.resolve("disk.raw"), new byte[4096]);
        for (String target : List.of(image.toString(), "file:" + image)) {
            VblkRun.of("bench", target, "--format=raw", "--output=" + image)
                    .failed(2, "what the load works with");
        }

        assertEquals(4096, Files.size(image));
        assertEquals(List.of("disk.raw"), names());
    }

    @Test
    void aLoadThatIsInterruptedInItsRampHasAReportAndTheSignalsCode() throws Exception {
        try (VblkProcess bench = VblkProcess.start(directory, "bench", "null:1M", "--wait=event",
                "--rate_iops=100", "--ramp_time=600", "--time_based", "--runtime=600",
                "--eta=always", "--eta-newline=500ms")) {
            bench.await("the load", () -> bench.err().contains("eta"));
            bench.signal("TERM");
            VblkRun run = bench.end();

            assertEquals(128 + 15, run.code(), run.err());
            assertFalse(run.err().contains("nothing was measured"), run.err());
            assertTrue(run.out().contains("err= 0"), run.out());
        }
    }

    @Test
    void aDiskThatAJobNamesIsNotReplacedEither() throws IOException {
        Path image = Files.write(directory.resolve("disk.raw"), new byte[4096]);
        Path jobs = Files.writeString(directory.resolve("one.fio"),
                "[a]\nioengine=psync\nfilename=" + image + "\n");
        for (String option : List.of("output", "anatomy-svg")) {
            VblkRun.of("bench", jobs.toString(), "--" + option + "=" + image)
                    .failed(2, option + "=", "what the load works with");
            VblkRun.of("bench", jobs.toString(), "--" + option + "=" + jobs)
                    .failed(2, option + "=", "what the load works with");
        }

        assertEquals(4096, Files.size(image));
        assertEquals(List.of("disk.raw", "one.fio"), names());
    }

    @Test
    void whatIsWrongWithTheOutputIsSaidBeforeTheLoad() {
        VblkRun.of("bench", "memory:64k", "--output=" + directory).failed(1, "is a directory");
        VblkRun.of("bench", "memory:64k", "--output=" + directory.resolve("no/report"))
                .failed(1, "no/report", "no such directory");
        VblkRun.of("bench", "memory:64k", "--output-format=json,xml")
                .failed(2, "output-format=xml is none of", "json+");
        VblkRun.of("bench", "memory:64k", "--terse-version=2").failed(2, "terse-version=2");
        VblkRun.of("bench", "memory:64k", "--eta=maybe").failed(2, "eta=maybe");
        VblkRun.of("bench", "memory:64k", "--eta-interval=1ms").failed(2, "eta-interval");
        VblkRun.of("bench", "memory:64k", "--eta-newline=soon").failed(2, "eta-newline");
        VblkRun.of("bench", "memory:64k", "--status-interval=1ms").failed(2, "500ms");
        VblkRun.of("bench", "memory:64k", "null:64k", "--runtime=1", "--status-interval=1")
                .failed(2, "one target");
    }

    @Test
    void reportsComeWhileTheLoadRuns() throws IOException {
        List<String> lines = VblkRun.of("bench", "memory:1M", "--rw=randread", "--time_based",
                "--runtime=3", "--rate_iops=500", "--status-interval=500ms",
                "--output-format=jsonl").succeeded().out().lines().toList();
        long before = 0;
        for (String line : lines) {
            long ios = JsonTree.parse(line).integer("jobs[0].read.total_ios");
            assertTrue(ios >= before, "figures grow");
            before = ios;
        }

        assertTrue(lines.size() >= 3, lines.size() + " reports");
        assertTrue(before > 0);
    }

    @Test
    void anOpenLoopShowsBothLatenciesAndSaysWhich() {
        String out = VblkRun.of("bench", "memory:1M", "--rw=randread", "--rate_iops=1000",
                "--time_based", "--runtime=100ms").succeeded().out();

        assertTrue(out.matches("(?s).*\n    clat percentiles \\(\\w+\\): uncorrected.*"), out);
        assertTrue(out.matches("(?s).*\n    lat percentiles \\(\\w+\\): from the .*"), out);
        assertTrue(out.contains(" us from the intended start, "), out);
    }
}
