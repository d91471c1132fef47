// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.control.ControlConnection;
import io.vblk.control.ControlException;
import io.vblk.control.ControlText;
import io.vblk.control.ControlWatch;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** ctl: what an operator says to a running server, and what it answers. */
final class CtlCommand implements Command {
    private static final String WATCH = "watch";
    /** Cursor to the upper left corner, and everything away (ECMA-48). */
    private static final String CLEAR = "\033[H\033[J";
    private static final int STDOUT = 1;
    private static final String LIST = "query-commands";
    private static final String TIMEOUT_DEFAULT = "10";
    private static final Pattern WHOLE = Pattern.compile("-?\\d{1,18}");

    @Override
    public String name() {
        return "ctl";
    }

    @Override
    public String synopsis() {
        return "SOCKET [COMMAND [NAME=VALUE]...] [OPTION]...";
    }

    @Override
    public String summary() {
        return "Look at a running server, or change it, through its --control socket";
    }

    @Override
    public Options options() {
        Options options = new Options();
        options.addOption(CommonOptions.value("output-format", "FORMAT",
                "normal or json, the reply as it came; default: normal"));
        options.addOption(Option.builder().longOpt(WATCH).hasArg().optionalArg(true)
                .argName("TIME").desc("show rates and latencies again and again, each time since "
                        + "the last; default: every second").get());
        options.addOption(CommonOptions.value("count", "N", "end after so many views"));
        options.addOption(CommonOptions.value("timeout", "TIME",
                "longest wait for an answer: seconds, or with us, ms, m, h; default: "
                        + TIMEOUT_DEFAULT));
        return options;
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        if (line.getArgList().isEmpty() || line.getArgList().get(0).isEmpty()) {
            throw new UsageException("ctl takes the control socket of a server: vblk ctl "
                    + synopsis());
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        boolean json = isJson(line);
        long timeoutNs = time(line, "timeout", TIMEOUT_DEFAULT);
        List<String> words = line.getArgList();
        if (line.hasOption(WATCH)) {
            return watch(line, json, timeoutNs);
        }
        if (line.hasOption("count")) {
            throw new UsageException("--count is for --" + WATCH);
        }
        String command = words.size() > 1 ? words.get(1) : LIST;
        Map<String, Object> arguments =
                arguments(words.subList(Math.min(2, words.size()), words.size()));
        String reply;
        try (ControlConnection connection = ControlConnection.open(words.get(0), timeoutNs)) {
            reply = connection.call(command, arguments);
        }
        if (json) {
            System.out.println(reply);
            return ControlText.isError(reply) ? Main.EXIT_FAILURE : 0;
        }
        try {
            System.out.print(ControlText.of(command, reply));
            return 0;
        } catch (ControlException e) {
            throw new IOException(command + ": " + e.getMessage(), e);
        }
    }

    private static boolean isJson(CommandLine line) throws UsageException {
        String format = CommonOptions.text(line, "output-format", "normal");
        return switch (format) {
            case "normal" -> false;
            case "json" -> true;
            default -> throw new UsageException(
                    "output-format=" + format + " is none of normal, json");
        };
    }

    private static long time(CommandLine line, String name, String fallback)
            throws UsageException {
        try {
            long ns = Durations.parseNs(CommonOptions.text(line, name, fallback));
            if (ns > 0) {
                return ns;
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
        throw new UsageException(name + " must be more than 0");
    }

    private static int watch(CommandLine line, boolean json, long timeoutNs)
            throws UsageException, IOException {
        if (json || line.getArgList().size() > 1) {
            throw new UsageException("--" + WATCH + " goes without a command and without json");
        }
        long intervalNs = time(line, WATCH, "1");
        int views = CommonOptions.integer(line, "count", Integer.MAX_VALUE);
        if (views < 1) {
            throw new UsageException("count must be at least 1, not " + views);
        }
        CountDownLatch stop = new CountDownLatch(1);
        Termination.handle().stops(stop::countDown);
        boolean terminal = Posix.isTerminal(STDOUT);
        try (ControlConnection connection =
                ControlConnection.open(line.getArgList().get(0), timeoutNs)) {
            ControlWatch watch = new ControlWatch(connection);
            for (int i = 0; i < views; i++) {
                if (stop.await(intervalNs, TimeUnit.NANOSECONDS)) {
                    break;
                }
                System.out.print((terminal ? CLEAR : i > 0 ? "\n" : "") + watch.look());
                System.out.flush();
            }
            return 0;
        } catch (ControlException e) {
            throw new IOException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Words such as disk=a, size=2G or enable=on, as JSON has them: numbers and truth values. */
    static Map<String, Object> arguments(List<String> words) throws UsageException {
        Map<String, Object> arguments = new LinkedHashMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals <= 0) {
                throw new UsageException(
                        "ctl: '" + word + "' is no argument such as disk=NAME");
            }
            Object old = arguments.put(
                    word.substring(0, equals), value(word.substring(equals + 1)));
            if (old != null) {
                throw new UsageException(
                        "ctl: " + word.substring(0, equals) + " stands there twice");
            }
        }
        return arguments;
    }

    private static Object value(String text) {
        return switch (text) {
            case "true", "on" -> Boolean.TRUE;
            case "false", "off" -> Boolean.FALSE;
            default -> WHOLE.matcher(text).matches() ? (Object) Long.valueOf(text) : text;
        };
    }
}
