// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMU's programs and we keep out of each other's images. */
class QemuLockInteropTest {
    @TempDir
    Path directory;

    private Path path;

    @BeforeEach
    void makeImage() throws IOException {
        Tool.require("qemu-io", "qemu-utils");
        Tool.require("qemu-img", "qemu-utils");
        path = TestImages.sparse(directory, "disk.raw", 1 << 20);
    }

    /** A qemu-io that has the image open until closed. */
    private final class QemuIo implements AutoCloseable {
        private final Process process;

        QemuIo(String... options) throws IOException {
            String[] command = new String[options.length + 4];
            command[0] = "qemu-io";
            System.arraycopy(options, 0, command, 1, options.length);
            command[options.length + 1] = "-f";
            command[options.length + 2] = "raw";
            command[options.length + 3] = path.toString();
            process = Tool.builder(command).start();
            process.getOutputStream().write("read 0 512\n".getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
            BufferedReader reader = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String line = reader.readLine();
            while (line != null && !line.contains("read 512/512 bytes")) {
                line = reader.readLine();
            }
            assertTrue(line != null, "qemu-io did not open the image");
        }

        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            process.onExit().join();
        }

        boolean isAlive() {
            return process.isAlive();
        }
    }

    private void assertRefused(ImageSpec spec) {
        String message =
                assertThrows(ImageException.class, () -> Images.open(spec)).getMessage();
        assertTrue(message.contains("in use by another process (lock on byte"), message);
    }

    private static void assertLockRefused(Tool.Result result) {
        assertEquals(1, result.exitCode(), result.output());
        assertTrue(result.output().contains("Failed to get"), result.output());
        assertTrue(result.output().contains("lock"), result.output());
    }

    @Test
    void weStayAwayFromAnImageThatQemuWrites() throws Exception {
        try (QemuIo writer = new QemuIo()) {
            assertRefused(TestImages.writable(path, null));
            assertRefused(TestImages.readOnly(path, null));
            assertRefused(TestImages.copy(path, null));
            assertTrue(writer.isAlive());
        }
        Images.open(TestImages.writable(path, null)).close();
    }

    @Test
    void weReadBesideAQemuThatReads() throws Exception {
        try (QemuIo reader = new QemuIo("-r")) {
            Images.open(TestImages.readOnly(path, null)).close();
            Images.open(TestImages.copy(path, null)).close();
            assertTrue(reader.isAlive());
        }
    }

    @Test
    void qemuStaysAwayFromAnImageThatWeWrite() throws Exception {
        String image = path.toString();
        try (OpenImage ours = Images.open(TestImages.writable(path, null))) {
            assertLockRefused(Tool.run("qemu-io", "-f", "raw", "-c", "write 0 512", image));
            assertLockRefused(Tool.run("qemu-img", "resize", "-f", "raw", image, "2M"));
            assertLockRefused(Tool.run("qemu-img", "bench", "-w", "-f", "raw", image));
            String copy = directory.resolve("copy.raw").toString();
            String[] convert = {"qemu-img", "convert", "-f", "raw", "-O", "raw", image, copy};
            assertLockRefused(Tool.run(convert));
            // Of a raw image, info reads nothing that a writer could change.
            Tool.Result info = Tool.run("qemu-img", "info", "-f", "raw", image);
            assertEquals(0, info.exitCode(), info.output());
            assertEquals("100,101,201", ours.facts().locks());
        }
        Tool.Result after = Tool.run("qemu-io", "-f", "raw", "-c", "write 0 512", image);
        assertEquals(0, after.exitCode(), after.output());
    }

    @Test
    void qemuMayReadButNotWriteAnImageThatWeRead() throws Exception {
        String image = path.toString();
        try (OpenImage ours = Images.open(TestImages.readOnly(path, null))) {
            Tool.Result info = Tool.run("qemu-img", "info", "-f", "raw", image);
            assertEquals(0, info.exitCode(), info.output());
            assertLockRefused(Tool.run("qemu-io", "-f", "raw", "-c", "write 0 512", image));
            assertEquals("100,201", ours.facts().locks());
        }
    }

    @Test
    void aCopyOfOursIsNobodysBusiness() throws Exception {
        try (OpenImage ours = Images.open(TestImages.copy(path, null))) {
            Tool.Result write =
                    Tool.run("qemu-io", "-f", "raw", "-c", "write 0 512", path.toString());
            assertEquals(0, write.exitCode(), write.output());
            assertEquals(1 << 20, ours.limits().capacityBytes());
        }
    }
}
