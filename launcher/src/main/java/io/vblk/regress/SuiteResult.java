// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.time.ZonedDateTime;
import java.util.List;

/**
 * What a comparison of two builds came to. Thread: any.
 *
 * @param baseline the build of before
 * @param candidate the build that may have regressed
 * @param settings how they were compared
 * @param environment where
 * @param began when
 * @param scenarios what came of each scenario; fewer than asked for after a stop
 * @param stopped whether it was stopped before its end
 */
record SuiteResult(Build baseline, Build candidate, Settings settings, Environment environment,
        ZonedDateTime began, List<ScenarioResult> scenarios, boolean stopped) {
    /** Copies the list. */
    SuiteResult {
        scenarios = List.copyOf(scenarios);
    }

    /** The worst of all scenarios. */
    Verdict verdict() {
        Verdict worst = Verdict.IMPROVED;
        for (ScenarioResult result : scenarios) {
            worst = worst.or(result.verdict());
        }
        return scenarios.isEmpty() ? Verdict.INCONCLUSIVE : worst;
    }

    /** How many scenarios came to a verdict. */
    long count(Verdict verdict) {
        return scenarios.stream().filter(result -> result.verdict() == verdict).count();
    }

    /** The same comparison again, as a command line without what goes where. */
    String command() {
        StringBuilder line = new StringBuilder("vblk regress --baseline=" + baseline.name()
                + " --scenario=" + String.join(",", scenarios.stream()
                        .map(result -> result.scenario().name()).toList())
                + " --seed=" + settings.seed());
        Settings usual = Settings.DEFAULT;
        option(line, "forks", settings.forks(), usual.forks());
        option(line, "rounds", settings.rounds(), usual.rounds());
        option(line, "max-rounds", settings.roundsMax(), usual.roundsMax());
        if (settings.warmUpMs() != usual.warmUpMs()) {
            line.append(" --warm-up=").append(settings.warmUpMs()).append("ms");
        }
        if (settings.plant() != null) {
            line.append(" --plant=").append(settings.plant());
        }
        return line.toString();
    }

    private static void option(StringBuilder line, String name, int value, int usual) {
        if (value != usual) {
            line.append(" --").append(name).append('=').append(value);
        }
    }
}
