// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Compares two builds in several scenarios, one after the other. Thread: control. */
final class Suite {
    private final List<Scenario> scenarios;
    private final Build baseline;
    private final Build candidate;
    private final Settings settings;
    private final StopSwitch stop;
    private final Watcher watcher;

    Suite(List<Scenario> scenarios, Build baseline, Build candidate, Settings settings,
            StopSwitch stop, Watcher watcher) {
        this.scenarios = scenarios;
        this.baseline = baseline;
        this.candidate = candidate;
        this.settings = settings;
        this.stop = stop;
        this.watcher = watcher;
    }

    /**
     * Runs them all.
     *
     * @param record where slices are recorded; null for nowhere
     * @param done hears of each scenario as it ends, also of those before a stop
     */
    void run(Path record, Consumer<ScenarioResult> done) throws IOException {
        Path directory = Files.createTempDirectory("vblk-regress");
        try (Recording recording = Recording.to(record)) {
            List<Double> seconds = scenarios.stream()
                    .map(scenario -> ScenarioRun.seconds(scenario, settings)).toList();
            double all = seconds.stream().mapToDouble(s -> s).sum();
            double before = 0;
            for (int i = 0; i < scenarios.size(); i++) {
                Scenario scenario = scenarios.get(i);
                double began = before;
                double own = seconds.get(i);
                String title = scenario.name() + " " + (i + 1) + "/" + scenarios.size();
                done.accept(new ScenarioRun(scenario, baseline, candidate,
                        settings.withSeed(settings.seed() + 1_000L * i), stop, directory,
                        recording, (phase, share) -> watcher.hear(title, phase,
                                (began + Math.min(1, share) * own) / all)).run());
                deleteFiles(directory);
                before += own;
            }
        } finally {
            deleteFiles(directory);
            Files.deleteIfExists(directory);
        }
    }

    private static void deleteFiles(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder()).filter(path -> !path.equals(directory))
                    .forEach(files::add);
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
