// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.CommonOptions.flag;
import static io.vblk.launcher.CommonOptions.text;
import static io.vblk.launcher.CommonOptions.value;

import io.vblk.regress.BaselineBuilder;
import io.vblk.regress.Build;
import io.vblk.regress.Plant;
import io.vblk.regress.Regression;
import io.vblk.regress.Scenarios;
import io.vblk.regress.Settings;
import io.vblk.regress.StopSwitch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** regress: whether this build is slower than another one. */
final class RegressCommand implements Command {
    private static final long NANOS_PER_MS = 1_000_000;

    @Override
    public String name() {
        return "regress";
    }

    @Override
    public String synopsis() {
        return "--baseline=REV|JAR [OPTION]...";
    }

    @Override
    public String summary() {
        return "Compare this build with another one in short interleaved slices and say what is"
                + " slower";
    }

    @Override
    public Options options() {
        Options options = new Options();
        options.addOption(value("baseline", "REV|JAR",
                "what to compare with: a revision, which is built, or a path that ends in .jar"));
        options.addOption(value("scenario", "NAMES",
                "scenarios to run, such as qd1-polled,qd32, or files that end in .scenario;"
                        + " default: all"));
        options.addOption(value("forks", "N", "JVMs of each side; default: 3"));
        options.addOption(value("rounds", "N",
                "rounds of a run, in each of which each fork has a slice; default: 80"));
        options.addOption(value("max-rounds", "N",
                "rounds of a run that is inconclusive before; default: three times the rounds"));
        options.addOption(value("warm-up", "TIME",
                "time that each fork runs before anything counts; default: 2s"));
        options.addOption(value("seed", "N", "seed of the order of slices; default: 1"));
        options.addOption(flag("no-confirm",
                "report a regression without looking for it again in new forks"));
        options.addOption(value("cache", "DIRECTORY",
                "where built revisions are kept; default: vblk/regress in the user's cache"));
        options.addOption(value("json", "FILE", "write the result for programs"));
        options.addOption(value("record", "FILE", "add all slices to a file"));
        options.addOption(value("plant", "SLOWDOWN",
                "make this build slower, to see whether it is found: p50:10% or p99:30%"));
        return options;
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        if (!line.getArgList().isEmpty()) {
            throw new UsageException("regress does not know '" + line.getArgList().get(0)
                    + "': vblk regress " + synopsis());
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException {
        Termination termination = Termination.handle();
        StopSwitch stop = new StopSwitch();
        termination.stops(stop::request);
        try {
            return afterSignal(termination, compare(line, stop));
        } catch (IOException e) {
            System.err.println("vblk: " + e.getMessage());
            return afterSignal(termination, Regression.EXIT_FAILURE);
        }
    }

    /** A comparison that a signal has ended says so as shells do, whatever it came to. */
    private static int afterSignal(Termination termination, int code) {
        return termination.exitCodeAfter(termination.happened() ? 0 : code);
    }

    private static int compare(CommandLine line, StopSwitch stop)
            throws UsageException, IOException {
        if (!line.hasOption("baseline")) {
            throw new UsageException("regress needs --baseline=REV or --baseline=FILE.jar");
        }
        Settings settings = settings(line);
        try (RegressProgress progress = RegressProgress.onTerminal()) {
            Regression regression = new Regression(
                    List.of(text(line, "scenario", String.join(",", Scenarios.NAMES)).split(",")),
                    settings, outputs(line), stop, progress, System.out);
            Build baseline = new BaselineBuilder(Path.of(""), cache(line), stop, progress)
                    .of(text(line, "baseline", ""));
            return regression.run(baseline, RegressLoad.thisBuild());
        }
    }

    private static Path cache(CommandLine line) {
        String directory = text(line, "cache", null);
        return directory == null ? BaselineBuilder.cacheOfUser() : Path.of(directory);
    }

    private static Settings settings(CommandLine line) throws UsageException {
        Settings usual = Settings.DEFAULT;
        int rounds = CommonOptions.integer(line, "rounds", usual.rounds());
        int times = usual.roundsMax() / usual.rounds();
        String plant = text(line, "plant", null);
        return new Settings(CommonOptions.integer(line, "forks", usual.forks()), rounds,
                CommonOptions.integer(line, "max-rounds", times * rounds),
                (int) (Durations.parseNs(text(line, "warm-up", usual.warmUpMs() + "ms"))
                        / NANOS_PER_MS),
                CommonOptions.number(line, "seed", usual.seed()), !line.hasOption("no-confirm"),
                plant == null ? null : Plant.parse(plant));
    }

    private static Regression.Outputs outputs(CommandLine line) {
        return new Regression.Outputs(path(line, "json"), null, null, null, path(line, "record"));
    }

    private static Path path(CommandLine line, String name) {
        String file = text(line, name, null);
        return file == null ? null : Path.of(file);
    }
}
