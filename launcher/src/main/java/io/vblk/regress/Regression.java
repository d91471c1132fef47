// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.files.WholeFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** A comparison of two builds from its beginning to its reports. Thread: control. */
public final class Regression {
    /** What nothing is wrong with. */
    public static final int EXIT_FINE = 0;
    /** Something regressed. */
    public static final int EXIT_REGRESSED = 1;
    /** Nothing regressed, and of something nobody can tell. */
    public static final int EXIT_INCONCLUSIVE = 3;
    /** The comparison itself failed. */
    public static final int EXIT_FAILURE = 4;

    /** Set by GitHub where it runs a build. */
    private static final String ON_GITHUB = "GITHUB_ACTIONS";

    /**
     * Where results go; each may be null for nowhere.
     *
     * @param json the result for programs
     * @param junit the result as JUnit's XML
     * @param html the result for people
     * @param markdown where the table is added in Markdown
     * @param ratios the candidate in percent of the baseline, for charts of a build server
     * @param history where a line for each metric is added
     * @param record where the slices are added
     */
    public record Outputs(Path json, Path junit, Path html, Path markdown, Path ratios,
            Path history, Path record) {
        /** Only text. */
        public static final Outputs NONE = new Outputs(null, null, null, null, null, null, null);
    }

    private final List<Scenario> scenarios;
    private final Settings settings;
    private final Outputs outputs;
    private final StopSwitch stop;
    private final Watcher watcher;
    private final PrintStream out;

    /**
     * A comparison.
     *
     * @param scenarioNames names, or paths that end in {@code .scenario}
     * @throws IOException if a scenario cannot be read
     * @throws IllegalArgumentException if one makes no sense
     */
    public Regression(List<String> scenarioNames, Settings settings, Outputs outputs,
            StopSwitch stop, Watcher watcher, PrintStream out) throws IOException {
        this.scenarios = Scenarios.named(scenarioNames);
        this.settings = settings;
        this.outputs = outputs;
        this.stop = stop;
        this.watcher = watcher;
        this.out = out;
    }

    /**
     * Looks at what the scenarios say before any fork is started: what this build does not know is
     * no difference between two builds.
     *
     * @param check takes an image and the options for its load, and throws
     *     IllegalArgumentException if they make no sense
     * @throws IllegalArgumentException that one, with the scenario's name
     */
    public void checkLoads(BiConsumer<String, Map<String, String>> check) {
        for (Scenario scenario : scenarios) {
            try {
                check.accept(scenario.image(), scenario.options());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "scenario " + scenario.name() + ": " + e.getMessage(), e);
            }
        }
    }

    /**
     * Compares and reports.
     *
     * @return the exit code
     * @throws IOException if something fails, in words for an operator
     */
    public int run(Build baseline, Build candidate) throws IOException {
        SuiteResult result = compare(baseline, candidate, settings, outputs.record());
        out.print(TextReport.of(result));
        if ("true".equals(System.getenv(ON_GITHUB))) {
            out.print(CiReport.annotations(result));
        }
        write(result);
        return result.stopped() ? EXIT_FAILURE : exitCode(result.verdict());
    }

    private static int exitCode(Verdict verdict) {
        return switch (verdict) {
            case REGRESSED -> EXIT_REGRESSED;
            case INCONCLUSIVE -> EXIT_INCONCLUSIVE;
            default -> EXIT_FINE;
        };
    }

    private SuiteResult compare(Build baseline, Build candidate, Settings how, Path record)
            throws IOException {
        Environment environment = Environment.here();
        ZonedDateTime began = ZonedDateTime.now();
        out.print(TextReport.head(baseline, candidate, how, environment));
        out.flush();
        List<ScenarioResult> results = new ArrayList<>();
        boolean stopped = false;
        try {
            new Suite(scenarios, baseline, candidate, how, stop, watcher)
                    .run(record, results::add);
        } catch (StopSwitch.StoppedException e) {
            stopped = true;
        }
        watcher.hear("", "", 1);
        return new SuiteResult(
                baseline, candidate, how, environment, began, results, stopped);
    }

    /** A place for results, null for none, and how they get there. */
    private record Output(Path file, Writer writer) {
        /** Writes a file. */
        private interface Writer {
            void write(Path file) throws IOException;
        }
    }

    private void write(SuiteResult result) throws IOException {
        if (result.stopped()) {
            return;
        }
        List<String> failed = new ArrayList<>();
        for (Output output : List.of(
                new Output(outputs.json(), file -> WholeFile.write(file, JsonReport.of(result))),
                new Output(outputs.junit(), file -> WholeFile.write(file, JunitReport.of(result))),
                new Output(outputs.html(), file -> WholeFile.write(file, HtmlReport.of(result))),
                new Output(outputs.markdown(),
                        file -> WholeFile.append(file, CiReport.markdown(result))),
                new Output(outputs.ratios(),
                        file -> WholeFile.write(file, CiReport.ratios(result))),
                new Output(outputs.history(), file -> History.append(file, result)))) {
            try {
                if (output.file() != null) {
                    output.writer().write(output.file());
                }
            } catch (IOException e) {
                // The minutes that this took are not to be lost for the others.
                failed.add(e.getMessage());
            }
        }
        if (!failed.isEmpty()) {
            throw new IOException(String.join("; ", failed));
        }
    }

    /**
     * Compares a build with itself, once as it is and once with each slowdown that has to be found.
     *
     * @return the exit code: as if something regressed if an alarm is false or missing
     * @throws IOException if something fails, in words for an operator
     */
    public int testItself(Build build) throws IOException {
        boolean fine = true;
        boolean told = true;
        boolean planted = false;
        for (Plant plant : Arrays.asList(null, Plant.parse("p50:10%"), Plant.parse("p99:30%"))) {
            SuiteResult result = compare(build, build, settings.with(plant), outputs.record());
            out.print(TextReport.of(result));
            if (result.stopped()) {
                return EXIT_FAILURE;
            }
            for (ScenarioResult scenario : result.scenarios()) {
                if (plant != null && plant.unfit(scenario.scenario()) != null) {
                    out.println("self-test: " + scenario.scenario().name() + ": "
                            + plant.unfit(scenario.scenario()));
                    continue;
                }
                planted |= plant != null;
                Verdict verdict = plant == null ? scenario.verdict() : found(scenario, plant);
                boolean regressed = verdict == Verdict.REGRESSED;
                told &= verdict != Verdict.INCONCLUSIVE;
                fine &= verdict == Verdict.INCONCLUSIVE || regressed == (plant != null);
                out.println("self-test: " + scenario.scenario().name() + ", "
                        + (plant == null ? "equal builds" : "planted " + plant) + ": " + verdict);
            }
            out.println();
        }
        return fine ? told && planted ? EXIT_FINE : EXIT_INCONCLUSIVE : EXIT_REGRESSED;
    }

    /** What the metric that was slowed down came to. */
    private static Verdict found(ScenarioResult scenario, Plant plant) {
        return scenario.findings().stream()
                .filter(finding -> finding.metric().toString().equals(plant.metric()))
                .map(Gate.Finding::verdict).findFirst().orElse(Verdict.INCONCLUSIVE);
    }
}
