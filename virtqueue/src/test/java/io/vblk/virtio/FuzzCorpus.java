// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;

/** The inputs that are kept of a fuzz target, in {@code src/test/resources/fuzz}. Thread: any. */
public final class FuzzCorpus {
    private FuzzCorpus() {}

    /** One test for each input of a target in the module whose tests run; fails without any. */
    public static Stream<DynamicTest> replay(String target, Consumer<byte[]> play) {
        Path folder = Path.of(System.getProperty("basedir", ""))
                .resolve("src/test/resources/fuzz").resolve(target);
        List<Path> files = files(folder);
        Assertions.assertFalse(files.isEmpty(), () -> "no inputs in " + folder);
        return files.stream().map(file -> DynamicTest.dynamicTest(
                target + " " + file.getFileName(), () -> play.accept(Files.readAllBytes(file))));
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
