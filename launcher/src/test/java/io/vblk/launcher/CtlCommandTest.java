// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vblk.posix.UnixSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What people get wrong, and servers that are none. */
@Timeout(60)
class CtlCommandTest {
    @TempDir
    Path directory;

    @Test
    void wordsBecomeWhatJsonHas() throws Exception {
        assertEquals(Map.of("disk", "a=b", "size", "2G", "poll-max-ns", 0L, "reset", true,
                        "enable", false, "n", -5L, "long", "99999999999999999999"),
                CtlCommand.arguments(List.of("disk=a=b", "size=2G", "poll-max-ns=0", "reset=on",
                        "enable=false", "n=-5", "long=99999999999999999999")));
        assertThrows(UsageException.class, () -> CtlCommand.arguments(List.of("disk")));
        assertThrows(UsageException.class, () -> CtlCommand.arguments(List.of("=x")));
        assertThrows(UsageException.class, () -> CtlCommand.arguments(List.of("a=1", "a=2")));
    }

    @Test
    void commandLinesThatMakeNoSense() {
        VblkRun.of("ctl").failed(2, "control socket");
        VblkRun.of("ctl", "").failed(2, "control socket");
        VblkRun.of("ctl", "x", "hold", "disk").failed(2, "'disk'", "disk=NAME");
        VblkRun.of("ctl", "x", "--output-format=xml").failed(2, "xml", "json");
        VblkRun.of("ctl", "x", "--timeout=0").failed(2, "timeout");
        VblkRun.of("ctl", "x", "--timeout=soon").failed(2, "timeout");
        VblkRun.of("ctl", "x", "--count=2").failed(2, "--count is for --watch");
        VblkRun.of("ctl", "x", "--watch=0").failed(2, "watch must be more than 0");
        VblkRun.of("ctl", "x", "--watch", "--count=0").failed(2, "count must be at least 1");
        VblkRun.of("ctl", "x", "hold", "--watch").failed(2, "--watch goes without a command");
        VblkRun.of("serve", "null:1M", "--control=x", "--runtime=1").failed(2, "--control",
                "--socket-path");
    }

    @Test
    void nobodyThatAnswers() throws Exception {
        String gone = directory.resolve("gone").toString();
        VblkRun.of("ctl", gone).failed(1, gone, "no server answers");
        String file = directory.resolve("file").toString();
        Files.writeString(Path.of(file), "x");
        VblkRun.of("ctl", file).failed(1, file, "no server answers");
        VblkRun.of("ctl", directory + "/" + "x".repeat(200)).failed(1, "no server answers");
        String mute = directory.resolve("mute").toString();
        UnixSocket socket = UnixSocket.listen(mute);
        try {
            VblkRun.of("ctl", mute, "--timeout=50ms").failed(1, mute, "does not answer");
        } finally {
            socket.close();
        }
    }
}
