// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.block.engine.IoEngineKind;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
    @TempDir
    Path directory;

    @AfterEach
    void nothingStaysOpen() {
        assertEquals(List.of(), OpenFiles.mentioning(directory.toString()));
    }

    /** Opens, expects a refusal in one line that begins with the target, and returns the rest. */
    private static String refusal(ImageSpec spec) {
        ImageException e = assertThrows(ImageException.class, () -> Images.open(spec));
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        String start = spec.target() + ": ";
        assertTrue(e.getMessage().startsWith(start), e.getMessage());
        return e.getMessage().substring(start.length());
    }

    private static String refusal(Path path) {
        String writable = refusal(TestImages.writable(path, null));
        assertEquals(writable, refusal(TestImages.copy(path, null)));
        assertEquals(writable, refusal(TestImages.readOnly(path, null)));
        return writable;
    }

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(directory.resolve(name), bytes);
    }

    @Test
    void missingFile() {
        assertEquals("no such file", refusal(directory.resolve("missing.raw")));
        assertEquals("no such file", refusal(Path.of("")));
    }

    @Test
    void directoryInsteadOfAnImage() {
        assertEquals("is a directory, not a disk image", refusal(directory));
    }

    @Test
    void pathThroughAFile() throws IOException {
        file("file", new byte[512]);
        assertEquals("cannot be opened: Not a directory", refusal(directory.resolve("file/disk")));
    }

    @Test
    void neitherFileNorBlockDevice() throws IOException {
        assertEquals("is neither a file nor a block device", refusal(Path.of("/dev/null")));
        Path socket = directory.resolve("socket");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertEquals("is neither a file nor a block device", refusal(socket));
        }
    }

    @Test
    void pipeDoesNotMakeUsWait() throws Exception {
        Path pipe = directory.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "mkfifo");
        assertEquals("is neither a file nor a block device", refusal(pipe));
    }

    @Test
    void emptyImage() throws IOException {
        Path path = file("empty.raw", new byte[0]);
        assertEquals("is empty: give it a size, such as truncate --size=1G " + path, refusal(path));
    }

    @Test
    void sizeThatIsNoMultipleOf512() throws IOException {
        Path path = file("odd.raw", new byte[65_540]);
        assertEquals("its 65540 bytes are no multiple of 512: round them up with "
                + "truncate --size=%512 " + path, refusal(path));
        assertEquals("its 1 bytes are no multiple of 512: round them up with "
                + "truncate --size=%512 " + file("one.raw", new byte[1]),
                refusal(directory.resolve("one.raw")));
    }

    @Test
    void theHintForOddSizesWorks() throws Exception {
        Path path = file("odd.raw", new byte[513]);
        Process truncate = new ProcessBuilder("truncate", "--size=%512", path.toString()).start();
        assertEquals(0, truncate.waitFor());
        try (OpenImage image = Images.open(TestImages.readOnly(path, null))) {
            assertEquals(1024, image.limits().capacityBytes());
        }
    }

    @Test
    void imageOfAnotherFormat() throws IOException {
        byte[] header = new byte[1024];
        System.arraycopy(FormatProbeTest.latin1("QFI\u00fb\0\0\0\3"), 0, header, 0, 8);
        Path path = file("disk.qcow2", header);
        String refusal = "is a qcow2 image; vblk serves raw images; say --format=raw to serve its "
                + "bytes as they are";
        assertEquals(refusal, refusal(path));
        for (int odd : new int[] {8, 511, 513}) {
            Path oddSize = file("odd" + odd, Arrays.copyOf(header, odd));
            assertEquals(refusal, refusal(oddSize), "whatever its size");
        }
        try (OpenImage image = Images.open(TestImages.writable(path, ImageFormat.RAW))) {
            assertEquals("qcow2", image.facts().probedFormat());
            assertEquals(ImageFormat.RAW, image.format());
        }
    }

    @Test
    void fileThatMayOnlyBeRead() {
        Path path = Path.of("/sys/kernel/notes");
        assumeTrue(Files.isReadable(path), "needs a file that not even root may write: " + path);
        assertEquals("cannot be written (Permission denied): use --read-only, or allow this user "
                + "to write it", refusal(TestImages.writable(path, null)));
    }

    @Test
    void fileThatMayNotBeRead() throws IOException {
        Path path = file("secret.raw", new byte[512]);
        assertTrue(path.toFile().setReadable(false));
        assertTrue(path.toFile().setWritable(false));
        assumeTrue(!Files.isReadable(path), "this user may read everything");
        assertEquals("permission denied: allow this user to read it", refusal(path));
    }

    @Test
    void wordsForEachReasonNotToOpen() {
        assertEquals("d: permission denied: allow this user to read it",
                RawFile.cannotOpen("d", Posix.EACCES, false));
        assertEquals("d: cannot be written (Read-only file system): use --read-only, or allow "
                + "this user to write it", RawFile.cannotOpen("d", Posix.EROFS, true));
        assertEquals("d: in use by this host (mounted, part of a volume, or served already): "
                + "free it, or use --read-only", RawFile.cannotOpen("d", 16, true));
    }

    @Test
    void disksWithoutAFile() throws Exception {
        try (OpenImage image = Images.open(TestImages.named("null:1T"))) {
            assertEquals(ImageFormat.NULL, image.format());
            assertEquals(1L << 40, image.limits().capacityBytes());
            assertNull(image.path());
            assertNull(image.facts());
        }
        try (OpenImage image = Images.open(TestImages.named("memory:64m"))) {
            assertEquals(ImageFormat.MEMORY, image.format());
            assertEquals(64L << 20, image.limits().capacityBytes());
            assertNull(image.path());
            assertNull(image.facts());
        }
    }

    @Test
    void sizesThatAreNone() {
        assertEquals("'' is not a size: write a number with or without k, M, G, T or P, such as "
                + "4k", refusal(TestImages.named("null:")));
        assertEquals("the size must be a multiple of 512 and not 0",
                refusal(TestImages.named("memory:0")));
        assertEquals("the size must be a multiple of 512 and not 0",
                refusal(TestImages.named("null:513")));
        assertTrue(refusal(TestImages.named("memory:1000000T")).endsWith(
                ": ask for a smaller disk"));
    }

    @Test
    void formatsAndTargetsThatDoNotFit() throws IOException {
        ImageSpec spec = new ImageSpec(
                "disk.raw", ImageFormat.NULL, false, false, IoEngineKind.SYNC);
        assertEquals("--format=null takes a size instead of a file, such as null:1G",
                refusal(spec));
        spec = new ImageSpec("null:1G", ImageFormat.RAW, false, false, IoEngineKind.SYNC);
        assertEquals("no such file", refusal(spec), "raw means a file, whatever its name");
    }

    @Test
    void namesOfFormatsAndEngines() {
        for (ImageFormat format : ImageFormat.values()) {
            assertEquals(format, ImageFormat.of(format.toString()));
        }
        for (IoEngineKind kind : IoEngineKind.values()) {
            assertEquals(kind, IoEngineKind.of(kind.toString()));
        }
        Exception e = assertThrows(IllegalArgumentException.class, () -> ImageFormat.of("qcow2"));
        assertEquals("unknown format 'qcow2': use raw, null or memory", e.getMessage());
        e = assertThrows(IllegalArgumentException.class, () -> IoEngineKind.of("SYNC"));
        assertEquals("unknown I/O engine 'SYNC': use auto, io_uring,"
                + " threads or sync", e.getMessage());
    }

    @Test
    void saysWhatItOpened() throws Exception {
        Path path = file("disk.raw", "x".repeat(8192).getBytes(StandardCharsets.US_ASCII));
        try (OpenImage image = Images.open(TestImages.writable(path, null))) {
            assertEquals("raw image " + path, image.description());
            assertEquals(path.toString(), image.path());
            assertEquals("100,101,201", image.facts().locks());
            assertEquals("raw", image.facts().probedFormat());
            assertEquals(8192, image.facts().allocatedBytes());
            assertFalse(image.facts().blockDevice());
        }
        try (OpenImage image = Images.open(TestImages.copy(path, null))) {
            assertEquals("raw image " + path + " (throw-away copy)", image.description());
            assertEquals("100,201", image.facts().locks());
        }
    }
}
