// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.block.engine.IoEngineKind;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An image that is open may be locked later, so that two may hand it over to each other. */
class LockedLaterTest {
    @TempDir
    Path directory;

    private Path path;

    @BeforeEach
    void makeImage() throws IOException {
        path = TestImages.sparse(directory, "disk.raw", 1 << 20);
    }

    private ImageSpec writable(ImageLocking locking) {
        return new ImageSpec(
                path.toString(), null, false, false, IoEngineKind.SYNC, 0, locking, false);
    }

    private static String refusal(OpenImage image) {
        return assertThrows(ImageException.class, image::lock).getMessage();
    }

    @Test
    void isHandedOverFromOneToTheOther() throws IOException {
        try (OpenImage source = Images.openUnlocked(writable(ImageLocking.ON));
                OpenImage destination = Images.openUnlocked(writable(ImageLocking.ON))) {
            source.lock();
            assertTrue(refusal(destination).contains("in use by another process"));
            source.lock();
            source.unlock();

            destination.lock();
            assertTrue(refusal(source).contains("in use by another process"));
        }
        Images.open(writable(ImageLocking.ON)).close();
    }

    @Test
    void nothingIsHeldAfterARefusal() throws IOException {
        OpenImage first = Images.open(writable(ImageLocking.AUTO));
        try (OpenImage second = Images.openUnlocked(writable(ImageLocking.AUTO))) {
            refusal(second);
            first.close();

            Images.open(writable(ImageLocking.AUTO)).close();
            second.lock();
        }
    }

    @Test
    void switchedOffItNeitherLocksNorMindsLocks() throws IOException {
        try (OpenImage locked = Images.open(writable(ImageLocking.ON));
                OpenImage free = Images.open(writable(ImageLocking.OFF))) {
            assertEquals("none: switched off", free.facts().locks());
            locked.unlock();
            Images.open(writable(ImageLocking.ON)).close();
        }
    }

    @ParameterizedTest
    @EnumSource(ImageLocking.class)
    void namesAreThoseOfTheOption(ImageLocking locking) {
        assertEquals(locking, ImageLocking.of(locking.toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yes", "ON"})
    void otherNamesAreRefused(String name) {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> ImageLocking.of(name))
                .getMessage().contains("locking=" + name + " is none of on, off, auto"));
    }

    @Test
    void disksWithoutAFileHaveNothingToLock() throws IOException {
        try (OpenImage image = Images.openUnlocked(new ImageSpec(
                "null:1M", null, false, false, IoEngineKind.SYNC, 0, ImageLocking.ON, false))) {
            image.lock();
            image.unlock();
        }
    }
}
