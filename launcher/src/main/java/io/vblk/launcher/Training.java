// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.ParseException;

/**
 * What the commands load when they start: a short load, and a server with a front-end that asks one
 * question. launcher/bin/vblk makes the archive of classes from it. Thread: main.
 */
final class Training {
    private static final String[] LOAD = {"bench", "memory:1M", "--rw=randrw", "--time_based",
        "--runtime=1", "--output-format=json"};
    /** A vhost-user message without payload: request GET_FEATURES, flags version 1, size 0. */
    private static final int[] GET_FEATURES = {1, 1, 0};
    private static final int REPLY_BYTES = 20;

    private Training() {}

    /** Runs it all; returns the exit code. */
    static int run() throws UsageException, IOException {
        int code = Main.run(LOAD);
        Path directory = Files.createTempDirectory("vblk");
        try {
            serve(directory.resolve("train.sock"));
        } finally {
            Files.delete(directory);
        }
        return code;
    }

    private static void serve(Path socket) throws UsageException, IOException {
        CommandLine line;
        try {
            line = new DefaultParser().parse(new ServeCommand().options(),
                    new String[] {"memory:1M", "--socket-path=" + socket});
        } catch (ParseException e) {
            throw new IllegalStateException(e);
        }
        List<IothreadSpec> iothreads = IothreadSpec.all(DeviceOptions.loop(line));
        DiskSpec disk = SocketOptions.disk(line, DeviceOptions.loop(line));
        try (DiskServer server = DiskServer.open(iothreads, List.of(disk));
                SocketChannel frontEnd = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer message = ByteBuffer.allocate(REPLY_BYTES).order(ByteOrder.nativeOrder());
            for (int word : GET_FEATURES) {
                message.putInt(word);
            }
            frontEnd.write(message.flip());
            message.clear();
            while (message.hasRemaining() && frontEnd.read(message) >= 0) {
                continue;
            }
            server.stop();
            server.run();
        }
    }
}
