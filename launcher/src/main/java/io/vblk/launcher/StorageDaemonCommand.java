// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static io.vblk.launcher.CommonOptions.flag;
import static io.vblk.launcher.CommonOptions.value;

import io.vblk.bench.Version;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** storage-daemon: disks on sockets, by the command line of qemu-storage-daemon. */
final class StorageDaemonCommand implements Command {
    /** What qemu-storage-daemon has and this has not, and why or what to do. */
    private static final Map<String, String> REFUSED = new LinkedHashMap<>();

    static {
        REFUSED.put("chardev", "there are no character devices");
        REFUSED.put("monitor", "there is no QMP, but --control=SOCKET and vblk ctl");
        REFUSED.put("nbd-server", "there is no NBD server");
        REFUSED.put("trace", "use Java Flight Recorder, VBLK_JAVA_OPTS=-XX:StartFlightRecording");
    }

    @Override
    public String name() {
        return "storage-daemon";
    }

    @Override
    public String synopsis() {
        return "--blockdev ... --export ... [OPTION]...";
    }

    @Override
    public String summary() {
        return "Serve disks to virtual machines, with qemu-storage-daemon's command line";
    }

    @Override
    public Options options() {
        Options options = new Options();
        options.addOption(value("object", "iothread,id=ID[,...]",
                "an event loop, with poll-max-ns, poll-grow, poll-shrink, poll-weight, "
                        + "aio-max-batch, thread-pool-min and thread-pool-max"));
        options.addOption(value("blockdev", "[driver=]DRIVER,node-name=NODE[,...]",
                "a disk: driver file or host_device with filename, null-co with size, or raw "
                        + "with file"));
        options.addOption(value("export", "[type=]vhost-user-blk,id=ID,node-name=NODE[,...]",
                "a socket for that disk, addr.type=unix,addr.path=PATH or "
                        + "addr.type=fd,addr.str=N; with writable, logical-block-size, "
                        + "num-queues, queue-size, seg-max, serial and iothread"));
        options.addOption(value("pidfile", "PATH",
                "write the process's id there once all is served; removed at the end"));
        options.addOption(ControlSocket.option());
        options.addOption(flag("daemonize", "refused: the caller puts it into the background"));
        REFUSED.forEach((name, why) -> options.addOption(
                Option.builder(name.equals("trace") ? "T" : null).longOpt(name).hasArg()
                        .argName("...").desc("refused: " + why).get()));
        options.addOption(Option.builder("V").longOpt("version")
                .desc("version of this program").get());
        return options;
    }

    @Override
    public boolean logsForOperators(List<String> words) {
        return true;
    }

    @Override
    public void checkArguments(CommandLine line) throws UsageException {
        if (!line.getArgList().isEmpty()) {
            throw new UsageException("storage-daemon: unexpected word '" + line.getArgList().get(0)
                    + "'; see vblk storage-daemon --help");
        }
    }

    @Override
    public int run(CommandLine line) throws UsageException, IOException {
        if (line.hasOption("version")) {
            System.out.println("vblk " + Version.TEXT);
            return 0;
        }
        for (Map.Entry<String, String> option : REFUSED.entrySet()) {
            if (line.hasOption(option.getKey())) {
                throw new UsageException("--" + option.getKey() + ": " + option.getValue());
            }
        }
        if (line.hasOption("daemonize")) {
            throw new UsageException("--daemonize: a Java process cannot go into the background by"
                    + " itself: start it with '&', setsid, or as a systemd unit");
        }
        StorageDaemonSetup setup = StorageDaemonSetup.parse(
                values(line, "object"), values(line, "blockdev"), values(line, "export"));
        setup.warnings().forEach(warning -> System.err.println("vblk: " + warning));
        List<DiskSpec> disks = ControlSocket.prepare(line, setup.disks());
        try (DiskServer server = DiskServer.open(setup.iothreads(), disks)) {
            server.openControl(line);
            serve(server, setup, line.getOptionValue("pidfile"));
        }
        return 0;
    }

    private static List<String> values(CommandLine line, String name) {
        String[] values = line.getOptionValues(name);
        return values == null ? List.of() : Arrays.asList(values);
    }

    private static void serve(DiskServer server, StorageDaemonSetup setup, String pidfile)
            throws IOException {
        Logger log = LoggerFactory.getLogger(StorageDaemonCommand.class);
        PidFile file = pidfile == null ? null : PidFile.write(pidfile);
        try {
            for (DiskSpec disk : setup.disks()) {
                log.info("{}: serving {} on {}", disk.name(), disk.image().target(),
                        disk.socket());
            }
            server.run();
        } finally {
            if (file != null) {
                file.close();
            }
        }
    }
}
