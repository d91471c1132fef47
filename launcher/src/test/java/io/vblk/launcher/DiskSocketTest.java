// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.posix.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sockets at paths: made, replaced, refused and taken away. */
final class DiskSocketTest {
    @TempDir
    private Path directory;

    private Path path;

    @BeforeEach
    void choosePath() {
        path = directory.resolve("d.sock");
    }

    private DiskSocket open() throws IOException {
        return DiskSocket.open(SocketSpec.at(path.toString()));
    }

    private String refusal(SocketSpec spec) {
        return assertThrows(IOException.class, () -> DiskSocket.open(spec)).getMessage();
    }

    private void assertServes() throws IOException {
        UnixSocket.connect(path.toString()).close();
    }

    @Test
    void goesWithItsServer() throws IOException {
        try (DiskSocket socket = open()) {
            assertServes();
            socket.removePath();
            assertFalse(Files.exists(path));
        }
    }

    @Test
    void replacesOneThatNobodyListensOn() throws IOException {
        UnixSocket.listen(path.toString()).close();
        assertTrue(Files.exists(path));

        try (DiskSocket socket = open()) {
            assertServes();
            assertTrue(socket.socket().isListening());
        }
    }

    @Test
    void leavesALiveOneAlone() throws IOException {
        try (DiskSocket first = open()) {
            assertTrue(refusal(SocketSpec.at(path.toString()))
                    .contains("another process serves on this socket"));
            assertServes();
            assertTrue(first.socket().isListening());
        }
    }

    @Test
    void leavesOtherFilesAlone() throws IOException {
        Files.writeString(path, "precious");
        assertTrue(refusal(SocketSpec.at(path.toString())).contains("is not a socket"));
        assertEquals("precious", Files.readString(path));

        Path link = directory.resolve("link");
        Files.createSymbolicLink(link, path);
        assertTrue(refusal(SocketSpec.at(link.toString())).contains("is not a socket"));
    }

    @Test
    void leavesWhatHasTakenItsPlace() throws IOException {
        try (DiskSocket first = open()) {
            Files.delete(path);
            try (DiskSocket second = open()) {
                first.removePath();
                assertServes();
                second.removePath();
                assertFalse(Files.exists(path));
                first.removePath();
            }
        }
    }

    @Test
    void saysWhatIsWrongWithAPath() {
        assertTrue(refusal(SocketSpec.at(directory.resolve("no/d.sock").toString()))
                .contains("directory does not exist"));
        assertTrue(refusal(SocketSpec.at("x".repeat(108))).contains("108 bytes"));
        assertTrue(refusal(SocketSpec.at("")).contains("0 bytes"));
    }

    @Test
    void descriptorsMustBeSockets() throws IOException {
        assertTrue(refusal(new SocketSpec(null, 1_000_000)).contains("is not open"));
        int listening = UnixSocket.listen(path.toString()).fd();
        try (DiskSocket adopted = DiskSocket.open(new SocketSpec(null, listening))) {
            assertTrue(adopted.socket().isListening());
        }
    }

    @Test
    void standardDescriptorsAndWordsAreRefused() {
        for (String number : new String[] {"0", "2", "-1", "x", ""}) {
            assertThrows(UsageException.class, () -> SocketSpec.inherited("fd", number));
        }
    }
}
