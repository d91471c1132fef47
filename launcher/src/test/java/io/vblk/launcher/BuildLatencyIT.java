// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.vblk.regress.BaselineBuilder;
import io.vblk.regress.Build;
import io.vblk.regress.Regression;
import io.vblk.regress.Scenarios;
import io.vblk.regress.Settings;
import io.vblk.regress.StopSwitch;
import io.vblk.regress.Watcher;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * This build beside another one, each scenario a test: the engine of {@code vblk regress}. Only
 * with the profile latency and {@code -Dvblk.baseline=REV|JAR}; {@code -Dvblk.scenario=NAMES} picks
 * some.
 */
@Tag("latency")
final class BuildLatencyIT {
    static List<String> scenarios() {
        return List.of(System.getProperty(
                "vblk.scenario", String.join(",", Scenarios.NAMES)).split(","));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void isNotSlowerThanTheBaseline(String scenario) throws IOException {
        String name = System.getProperty("vblk.baseline", "");
        Assumptions.assumeFalse(name.isEmpty(), "no baseline: say -Dvblk.baseline=REV");
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int code;
        try (PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8)) {
            StopSwitch stop = new StopSwitch();
            Build baseline = new BaselineBuilder(SourceTree.root(),
                    BaselineBuilder.cacheOfUser(), stop, Watcher.NONE).of(name);
            code = new Regression(List.of(scenario), Settings.DEFAULT, Regression.Outputs.NONE,
                    stop, Watcher.NONE, out).run(baseline, Build.ofJar(
                            "this build", null, System.getProperty("vblk.jar")));
        }
        String said = text.toString(StandardCharsets.UTF_8);
        switch (code) {
            case Regression.EXIT_INCONCLUSIVE -> Assumptions.abort(said);
            case Regression.EXIT_REGRESSED -> fail(said);
            default -> assertEquals(Regression.EXIT_FINE, code, said);
        }
    }
}
