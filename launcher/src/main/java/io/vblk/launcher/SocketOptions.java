// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.CommonOptions.flag;
import static io.vblk.launcher.CommonOptions.text;
import static io.vblk.launcher.CommonOptions.value;

import io.vblk.bench.LoopSetup;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** Options of a disk on a socket, named as the vhost-user conventions have them. Thread: main. */
final class SocketOptions {
    /** What only simulated guests can be told. */
    private static final List<String> FOR_SIMULATED = List.of("guests", "rw", "rwmixread", "bs",
            "iodepth", "runtime", "size", "offset", "randseed", "verify", "wait", "packed",
            "indirect", "event-idx");
    /** What only a socket needs. */
    private static final List<String> FOR_SOCKET = List.of("blk-file", "locking", "control");

    private SocketOptions() {}

    static void addTo(Options options) {
        options.addOption(value("socket-path", "PATH",
                "serve virtual machines on a vhost-user socket, made at this path"));
        options.addOption(value("fd", "N",
                "serve them on the socket that this process was given as descriptor N"));
        options.addOption(value("blk-file", "PATH", "the image, instead of IMAGE"));
        options.addOption(value("locking", "MODE",
                "lock the image while a guest uses it: on, off, or auto (where the file system "
                        + "can); default: auto"));
        options.addOption(ControlSocket.option());
        options.addOption(flag("print-capabilities",
                "print what this back-end can do, as JSON for management software"));
    }

    /** Whether these words ask for a socket. */
    static boolean areIn(List<String> words) {
        return words.stream().anyMatch(word -> word.equals("--fd") || word.startsWith("--fd=")
                || word.startsWith("--socket-path"));
    }

    static boolean areIn(CommandLine line) {
        return line.hasOption("socket-path") || line.hasOption("fd");
    }

    /** Refuses what makes no sense with a socket, or without. */
    static void check(CommandLine line) throws UsageException {
        boolean socket = areIn(line);
        for (String name : socket ? FOR_SIMULATED : FOR_SOCKET) {
            if (line.hasOption(name)) {
                throw new UsageException("--" + name + (socket
                        ? " is for simulated guests, not for those on a socket: leave it out"
                        : " is for guests on a socket: add --socket-path or --fd"));
            }
        }
        if (line.hasOption("socket-path") && line.hasOption("fd")) {
            throw new UsageException("--socket-path and --fd exclude each other: choose one");
        }
    }

    /** The disk that the options describe. */
    static DiskSpec disk(CommandLine line, LoopSetup loop) throws UsageException {
        String image = line.hasOption("blk-file")
                ? text(line, "blk-file", "") : line.getArgList().get(0);
        SocketSpec socket = line.hasOption("fd")
                ? SocketSpec.inherited("fd", text(line, "fd", ""))
                : SocketSpec.at(text(line, "socket-path", ""));
        return new DiskSpec(image.substring(image.lastIndexOf('/') + 1),
                ImageAccess.forGuests(line, image),
                DeviceOptions.served(line),
                IntStream.range(0, loop.count()).boxed().toList(), socket);
    }
}
