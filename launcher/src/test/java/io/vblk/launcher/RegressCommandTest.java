// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.regress.Build;
import io.vblk.regress.Regression;
import io.vblk.regress.Scenarios;
import io.vblk.regress.Settings;
import io.vblk.regress.StopSwitch;
import io.vblk.regress.Watcher;
import io.vblk.regress.Worker;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command and its worker, whole, with as little measuring as there can be. */
final class RegressCommandTest {
    @TempDir
    private Path directory;

    private static List<String> ask(String... questions) throws IOException {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        try (Worker worker = new Worker(
                new BufferedReader(new StringReader(String.join("\n", questions))),
                new PrintStream(answers, true, StandardCharsets.UTF_8), RegressLoad::open)) {
            worker.run();
        }
        return answers.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static String open(String options) {
        return "{\"do\":\"open\",\"image\":\"memory:1M\",\"options\":{" + options + "}}";
    }

    @Test
    void theWorkerRunsSlicesOfALoad() throws IOException {
        List<String> answers = ask(open("\"rw\":\"randrw\",\"iodepth\":4,\"wait\":\"event\""),
                "{\"do\":\"slice\",\"lengthNs\":20000000,\"dropNs\":1000000}",
                "{\"do\":\"slice\",\"lengthNs\":20000000,\"dropNs\":1000000}",
                "{\"do\":\"requests\",\"count\":17}", "{\"do\":\"close\"}",
                "{\"do\":\"slice\",\"lengthNs\":20000000,\"dropNs\":1000000}");

        assertEquals("vblk-regress 1", answers.get(0));
        assertEquals("{\"ok\":true}", answers.get(1));
        for (int i = 2; i < 4; i++) {
            assertTrue(answers.get(i).matches("\\{\"samples\":[1-9].*\"p99Ns\":[1-9].*\"cpuNs\":"
                    + ".*\"histogram\":\"HIST.*\"ok\":true\\}"), answers.get(i));
        }
        assertTrue(answers.get(4).startsWith("{\"samples\":17,"), answers.get(4));
        assertEquals("{\"error\":\"nothing is open\",\"ok\":false}",
                answers.get(6).replaceAll("\\{(\"ok\":false),(.*)\\}", "{$2,$1}"));
    }

    @Test
    void theWorkerSaysWhatItDoesNotTakeAndGoesOn() throws IOException {
        List<String> answers = ask("hello", "{\"do\":\"dance\"}", open("\"rx\":1"),
                open("\"rw\":\"sideways\""), open("\"runtime\":10"), open("\"rw\":\"read\""),
                "{\"do\":\"slice\",\"lengthNs\":1,\"dropNs\":5}", "{\"do\":\"slice\"}",
                "{\"do\":\"requests\",\"count\":0}", "{\"do\":\"requests\",\"count\":1000}");

        for (int i : new int[] {1, 2, 3, 4, 5, 7, 8, 9}) {
            assertTrue(answers.get(i).startsWith("{\"ok\":false,\"error\":\""), answers.get(i));
        }
        assertTrue(answers.get(6).contains("true"), answers.get(6));
        assertTrue(answers.get(10).contains("\"samples\":256,"), answers.get(10));
    }

    @Test
    void theWorkerSaysOnceThatARequestFailed() throws IOException {
        String answer = ask(open("\"rw\":\"read\",\"filter\":\"error:read=1\""),
                "{\"do\":\"requests\",\"count\":1}").get(2);

        assertTrue(answer.contains("read of 4096 bytes at offset 0 failed\""), answer);
    }

    @Test
    void comparesAndReports() throws IOException {
        Build build = RegressLoad.thisBuild(new StopSwitch(), Watcher.NONE);
        Path json = directory.resolve("r.json");
        Path junit = directory.resolve("r.xml");
        Path html = directory.resolve("r.html");
        Path markdown = directory.resolve("r.md");
        Path ratios = directory.resolve("ratios.json");
        Path history = directory.resolve("h.jsonl");
        Path record = directory.resolve("s.jsonl");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new Regression(List.of("qd1-sleeping", "cold-start"),
                new Settings(1, 5, 5, 50, 1, false, null),
                new Regression.Outputs(json, junit, html, markdown, ratios, history, record),
                new StopSwitch(), Watcher.NONE, new PrintStream(out, true, StandardCharsets.UTF_8))
                .run(build, build);
        String text = out.toString(StandardCharsets.UTF_8);

        // Five rounds of one fork are too few for any verdict.
        assertEquals(Regression.EXIT_INCONCLUSIVE, code, text);
        assertTrue(text.contains("verdict: 2 inconclusive"), text);
        assertTrue(text.contains("cold-start"), text);
        assertTrue(Files.readString(json).contains("\"verdict\" : \"inconclusive\""));
        assertTrue(Files.readString(junit).contains("<testcase"));
        assertTrue(Files.readString(html).contains("Latencies slice by slice"));
        assertTrue(Files.readString(markdown).contains("| qd1-sleeping | p50 |"));
        assertTrue(Files.readString(ratios).contains("\"cold-start first\""));
        assertEquals(7, Files.readAllLines(history).size());
        assertEquals(1 + 15 + 1 + 3, Files.readAllLines(record).size());
        VblkRun.of("regress", "history", history.toString()).succeeded();
    }

    @Test
    void aWrongCommandLineIsSaidInOneLine() {
        VblkRun.of("regress").failed(2, "--baseline");
        VblkRun.of("regress", "--self-test", "--baseline=a.jar").failed(2, "one of them");
        VblkRun.of("regress", "--self-test", "--plant=p50:10%").failed(2, "--plant");
        VblkRun.of("regress", "dance").failed(2, "'dance'");
        VblkRun.of("regress", "history").failed(2, "one file");
        VblkRun.of("regress", "--baseline=a.jar", "--scenario=nope").failed(2, "nope");
        VblkRun.of("regress", "--baseline=a.jar", "--rounds=0").failed(2, "rounds");
        VblkRun.of("regress", "--baseline=a.jar", "--plant=p50").failed(2, "plant=p50");
        VblkRun.of("regress", "--baseline=a.jar", "--warm-up=soon").failed(2, "soon");
        VblkRun.of("regress", "--baseline=/nowhere.jar").failed(4, "no such file");
        VblkRun.of("regress", "history", "/nowhere").failed(4, "no such file");
        VblkRun.of("regress", "resample", "/nowhere").failed(4, "no such file");
    }

    /** Else the baseline, which is asked first, would be blamed for it. */
    @Test
    void aScenarioThatThisBuildDoesNotKnowIsSaidBeforeAnythingStarts() throws IOException {
        Path own = directory.resolve("own.scenario");
        for (String[] row : new String[][] {{"bogus=1", "own: Unrecognized option: --bogus=1"},
            {"rw=dance", "own: rw=dance is none of"}, {"iodepth=0", "iodepth"},
            {"verify=crc32c", "own: verify is not for a scenario to say"}}) {
            Files.writeString(own, "image=memory:1M\n" + row[0] + "\n");
            VblkRun.of("regress", "--baseline=/nowhere.jar", "--scenario=" + own)
                    .failed(2, row[1]);
        }
        for (String name : Scenarios.NAMES) {
            VblkRun.of("regress", "--baseline=/nowhere.jar", "--scenario=" + name)
                    .failed(4, "no such file");
        }
    }

    @Test
    void whereNoResultCanGoIsSaidBeforeItIsMeasured() {
        for (String name : List.of("json", "junit", "html", "markdown", "ratios", "history",
                "record")) {
            for (Path file : List.of(directory.resolve("no/where"), directory)) {
                VblkRun.of("regress", "--baseline=/nowhere.jar", "--" + name + "=" + file)
                        .failed(4, name + "=" + file + " cannot be written");
            }
        }
    }

    @Test
    void aFullDiskIsSaidWithTheFile() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full), "needs /dev/full");
        Build build = RegressLoad.thisBuild(new StopSwitch(), Watcher.NONE);
        for (Regression.Outputs outputs : List.of(
                new Regression.Outputs(null, null, null, null, null, null, full),
                new Regression.Outputs(null, null, null, full, directory.resolve("ratios.json"),
                        full, null))) {
            Regression regression = new Regression(List.of("qd1-sleeping"),
                    new Settings(1, 5, 5, 50, 1, false, null), outputs, new StopSwitch(),
                    Watcher.NONE, new PrintStream(new ByteArrayOutputStream()));
            String said = assertThrows(IOException.class,
                    () -> regression.run(build, build)).getMessage();

            String one = "/dev/full cannot be written: No space left on device";
            assertEquals(outputs.markdown() == null ? one : one + "; " + one, said);
        }
        assertTrue(Files.exists(directory.resolve("ratios.json")), "others are written");
    }

    @Test
    void aBaselineThatIsNoneIsRefusedByName() throws Exception {
        Path jar = Files.write(directory.resolve("x.jar"), new byte[] {1});
        try (VblkProcess regress = VblkProcess.start(directory, "regress",
                "--baseline=" + jar, "--scenario=qd1-sleeping")) {
            VblkRun run = regress.end();

            assertEquals(4, run.code(), run.err());
            VblkRun.assertOneLine(run.err(), jar + " has no regress-worker");
        }
    }

    @Test
    void progressSaysHowLongItTakes() {
        assertEquals("qd32 3/9: round 12/80 [25%] [eta 00m:30s]",
                RegressProgress.line("qd32 3/9", "round 12/80", 0.25, 10));
        assertEquals("qd32 1/9: starting [0%]", RegressProgress.line("qd32 1/9", "starting", 0, 1));
    }
}
