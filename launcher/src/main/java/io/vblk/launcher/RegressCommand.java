// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.CommonOptions.flag;
import static io.vblk.launcher.CommonOptions.text;
import static io.vblk.launcher.CommonOptions.value;

import io.vblk.regress.BaselineBuilder;
import io.vblk.regress.Build;
import io.vblk.regress.History;
import io.vblk.regress.Plant;
import io.vblk.regress.Regression;
import io.vblk.regress.Resampling;
import io.vblk.regress.Scenarios;
import io.vblk.regress.Settings;
import io.vblk.regress.StopSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** regress: whether this build is slower than another one. */
final class RegressCommand implements Command {
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int COMPARISONS_DEFAULT = 300;
    private static final String HISTORY = "history";
    private static final String RESAMPLE = "resample";
    /** Both slowdowns can be seen in it, and it scatters least. */
    private static final String SELF_TEST_SCENARIO = "qd1-sleeping";

    @Override
    public String name() {
        return "regress";
    }

    @Override
    public String synopsis() {
        return "[history FILE | resample FILE] [OPTION]...";
    }

    @Override
    public String summary() {
        return "Compare this build with another one, and say whether anything is slower";
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
        options.addOption(value("junit", "FILE", "write the result in JUnit's XML"));
        options.addOption(value("html", "FILE",
                "write the result, or the history, as a page for people"));
        options.addOption(value("markdown", "FILE",
                "add the table in Markdown to a file, such as $GITHUB_STEP_SUMMARY"));
        options.addOption(value("ratios", "FILE",
                "write this build in percent of the baseline, as github-action-benchmark reads"
                        + " it (customSmallerIsBetter)"));
        options.addOption(value("history", "FILE",
                "add the result to a file of JSON lines, for vblk regress history"));
        options.addOption(value("record", "FILE",
                "add all slices to a file of JSON lines, for vblk regress resample"));
        options.addOption(value("plant", "SLOWDOWN",
                "make this build slower, to see whether it is found: p50:10% or p99:30%"));
        options.addOption(flag("self-test",
                "compare this build with itself, as it is and with both slowdowns"));
        options.addOption(value("comparisons", "N",
                "resample: comparisons of each scenario; default: 300"));
        return options;
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        List<String> words = line.getArgList();
        if (words.isEmpty()) {
            return;
        }
        String verb = words.get(0);
        if (!verb.equals(HISTORY) && !verb.equals(RESAMPLE)) {
            throw new UsageException("regress does not know '" + verb + "': vblk regress "
                    + synopsis());
        }
        if (words.size() != 2 || words.get(1).isEmpty()) {
            throw new UsageException("regress " + verb + " takes one file: vblk regress " + verb
                    + " FILE");
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException {
        Termination termination = Termination.handle();
        StopSwitch stop = new StopSwitch();
        termination.stops(stop::request);
        try {
            int code = dispatch(line, stop);
            if (System.out.checkError()) {
                throw new IOException("the output could not be written");
            }
            return afterSignal(termination, code);
        } catch (IOException e) {
            System.err.println("vblk: " + e.getMessage());
            return afterSignal(termination, Regression.EXIT_FAILURE);
        } catch (OutOfMemoryError e) {
            System.err.println("vblk: out of memory: set VBLK_JAVA_OPTS=-Xmx256m");
            return Regression.EXIT_FAILURE;
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (RuntimeException e) {
            // Not the code of a regression, which a build server would believe.
            System.err.println("vblk: internal error: " + e);
            return Regression.EXIT_FAILURE;
        }
    }

    private static int dispatch(CommandLine line, StopSwitch stop)
            throws UsageException, IOException {
        if (line.getArgList().isEmpty()) {
            return compare(line, stop);
        }
        Path file = Path.of(line.getArgList().get(1));
        if (line.getArgList().get(0).equals(HISTORY)) {
            History history = History.read(file);
            history.print(System.out);
            if (line.hasOption("html")) {
                history.draw(path(line, "html"));
            }
            return Regression.EXIT_FINE;
        }
        return new Resampling(file,
                CommonOptions.integer(line, "comparisons", COMPARISONS_DEFAULT), plant(line),
                CommonOptions.number(line, "seed", Settings.DEFAULT.seed())).run(System.out);
    }

    /** A comparison that a signal has ended says so as shells do, whatever it came to. */
    private static int afterSignal(Termination termination, int code) {
        return termination.exitCodeAfter(termination.happened() ? 0 : code);
    }

    private static int compare(CommandLine line, StopSwitch stop)
            throws UsageException, IOException {
        boolean selfTest = line.hasOption("self-test");
        if (line.hasOption("baseline") == selfTest) {
            throw new UsageException("regress needs --baseline=REV, --baseline=FILE.jar or"
                    + " --self-test, and one of them");
        }
        if (selfTest && line.hasOption("plant")) {
            throw new UsageException("--self-test plants what it needs: leave out --plant");
        }
        String scenarios = selfTest ? SELF_TEST_SCENARIO : String.join(",", Scenarios.NAMES);
        try (RegressProgress progress = RegressProgress.onTerminal()) {
            Regression regression = new Regression(
                    List.of(text(line, "scenario", scenarios).split(",")),
                    settings(line), outputs(line), stop, progress, System.out);
            regression.checkLoads(RegressLoad::check);
            Build own = RegressLoad.thisBuild(stop, progress);
            if (selfTest) {
                return regression.testItself(own);
            }
            Build baseline = new BaselineBuilder(Path.of(""), cache(line), stop, progress)
                    .of(text(line, "baseline", ""));
            return regression.run(baseline, own);
        }
    }

    private static Plant plant(CommandLine line) {
        String plant = text(line, "plant", null);
        return plant == null ? null : Plant.parse(plant);
    }

    private static Path cache(CommandLine line) {
        String directory = text(line, "cache", null);
        return directory == null ? BaselineBuilder.cacheOfUser() : Path.of(directory);
    }

    private static Settings settings(CommandLine line) throws UsageException {
        Settings usual = Settings.DEFAULT;
        int rounds = CommonOptions.integer(line, "rounds", usual.rounds());
        int times = usual.roundsMax() / usual.rounds();
        return new Settings(CommonOptions.integer(line, "forks", usual.forks()), rounds,
                CommonOptions.integer(line, "max-rounds", times * rounds),
                (int) (Durations.parseNs(text(line, "warm-up", usual.warmUpMs() + "ms"))
                        / NANOS_PER_MS),
                CommonOptions.number(line, "seed", usual.seed()), !line.hasOption("no-confirm"),
                plant(line));
    }

    private static Regression.Outputs outputs(CommandLine line)
            throws UsageException, IOException {
        return new Regression.Outputs(path(line, "json"), path(line, "junit"),
                path(line, "html"), path(line, "markdown"), path(line, "ratios"),
                path(line, "history"), path(line, "record"));
    }

    /** Where results go, looked at before it takes time to measure them. */
    private static Path path(CommandLine line, String name) throws UsageException, IOException {
        String file = text(line, name, null);
        if (file == null) {
            return null;
        }
        try {
            Path path = Path.of(file);
            if (file.isEmpty() || Files.isDirectory(path)
                    || !Files.isDirectory(path.toAbsolutePath().getParent())) {
                throw new IOException(name + "=" + file
                        + " cannot be written: name a file in a directory that is there");
            }
            if (!Files.isWritable(Files.exists(path) ? path : path.toAbsolutePath().getParent())) {
                throw new IOException(name + "=" + file + " cannot be written: permission denied");
            }
            return path;
        } catch (InvalidPathException e) {
            throw new UsageException(name + "=" + file + " is no path");
        }
    }
}
