// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.vblk.files.WholeFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What people and programs get to read. */
final class ReportsTest {
    @TempDir
    private Path directory;

    private static Document xml(String text) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theTableHasARowForEachMetricAndAVerdictAtTheEnd() throws IOException {
        String text = TextReport.of(Results.suite(1.2));
        List<String> lines = text.lines().toList();

        assertTrue(lines.get(0).startsWith("scenario"), text);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("qd1-polled    p50")
                && line.contains("+20.") && line.endsWith("regressed")), text);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("qd1-sleeping  p50")
                && line.endsWith("no change")), text);
        assertTrue(lines.stream().anyMatch(line -> line.contains("p99.9")
                && line.endsWith("not gated")), text);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("geomean")), text);
        assertTrue(text.contains("qd32: main: Unrecognized option: --new"), text);
        assertEquals("verdict: 1 regressed, 1 inconclusive, 1 no change",
                lines.get(lines.size() - 1));
    }

    @Test
    void markdownHasTheTableAndHowToDoItAgain() throws IOException {
        List<String> lines = CiReport.markdown(Results.suite(1.2)).lines().toList();

        assertEquals("### vblk regress: verdict: 1 regressed, 1 inconclusive, 1 no change",
                lines.get(0));
        assertTrue(lines.contains("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("| qd1-polled | p50 | 8")
                && line.endsWith(" | regressed |")), lines.toString());
        assertTrue(lines.stream().noneMatch(line -> line.contains("<build>")), "no HTML");
        assertTrue(lines.contains("* qd32: main: Unrecognized option: --new"), lines.toString());
        assertTrue(lines.contains("Again: `" + Results.suite(1.2).command() + "`"));
    }

    @Test
    void whatRegressedIsAnErrorBesideABuildAndWhatCannotBeToldAWarning() throws IOException {
        List<String> lines = CiReport.annotations(Results.suite(1.2)).lines().toList();

        assertTrue(lines.get(0).startsWith("::error title=vblk regress qd1-polled::p50 +20."),
                lines.toString());
        assertTrue(lines.get(0).contains("%25 [") && lines.get(0).endsWith("%25]"),
                lines.toString());
        assertEquals("::warning title=vblk regress qd32::main: Unrecognized option: --new",
                lines.get(lines.size() - 1));
        assertTrue(lines.stream().noneMatch(line -> line.contains("qd1-sleeping")));
    }

    @Test
    void ratiosAreInPercentOfTheBaselineAndSmallerIsBetter() throws IOException {
        String text = CiReport.ratios(Results.suite(1.2));

        assertTrue(text.contains("\"qd1-polled p50\""), text);
        assertTrue(text.matches("(?s).*\"qd1-polled iops\",\\s+\"unit\" : "
                + "\"% of the baseline's cost\",\\s+\"value\" : 1[12]\\d.*"), text);
        assertFalse(text.contains("poll-hits"), text);
    }

    @Test
    void jsonHoldsWhatTheTableHas() throws IOException {
        String text = JsonReport.of(Results.suite(1.2));
        int fields = 0;
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            while (parser.nextToken() != null) {
                fields++;
            }
        }

        assertTrue(fields > 100, text);
        assertTrue(text.contains("\"verdict\" : \"regressed\""), text);
        assertTrue(text.contains("\"refused\" : \"main: Unrecognized option: --new\""), text);
        assertTrue(text.contains("\"command\" : \"vblk regress --baseline=main "
                + "--scenario=qd1-sleeping,qd1-polled,qd32 --seed=1\""), text);
        assertTrue(text.contains("\"p99.9\""), text);
    }

    @Test
    void junitFailsARegressionAndSkipsWhatNobodyCanTell() throws Exception {
        Element suite = xml(JunitReport.of(Results.suite(1.2))).getDocumentElement();
        NodeList cases = suite.getElementsByTagName("testcase");
        int failures = suite.getElementsByTagName("failure").getLength();

        assertEquals("testsuite", suite.getTagName());
        assertEquals(cases.getLength(), Integer.parseInt(suite.getAttribute("tests")));
        assertEquals(failures, Integer.parseInt(suite.getAttribute("failures")));
        assertTrue(failures >= 2, "p50 and p99 at least");
        assertEquals("1", suite.getAttribute("skipped"));
        assertEquals("vblk.regress.qd1-sleeping",
                ((Element) cases.item(0)).getAttribute("classname"));
    }

    @Test
    void aResultIsAsBadAsItsWorstScenario() throws IOException {
        assertEquals(Verdict.REGRESSED, Results.suite(1.2).verdict());
        assertEquals(Verdict.INCONCLUSIVE, Results.suite(1).verdict());
        assertEquals(Verdict.IMPROVED, Results.scenario("qd1-polled", 0.8).verdict());
    }

    @Test
    void aHistoryComesBackAsSeries() throws IOException {
        Path file = directory.resolve("history.jsonl");
        for (int i = 0; i < 16; i++) {
            History.append(file, Results.suite(i < 8 ? 1 : 1.2));
        }
        History history = History.read(file);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        history.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        String text = bytes.toString(StandardCharsets.UTF_8);

        assertEquals(10, history.series().size());
        assertTrue(text.contains("qd1-polled p50, baseline 0123456789, machine "), text);
        assertTrue(text.contains("▁▁▁▁▁▁▁▁████████"), text);
        assertTrue(text.contains("changed in run 9"), text);
        assertEquals(1, Stream.of(text.split("\n")).filter(
                line -> line.startsWith("qd1-sleeping p50")).count(), text);
        assertFalse(text.substring(text.indexOf("qd1-sleeping p50"),
                text.indexOf("qd1-sleeping p99")).contains("changed"), text);
    }

    @Test
    void aHistoryIsDrawn() throws Exception {
        Path file = directory.resolve("history.jsonl");
        Path page = directory.resolve("history.html");
        for (int i = 0; i < 8; i++) {
            History.append(file, Results.suite(i < 4 ? 1 : 1.2));
        }
        History.read(file).draw(page);
        Element html = pageOf(Files.readString(page));

        assertEquals(10, html.getElementsByTagName("svg").getLength());
        assertTrue(html.getTextContent().contains("qd1-polled p50, baseline 0123456789"));
    }

    private static Element pageOf(String html) throws Exception {
        return xml(html.replace("<!DOCTYPE html>", "")).getDocumentElement();
    }

    @Test
    void thePageHasAPictureForEachQuestion() throws Exception {
        Element html = pageOf(HtmlReport.of(Results.suite(1.2)));

        // Percentiles, p50 and p99 by rounds, and slices, of each of two scenarios.
        assertEquals(8, html.getElementsByTagName("svg").getLength());
        assertTrue(html.getTextContent().contains("qd1-polled: regressed"));
        assertTrue(html.getTextContent().contains("qd32: inconclusive"));
        assertTrue(html.getTextContent().contains("p99 round by round: regressed"));
        assertTrue(html.getTextContent().contains("this <build>"));
    }

    @Test
    void aHistoryThatIsNoneSaysWhere() throws IOException {
        Path file = Files.writeString(directory.resolve("h"), "{\"vblk-regress-history\":1}\nx\n");

        assertTrue(assertThrows(IOException.class, () -> History.read(file)).getMessage()
                .contains("line 2 is no JSON"));
        assertThrows(IOException.class, () -> History.read(directory.resolve("nowhere")));
        Files.writeString(file, line("\"percent\":\"Infinity\""));
        assertTrue(assertThrows(IOException.class, () -> History.read(file)).getMessage()
                .contains("line 1 is with a 'percent' that is no number"));
        Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe});
        assertTrue(assertThrows(IOException.class, () -> History.read(file)).getMessage()
                .contains("line 1 is no JSON"));
        assertTrue(assertThrows(IOException.class, () -> History.read(directory)).getMessage()
                .contains("is a directory"));
    }

    private static String line(String more) {
        return "{\"vblk-regress-history\":1,\"scenario\":\"s\",\"metric\":\"p50\"," + more + "}\n";
    }

    /** As a full disk or a kill leaves it. */
    @Test
    void aTornLineCostsItselfAndNoOther() throws IOException {
        Path file = directory.resolve("h");
        WholeFile.append(file, line("\"percent\":1"));
        Files.writeString(file, line("\"percent\":2").substring(0, 30), StandardOpenOption.APPEND);
        WholeFile.append(file, "");
        byte[] name = "{\"vblk-regress-history\":1,\"baseline\":\"\u00e4".getBytes(
                StandardCharsets.UTF_8);
        Files.write(file, Arrays.copyOf(name, name.length - 1), StandardOpenOption.APPEND);

        WholeFile.append(file, line("\"percent\":3"));

        List<History.Point> points = History.read(file).series().values().iterator().next();
        assertEquals(List.of(1.0, 3.0), points.stream().map(History.Point::percent).toList());
    }

    @Test
    void filesAreWholeOrNotThere() throws IOException {
        Path file = directory.resolve("out.json");
        WholeFile.write(file, "one");
        WholeFile.write(file, "two");

        assertEquals("two", Files.readString(file));
        try (Stream<Path> all = Files.list(directory)) {
            assertEquals(1, all.count());
        }
        assertTrue(assertThrows(IOException.class,
                () -> WholeFile.write(directory.resolve("no/such"), "x")).getMessage()
                .endsWith("no such directory"));
    }

    @Test
    void numbersHaveThreeDigits() {
        assertEquals("812ns", Units.time(812));
        assertEquals("1.78us", Units.time(1_775));
        assertEquals("15.9us", Units.time(15_871));
        assertEquals("1.00ms", Units.time(999_600));
        assertEquals("12.0s", Units.time(12e9));
        assertEquals("283k", Units.count(283_400));
        assertEquals("7", Units.count(7));
        assertEquals("+4.2%", Units.percent(4.21));
        assertEquals("0.0%", Units.percent(-0.01));
        assertEquals("-120%", Units.percent(-120));
        assertEquals("-", Units.percent(Double.NaN));
    }

    @Test
    void stolenTimeIsAShareOfAllTime() {
        MachineTime before = MachineTime.parse("cpu  100 0 100 700 0 0 0 100 0 0");
        MachineTime after = MachineTime.parse("cpu  200 0 150 1400 0 0 0 250 50 0");

        assertEquals(15, after.stealPercentSince(before), 0.001);
        assertEquals(0, before.stealPercentSince(before), 0.001);
    }
}
