// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.image.DetectZeroes;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may write to what. */
final class ImageAccessTest {
    private static final String HEAD = "# vblk disk images: name size format sha256 made-by\n";

    @TempDir
    private Path directory;
    private Path image;

    @BeforeEach
    void makeImage() throws IOException {
        image = TestImages.user(directory, "disk.raw", 4096);
    }

    private void manifest(String text) throws IOException {
        Files.writeString(directory.resolve("MANIFEST"), text);
    }

    private static ImageSpec forLoad(Path target, boolean writes, String... options)
            throws Exception {
        return forLoad(target.toString(), writes, options);
    }

    private static ImageSpec forLoad(String target, boolean writes, String... options)
            throws Exception {
        String[] words =
                Stream.concat(Stream.of(target), Stream.of(options)).toArray(String[]::new);
        CommandLine line = new DefaultParser().parse(new BenchCommand().options(), words);
        return ImageAccess.forLoad(line, line.getArgList().get(0), writes);
    }

    // ------------------------------------------------------------------ what is bundled

    @Test
    void imagesOfOurManifestAreBundled() throws IOException {
        manifest(HEAD + "# more\nother.raw 1 raw 0 x\ndisk.raw 4096 raw 0 x\n");

        assertTrue(ImageAccess.isBundled(image));
    }

    @Test
    void allBundledImagesAreRecognised() throws IOException {
        for (TestImages.Bundled bundled : TestImages.bundled()) {
            assertTrue(ImageAccess.isBundled(bundled.path()), bundled.toString());
        }
    }

    @Test
    void imagesWithoutManifestAreNot() {
        assertFalse(ImageAccess.isBundled(image));
        assertFalse(ImageAccess.isBundled(directory.resolve("missing.raw")));
        assertFalse(ImageAccess.isBundled(directory));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "disk.raw 4096 raw 0 x\n", "# images\ndisk.raw 4096 raw 0 x\n",
        "\n# vblk disk images: name\ndisk.raw 4096 raw 0 x\n"})
    void manifestsOfOthersDoNotCount(String text) throws IOException {
        manifest(text);

        assertFalse(ImageAccess.isBundled(image));
    }

    @ParameterizedTest
    @ValueSource(strings = {"other.raw 1 raw 0 x\n", "disk.raw.old 1 raw 0 x\n",
        "my-disk.raw 1 raw 0 x\n", "# disk.raw 1 raw 0 x\n", "DISK.RAW 1 raw 0 x\n"})
    void imagesThatAreNotListedAreNot(String line) throws IOException {
        manifest(HEAD + line);

        assertFalse(ImageAccess.isBundled(image));
    }

    @Test
    void unreadableManifestsDoNotCount() throws IOException {
        Path manifest = directory.resolve("MANIFEST");
        Files.write(manifest, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertFalse(ImageAccess.isBundled(image));

        Files.delete(manifest);
        Files.createDirectory(manifest);
        assertFalse(ImageAccess.isBundled(image));
    }

    @Test
    void linksCountForWhatTheyLeadTo() throws IOException {
        manifest(HEAD + "disk.raw 4096 raw 0 x\nlink.raw 4096 raw 0 x\n");
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path own = TestImages.user(elsewhere, "own.raw", 4096);

        Path toBundled = Files.createSymbolicLink(elsewhere.resolve("a.raw"), image);
        assertTrue(ImageAccess.isBundled(toBundled));

        Path listedButOwn = Files.createSymbolicLink(directory.resolve("link.raw"), own);
        assertFalse(ImageAccess.isBundled(listedButOwn));
    }

    // ------------------------------------------------------------------ who may write

    @Test
    void loadsThatReadOpenReadOnly() throws Exception {
        ImageSpec spec = forLoad(image, false);

        assertTrue(spec.readOnly());
        assertFalse(spec.throwAwayCopy());
        assertTrue(forLoad(image, false, "--allow-write").readOnly());
    }

    @Test
    void loadsThatWriteNeedLeave() throws Exception {
        assertThrows(UsageException.class, () -> forLoad(image, true));
        assertThrows(UsageException.class, () -> forLoad(image, true, "--format=raw"));

        ImageSpec spec = forLoad(image, true, "--allow-write");
        assertFalse(spec.readOnly());
        assertFalse(spec.throwAwayCopy());
    }

    @Test
    void bundledImagesAreCopiedWhateverIsAllowed() throws Exception {
        manifest(HEAD + "disk.raw 4096 raw 0 x\n");

        for (ImageSpec spec : List.of(
                forLoad(image, true), forLoad(image, true, "--allow-write"))) {
            assertFalse(spec.readOnly());
            assertTrue(spec.throwAwayCopy());
        }
        assertTrue(forLoad(image, false).readOnly());
    }

    @Test
    void disksWithoutFileNeedNoLeave() throws Exception {
        assertFalse(forLoad("null:1M", true).readOnly());
        assertFalse(forLoad("memory:1M", true).readOnly());
        assertEquals(ImageFormat.NULL, forLoad("null:1M", true, "--format=null").format());
    }

    @Test
    void filesNamedLikeDisksWithoutFileNeedLeave() throws Exception {
        Path named = TestImages.user(directory, "null:1M", 4096);

        assertThrows(UsageException.class, () -> forLoad(named, true));
        assertThrows(UsageException.class,
                () -> forLoad(named.getParent() + "/./null:1M", true, "--format=raw"));
    }

    @Test
    void whatIsNotThereIsNeverOpenedForWriting() throws Exception {
        assertTrue(forLoad(directory.resolve("missing.raw"), true).readOnly());
        assertFalse(forLoad(directory.resolve("missing.raw"), true, "--allow-write").readOnly());
    }

    @Test
    void readOnlyContradictsWriting() {
        assertThrows(UsageException.class,
                () -> forLoad(image, true, "--allow-write", "--read-only"));
        assertThrows(UsageException.class, () -> forLoad("memory:1M", true, "--read-only"));
    }

    // ------------------------------------------------------------------ storage

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--format=raw                                    | false | OFF",
        "--discard=unmap                                 | false | OFF",
        "--discard=ignore                                | true  | OFF",
        "--discard=ignore --detect-zeroes=on             | true  | ON",
        "--detect-zeroes=unmap                           | false | UNMAP",
        "--discard=ignore --discard=unmap --detect-zeroes=unmap | false | UNMAP"})
    void storageIsGivenBackUnlessToldOtherwise(
            String options, boolean keepsStorage, DetectZeroes zeroes) throws Exception {
        ImageSpec load = forLoad(image, false, options.split(" "));
        assertEquals(keepsStorage, load.keepsStorage());
        assertEquals(zeroes, load.detectZeroes());
        String[] words = ("--socket-path=s " + options).split(" ");
        CommandLine line = new DefaultParser().parse(new ServeCommand().options(), words);
        ImageSpec served = ImageAccess.forGuests(line, image.toString());
        assertEquals(keepsStorage, served.keepsStorage());
        assertEquals(zeroes, served.detectZeroes());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--discard=never                          | discard=never is none of ignore, unmap",
        "--detect-zeroes=yes                      | detect-zeroes=yes is none of off, on, unmap",
        "--detect-zeroes=unmap --discard=ignore   | say discard=unmap, or detect-zeroes=on"})
    void wrongWordsForStorageAreRefusedInOneLine(String options, String message) {
        Exception e = assertThrows(
                Exception.class, () -> forLoad(image, false, options.split(" ")));
        assertTrue(e instanceof UsageException || e instanceof IllegalArgumentException,
                e::toString);
        assertTrue(e.getMessage().endsWith(message), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }
}
