// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** info: what an image is and what the host can do for it. */
final class InfoCommandTest {
    @TempDir
    private Path directory;

    static Stream<TestImages.Bundled> bundledImages() throws IOException {
        return TestImages.bundled().stream();
    }

    private static Map<String, String> info(String... arguments) {
        String[] words = Stream.concat(Stream.of("info"), Stream.of(arguments))
                .toArray(String[]::new);
        Map<String, String> rows = new LinkedHashMap<>();
        for (String line : VblkRun.of(words).succeeded().out().lines().toList()) {
            int colon = line.indexOf(':');
            assertTrue(colon > 0, line);
            String before = rows.put(line.substring(0, colon), line.substring(colon + 1).strip());
            assertEquals(null, before, line);
        }
        return rows;
    }

    @ParameterizedTest
    @MethodSource("bundledImages")
    void describesBundledImages(TestImages.Bundled image) throws IOException {
        Map<String, String> rows = info(image.path().toString());

        assertEquals(image.path().toString(), rows.get("image"));
        assertEquals("raw", rows.get("format"));
        assertTrue(rows.get("size").startsWith(image.bytes() + " bytes ("), rows.get("size"));
        assertTrue(rows.get("size").endsWith(image.bytes() / 512 + " sectors of 512"));
        assertTrue(rows.get("block size").startsWith("logical 512, "), rows.get("block size"));
        assertEquals("raw", rows.get("looks like"));
        assertFalse(rows.get("O_DIRECT").isEmpty());
        assertFalse(rows.get("locks").isEmpty());
        image.assertUnchanged();
    }

    @Test
    void saysWhatTheHostCanDo() throws IOException {
        Map<String, String> rows = info(
                TestImages.user(directory, "disk.raw", 4096).toString());

        assertTrue(rows.get("io_uring").matches("the host has it .*|no: .+"), rows.get("io_uring"));
        assertTrue(rows.keySet().stream().anyMatch(name -> name.contains("punch")), rows::toString);
    }

    @Test
    void describesDisksWithoutFile() {
        Map<String, String> memory = info("memory:3M");
        assertEquals("memory", memory.get("format"));
        assertTrue(memory.get("size").startsWith("3145728 bytes"));
        assertFalse(memory.containsKey("O_DIRECT"));

        Map<String, String> none = info("null:2T");
        assertEquals("null", none.get("format"));
        assertTrue(none.get("size").startsWith("2199023255552 bytes"));
    }

    @Test
    void foreignFormatsCanBeLookedAtAsRaw() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", 4096);
        byte[] content = Files.readAllBytes(image);
        System.arraycopy(new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 2}, 0, content, 0, 8);
        Files.write(image, content);

        Map<String, String> rows = info(image.toString(), "--format=raw");
        assertEquals("raw", rows.get("format"));
        assertEquals("qcow2", rows.get("looks like"));
    }

    @Test
    void changesNothing() throws IOException {
        Path image = TestImages.user(directory, "disk.raw", 4096);
        String before = TestImages.sha256(image);

        info(image.toString());
        assertEquals(before, TestImages.sha256(image));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(1, files.count());
        }
    }
}
