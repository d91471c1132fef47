// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Both reports against fio 3.33: keys and types of its JSON, and the lines that scripts grep. */
final class FioShapeTest {
    private static final String KEYS = "fio-3.33-keys.txt";
    private static final String OPTIONS = "jobs[0].job options";
    private static final String OWN = "jobs[0].vblk";
    private static final String NUMBER = "[0-9.]+[kM]?";

    private static JsonTree json;
    private static String text;

    @BeforeAll
    static void runOnce() throws IOException {
        json = JsonTree.parse(VblkRun.of("bench", "memory:1M", "--rw=randrw", "--bs=4k",
                "--iodepth=4", "--lat_percentiles=1", "--output-format=json").succeeded().out());
        // Half a second is one sample of the rates.
        text = VblkRun.of("bench", "memory:1M", "--rw=randrw", "--bs=4k", "--iodepth=4",
                "--time_based", "--runtime=1100ms").succeeded().out();
    }

    private static Map<String, String> fioKeys() throws IOException {
        try (InputStream in = FioShapeTest.class.getResourceAsStream("/" + KEYS)) {
            assertNotNull(in, KEYS);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#"))
                    .collect(Collectors.toMap(
                            line -> line.substring(0, line.lastIndexOf(' ')),
                            line -> line.substring(line.lastIndexOf(' ') + 1),
                            (a, b) -> a, TreeMap::new));
        }
    }

    // ------------------------------------------------------------------ JSON

    @Test
    void jsonHasFiosKeysAndTypes() throws IOException {
        Map<String, String> ours = new TreeMap<>();
        json.nodes().forEach((path, node) -> {
            if (!path.startsWith(OPTIONS + ".") && !path.startsWith(OWN)) {
                ours.put(path, node.type());
            }
        });

        assertEquals(lines(fioKeys()), lines(ours));
    }

    private static String lines(Map<String, String> types) {
        return types.entrySet().stream().map(e -> e.getKey() + " " + e.getValue())
                .collect(Collectors.joining("\n"));
    }

    @Test
    void optionsAreStrings() {
        Map<String, String> expected = Map.of("rw", "randrw", "iodepth", "4", "numjobs", "1",
                "bs", "4k", "filename", "memory:1M");

        expected.forEach((name, value) ->
                assertEquals(value, json.text(OPTIONS + "." + name), name));
        json.nodes().forEach((path, node) -> assertTrue(
                !path.startsWith(OPTIONS + ".") || node.type().equals("string"), path));
    }

    @Test
    void whatIsOurOwnStandsApart() {
        assertEquals("object", json.nodes().get(OWN).type());
        for (String part : List.of("device.requests", "device.kicks", "device.calls",
                "loop.poll_hits", "loop.waits", "loop.poll_max_ns")) {
            assertTrue(json.has(OWN + "." + part), part);
        }
    }

    @Test
    void timestampsAgree() {
        assertEquals(json.integer("timestamp"), json.integer("timestamp_ms") / 1000);
        assertTrue(json.text("fio version").startsWith("vblk-"));
        String time = json.text("time");
        assertTrue(time.matches("\\w{3} \\w{3} [ \\d]?\\d \\d\\d:\\d\\d:\\d\\d \\d{4}"), time);
    }

    // ------------------------------------------------------------------ text

    private static void assertLine(String regex) {
        assertTrue(Pattern.compile("^" + regex + "$", Pattern.MULTILINE).matcher(text).find(),
                () -> regex + "\nis in no line of\n" + text);
    }

    @Test
    void textBeginsAsFios() {
        assertLine("vblk: \\(g=0\\): rw=randrw, bs=.*4096B.*, ioengine=vblk, iodepth=4");
        assertLine("vblk: \\(groupid=0, jobs=1\\): err= 0: pid=\\d+: \\w{3} \\w{3} .*");
    }

    @Test
    void textHasTheLinesOfEachDirection() {
        for (String name : List.of("   read", "  write")) {
            assertLine(name + ": IOPS=" + NUMBER + ", BW=" + NUMBER + "[KMG]iB/s \\(" + NUMBER
                    + "[kMG]B/s\\)\\(" + NUMBER + "[KMG]iB/\\d+msec\\).*");
        }
        String latency = " \\((nsec|usec|msec)\\): min= *" + NUMBER + ", max= *" + NUMBER
                + ", avg= *" + NUMBER + ", stdev= *" + NUMBER;
        assertLine("    slat" + latency);
        assertLine("    clat" + latency);
        assertLine("     lat" + latency);
        assertLine("    clat percentiles \\((nsec|usec|msec)\\):");
        String value = "=\\[ *\\d+\\], *";
        assertLine("     \\|  1\\.00th" + value + "5\\.00th" + value + "10\\.00th" + value + ".*");
        assertLine("     \\| 99\\.00th" + value + "99\\.50th" + value + "99\\.90th" + value + ".*");
        assertLine("   bw \\(  [KM]iB/s\\): min= *\\d+, max= *\\d+, per= *[\\d.]+%, avg= *[\\d.]+, "
                + "stdev= *[\\d.]+, samples=\\d+");
        assertLine("   iops        : min= *\\d+, max= *\\d+, avg= *[\\d.]+, stdev= *[\\d.]+, "
                + "samples=\\d+");
    }

    @Test
    void textHasTheLinesOfTheJob() {
        String shares = "( *(2|4|10|20|50|100|250|500|750|1000|2000|>=2000)=\\d+\\.\\d\\d%,?)+";
        String depths = "=\\d+\\.\\d%, 4=\\d+\\.\\d%, 8=\\d+\\.\\d%, 16=\\d+\\.\\d%, "
                + "32=\\d+\\.\\d%, ";
        assertLine("  lat \\(usec\\)   :" + shares);
        assertLine("  cpu          : usr=\\d+\\.\\d\\d%, sys=\\d+\\.\\d\\d%, ctx=\\d+, majf=\\d+, "
                + "minf=\\d+");
        assertLine("  IO depths    : 1=\\d+\\.\\d%, 2" + depths + ">=64=\\d+\\.\\d%");
        assertLine("     submit    : 0" + depths + "64=\\d+\\.\\d%, >=64=\\d+\\.\\d%");
        assertLine("     complete  : 0" + depths + "64=\\d+\\.\\d%, >=64=\\d+\\.\\d%");
        assertLine("     issued rwts: total=\\d+,\\d+,0,0 short=0,0,0,0 dropped=0,0,0,0");
        assertLine("     latency   : target=0, window=0, percentile=100\\.00%, depth=4");
    }

    @Test
    void textEndsWithTheGroupAndOurOwnLines() {
        assertLine("Run status group 0 \\(all jobs\\):");
        for (String name : List.of("   READ", "  WRITE")) {
            assertLine(name + ": bw=" + NUMBER + "[KMG]iB/s \\(" + NUMBER + "[kMG]B/s\\), .*io="
                    + NUMBER + "[KMG]iB \\(" + NUMBER + "[kMG]B\\), run=\\d+-\\d+msec");
        }
        assertLine("  polling      : max=\\d+ns .*");
        assertLine("  requests     : \\d+ in \\d+ batches .*errors=0, .*");
    }

    @Test
    void directionsWithoutRequestsAreLeftOut() {
        String reads = VblkRun.of("bench", "memory:1M", "--rw=read").succeeded().out();

        assertTrue(reads.contains("read: IOPS=") && reads.contains("READ: bw="), reads);
        assertEquals(Set.of(), reads.lines()
                .filter(line -> line.contains("write:") || line.contains("WRITE:"))
                .collect(Collectors.toSet()));
    }
}
