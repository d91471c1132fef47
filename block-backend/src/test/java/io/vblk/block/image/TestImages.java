// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.IoEngineKind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** Makes image files and the words to open them. */
final class TestImages {
    private TestImages() {}

    /** A sparse file of zeroes. */
    static Path sparse(Path directory, String name, long lengthBytes) throws IOException {
        Path path = directory.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(lengthBytes);
        }
        return path;
    }

    static ImageSpec writable(Path path, ImageFormat format) {
        return new ImageSpec(path.toString(), format, false, false, IoEngineKind.SYNC);
    }

    static ImageSpec readOnly(Path path, ImageFormat format) {
        return new ImageSpec(path.toString(), format, true, false, IoEngineKind.SYNC);
    }

    static ImageSpec copy(Path path, ImageFormat format) {
        return new ImageSpec(path.toString(), format, false, true, IoEngineKind.SYNC);
    }

    static ImageSpec named(String target) {
        return new ImageSpec(target, null, false, false, IoEngineKind.THREADS);
    }
}
