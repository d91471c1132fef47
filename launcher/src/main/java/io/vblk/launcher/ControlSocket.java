// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.control.ControlServer;
import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** --control=SOCKET of a server. Thread: main. */
final class ControlSocket implements AutoCloseable {
    private static final String NAME = "control";

    private final DiskSocket socket;
    private final ControlServer control;

    private ControlSocket(DiskSocket socket, ControlServer control) {
        this.socket = socket;
        this.control = control;
    }

    static Option option() {
        return CommonOptions.value(NAME, "SOCKET",
                "let an operator look at the server and change it through this socket, as vblk "
                        + "ctl does");
    }

    /** The disks as they have to be opened: those of a server under control can be held. */
    static List<DiskSpec> prepare(CommandLine line, List<DiskSpec> disks) {
        return line.hasOption(NAME) ? disks.stream().map(DiskSpec::withHold).toList() : disks;
    }

    /**
     * Makes the socket if there is to be one.
     *
     * @return what to close before the disks are, or null
     * @throws IOException if the host says no, in words for an operator
     */
    static ControlSocket open(CommandLine line, DiskServer server) throws IOException {
        String path = CommonOptions.text(line, NAME, null);
        if (path == null) {
            return null;
        }
        DiskSocket socket = DiskSocket.open(SocketSpec.at(path));
        try {
            return new ControlSocket(
                    socket, ControlServer.open(socket.socket(), new ServerOperator(server)));
        } catch (IOException e) {
            socket.removePath();
            throw e;
        }
    }

    @Override
    public void close() {
        socket.removePath();
        control.close();
    }
}
