// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.RingSetup;
import io.vblk.bench.VhostUserSetup;
import io.vblk.fio.JobSpec;
import java.util.List;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** A back-end in another process in the place of an image: vhost-user:SOCKET. Thread: main. */
final class BackendTarget {
    private static final String PREFIX = "vhost-user:";
    /** Options that stand with those of a device, and are the front-end's over vhost-user. */
    private static final Set<String> OF_GUESTS = Set.of("queue-size");
    private static final RingSetup NOTHING = new RingSetup(false, false, false, false);

    private BackendTarget() {}

    /** Whether a target is one; a file of such a name is had as ./NAME. */
    static boolean isName(String target) {
        return target.startsWith(PREFIX);
    }

    /** Whether a command line names one. */
    static boolean isNamed(CommandLine line) {
        return !line.getArgList().isEmpty() && isName(line.getArgList().get(0))
                && !line.hasOption("format");
    }

    /** The path of its socket. */
    static String path(CommandLine line) throws UsageException {
        String path = line.getArgList().get(0).substring(PREFIX.length());
        if (path.isEmpty()) {
            throw new UsageException(
                    "vhost-user: needs the path of a socket, such as vhost-user:disk.sock");
        }
        return path;
    }

    /** Refuses it for a command that serves an image. */
    static void refuse(CommandLine line) throws UsageException {
        if (isNamed(line)) {
            throw new UsageException(line.getArgList().get(0)
                    + " is a back-end, not an image: only bench and info take it");
        }
    }

    /** What the options describe. */
    static VhostUserSetup setup(CommandLine line, List<JobSpec> jobs) throws UsageException {
        String path = path(line);
        for (Option option : DeviceOptions.ofOwnDevice().getOptions()) {
            if (!OF_GUESTS.contains(option.getLongOpt())) {
                refuseOption(line, option.getLongOpt());
            }
        }
        if (jobs.stream().anyMatch(JobSpec::changesDisk) && !line.hasOption("allow-write")) {
            throw new UsageException("this load would overwrite " + line.getArgList().get(0)
                    + ": add --allow-write if its data may be destroyed");
        }
        int queueSize = CommonOptions.integer(line, "queue-size", 0);
        if (queueSize == 0 && line.hasOption("queue-size")) {
            throw new UsageException("queue-size must not be 0");
        }
        return new VhostUserSetup(path, queueSize,
                DeviceOptions.ring(line, RingSetup.DEFAULT),
                DeviceOptions.ring(line, NOTHING).features());
    }

    private static void refuseOption(CommandLine line, String name) throws UsageException {
        if (line.hasOption(name)) {
            throw new UsageException("--" + name + " is about a device in this process: leave it"
                    + " out with " + line.getArgList().get(0));
        }
    }
}
