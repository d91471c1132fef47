// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.CommonOptions.text;

import io.vblk.aio.PollingOptions;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;

/**
 * Options of a device that are right, and have no effect beside the others that were given.
 * Thread: main.
 */
final class IdleOptions {
    private final CommandLine line;
    private final List<String> lines = new ArrayList<>();

    private IdleOptions(CommandLine line) {
        this.line = line;
    }

    /** Says so on stderr, in a line for each. */
    static void warn(CommandLine line, String target) {
        find(line, target).forEach(text -> System.err.println("vblk: " + text));
    }

    /** A line for each of them. */
    static List<String> find(CommandLine line, String target) {
        IdleOptions idle = new IdleOptions(line);
        String format = text(line, "format", "");
        boolean noFile = format.isEmpty()
                ? target.startsWith("null:") || target.startsWith("memory:")
                : !format.equals("raw");
        if (noFile) {
            // Not --aio: whoever runs the same load on several disks names it for all of them.
            idle.say("a disk that is no file", "thread-pool-min", "thread-pool-max",
                    "fixed-buffers", "cache", "discard", "detect-zeroes");
        } else if (text(line, "aio", "").equals("sync")) {
            idle.say("--aio=sync", "aio-max-batch", "thread-pool-min", "thread-pool-max");
        }
        if (text(line, "poll-max-ns", "").equals("0")) {
            idle.say("--poll-max-ns=0", "poll-grow", "poll-shrink", "poll-weight", "poll-policy");
        } else if (!text(line, "poll-policy", PollingOptions.POLICY_DEFAULT.toString())
                .equals("weighted")) {
            idle.say("--poll-policy=" + text(line, "poll-policy", ""), "poll-weight");
        }
        if (text(line, "delay-us", "0").equals("0")) {
            idle.say("no --delay-us", "delay-seed");
        }
        if (text(line, "call-delay-us", "0").equals("0")) {
            idle.say("no --call-delay-us", "call-batch-max");
        }
        if (!line.hasOption("rate_iops")) {
            idle.say("no --rate_iops", "rate_process");
        }
        if (line.hasOption("read-only")) {
            idle.say("--read-only", "discard", "detect-zeroes");
        }
        return idle.lines;
    }

    private void say(String beside, String... names) {
        for (String name : names) {
            if (line.hasOption(name)) {
                lines.add("--" + name + " has no effect with " + beside);
            }
        }
    }
}
