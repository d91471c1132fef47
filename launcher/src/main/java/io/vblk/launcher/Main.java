// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.Version;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** Picks the command, maps exceptions to one line and an exit code. */
public final class Main {
    /** The image or the host said no, or a check failed. */
    static final int EXIT_FAILURE = 1;
    /** The command line makes no sense. */
    static final int EXIT_USAGE = 2;

    private static final String VERBOSE = "--verbose";
    /** For launcher/bin/vblk alone. */
    private static final String TRAIN = "--train-archive";
    private static final String LOG = "org.slf4j.simpleLogger.";

    static final List<Command> COMMANDS =
            List.of(new InfoCommand(), new BenchCommand(), new ServeCommand(),
                    new StorageDaemonCommand(), new CtlCommand(), new RegressCommand(),
                    new TuneCommand());

    private Main() {}

    /** The program. */
    public static void main(String[] arguments) {
        configureLog(arguments);
        int code = run(arguments);
        // A report that did not arrive is no success; this also flushes.
        if (System.out.checkError() && code == 0) {
            System.err.println("vblk: the output could not be written");
            code = EXIT_FAILURE;
        }
        System.exit(code);
    }

    /** Before anything logs: slf4j-simple reads it once. */
    private static void configureLog(String[] arguments) {
        List<String> words = Arrays.asList(arguments);
        boolean operators = COMMANDS.stream().anyMatch(command ->
                words.contains(command.name()) && command.logsForOperators(words));
        setDefault("defaultLogLevel",
                isVerbose(arguments) ? "debug" : operators ? "info" : "error");
        if (!isVerbose(arguments)) {
            setDefault("showThreadName", "false");
            setDefault("showLogName", "false");
            if (!operators) {
                // That a run is not what was asked for belongs beside its figures.
                setDefault("log.io.vblk.block.engine", "warn");
                setDefault("log.io.vblk.block.image", "warn");
            }
        }
    }

    private static void setDefault(String name, String value) {
        String property = LOG + name;
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static boolean isVerbose(String[] arguments) {
        return Arrays.asList(arguments).contains(VERBOSE);
    }

    /** Does what the command line says; returns the exit code. */
    static int run(String[] arguments) {
        boolean verbose = isVerbose(arguments);
        try {
            return dispatch(arguments);
        } catch (UsageException | IllegalArgumentException e) {
            return fail(e, verbose, EXIT_USAGE);
        } catch (IOException e) {
            return fail(e, verbose, EXIT_FAILURE);
        } catch (OutOfMemoryError e) {
            System.err.println("vblk: out of memory: use a smaller bs, iodepth, numjobs or size, or"
                    + " set VBLK_JAVA_OPTS=-Xmx256m");
            return EXIT_FAILURE;
        } catch (UnsatisfiedLinkError e) {
            System.err.println("vblk: the library for system calls cannot be unpacked and loaded: "
                    + "set TMPDIR to a directory that may be written to and run programs");
            return EXIT_FAILURE;
        } catch (RuntimeException | Error e) {
            System.err.println("vblk: internal error: " + e
                    + (verbose ? "" : "; run again with --verbose and report it"));
            if (verbose) {
                printTrace(e);
            }
            return EXIT_FAILURE;
        }
    }

    private static int fail(Exception e, boolean verbose, int code) {
        System.err.println("vblk: " + e.getMessage());
        if (verbose) {
            printTrace(e);
        }
        return code;
    }

    private static void printTrace(Throwable e) {
        for (StackTraceElement frame : e.getStackTrace()) {
            System.err.println("    at " + frame);
        }
        if (e.getCause() != null) {
            System.err.println("  caused by " + e.getCause());
            printTrace(e.getCause());
        }
    }

    private static int dispatch(String[] arguments) throws UsageException, IOException {
        List<String> words = Arrays.stream(arguments).filter(a -> !a.equals(VERBOSE)).toList();
        if (words.isEmpty()) {
            throw new UsageException("no command: say " + names() + ", or --help");
        }
        String first = words.get(0);
        switch (first) {
            case "--version", "-v":
                System.out.println("vblk " + Version.TEXT);
                return 0;
            case "--help", "-h", "help":
                System.out.print(Help.program(COMMANDS));
                return 0;
            case TRAIN:
                return Training.run();
            case RegressLoad.COMMAND:
                return RegressLoad.work();
            default:
                return runCommand(command(first), words.subList(1, words.size()));
        }
    }

    private static Command command(String name) throws UsageException {
        for (Command command : COMMANDS) {
            if (command.name().equals(name)) {
                return command;
            }
        }
        throw new UsageException("unknown command '" + name + "': say " + names()
                + ", or --help");
    }

    private static String names() {
        List<String> names = COMMANDS.stream().map(Command::name).toList();
        int last = names.size() - 1;
        return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }

    private static int runCommand(Command command, List<String> words)
            throws UsageException, IOException {
        if (words.contains("--help") || words.contains("-h")) {
            System.out.print(Help.command(command));
            return 0;
        }
        DefaultParser parser =
                DefaultParser.builder().setAllowPartialMatching(false)
                        .setStripLeadingAndTrailingQuotes(false).get();
        Options options = command.options();
        CommandLine line;
        try {
            line = parser.parse(options, CommonOptions.completeToggles(options, words));
        } catch (UnrecognizedOptionException e) {
            throw new UsageException(command.name() + ": " + command.unknown(e.getOption())
                    + "; see vblk " + command.name() + " --help");
        } catch (MissingArgumentException e) {
            throw new UsageException(command.name() + ": option " + e.getOption().getLongOpt()
                    + " needs a value; see vblk " + command.name() + " --help");
        } catch (ParseException e) {
            throw new UsageException(
                    command.name() + ": " + e.getMessage() + "; see vblk " + command.name()
                            + " --help");
        }
        command.checkArguments(line);
        return command.run(line);
    }
}
