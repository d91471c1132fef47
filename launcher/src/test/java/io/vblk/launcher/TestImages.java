// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Images for tests: a user's own with seeded data, and the bundled ones. */
final class TestImages {
    /**
     * A bundled image as the MANIFEST has it.
     *
     * @param path of the file
     * @param bytes size
     * @param sha256 of its content
     */
    record Bundled(Path path, long bytes, String sha256) {
        void assertUnchanged() throws IOException {
            assertEquals(bytes, Files.size(path), path.toString());
            assertEquals(sha256, TestImages.sha256(path), path.toString());
        }

        @Override
        public String toString() {
            return path.getFileName().toString();
        }
    }

    private TestImages() {}

    /** A user's image with data in it. */
    static Path user(Path directory, String name, int bytes) throws IOException {
        byte[] data = new byte[bytes];
        new Random(bytes).nextBytes(data);
        return Files.write(directory.resolve(name), data);
    }

    static List<Bundled> bundled() throws IOException {
        Path directory = SourceTree.root().resolve("disk-images");
        List<Bundled> images = Files.readAllLines(directory.resolve("MANIFEST")).stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .map(line -> line.split(" "))
                .map(f -> new Bundled(directory.resolve(f[0]), Long.parseLong(f[1]), f[3]))
                .toList();
        assertFalse(images.isEmpty(), "no bundled images");
        return images;
    }

    static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
