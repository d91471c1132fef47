// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.OpenImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * What a disk holds, read past the device by the JDK's own I/O, so that both ways cannot share a
 * mistake. Thread: any.
 */
interface Reference extends AutoCloseable {
    /** A disk that begins as zeroes and that nobody else can look at. */
    Reference ZEROES = new Reference() {
        @Override
        public boolean isLive() {
            return false;
        }

        @Override
        public void read(long offset, byte[] to) {
            Arrays.fill(to, (byte) 0);
        }

        @Override
        public void close() {}
    };

    /** Whether what has been written since shows here too. */
    boolean isLive();

    /**
     * Reads as many bytes as there is room for.
     *
     * @throws IOException in words for an operator
     */
    void read(long offset, byte[] to) throws IOException;

    @Override
    void close() throws IOException;

    /**
     * That of an image of this process.
     *
     * @throws IllegalArgumentException if it keeps nothing
     */
    static Reference of(OpenImage image) throws IOException {
        if (image.format() == ImageFormat.NULL) {
            throw new IllegalArgumentException(
                    "verify needs a disk that keeps data, which null does not");
        }
        return image.path() == null ? ZEROES : ofFile(Path.of(image.path()));
    }

    /** That of a file. */
    static Reference ofFile(Path path) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        return new Reference() {
            @Override
            public boolean isLive() {
                return true;
            }

            @Override
            public void read(long offset, byte[] to) throws IOException {
                ByteBuffer rest = ByteBuffer.wrap(to);
                while (rest.hasRemaining()) {
                    if (file.read(rest, offset + rest.position()) < 0) {
                        throw new IOException("the image ends at " + file.size()
                                + ", before offset " + (offset + to.length));
                    }
                }
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }
}
