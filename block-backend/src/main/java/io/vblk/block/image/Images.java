// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.BlockLimits;
import io.vblk.block.engine.EngineChoice;
import io.vblk.block.engine.IoEngines;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import java.io.IOException;

/** Opens images. Thread: control. */
public final class Images {
    private static final int PAGE_BYTES = 4096;

    private Images() {}

    /**
     * Opens what the user asked for, and locks it until it is closed.
     *
     * @throws ImageException one line that says what is wrong; nothing stays open or changed
     */
    public static OpenImage open(ImageSpec spec) throws ImageException {
        return open(spec, true);
    }

    /**
     * Opens what the user asked for, while others may use it; {@link OpenImage#lock} comes later.
     *
     * @throws ImageException one line that says what is wrong; nothing stays open or changed
     */
    public static OpenImage openUnlocked(ImageSpec spec) throws ImageException {
        return open(spec, false);
    }

    private static OpenImage open(ImageSpec spec, boolean locked) throws ImageException {
        OpenImage image = switch (format(spec)) {
            case RAW -> openRaw(spec, locked);
            case NULL -> OpenImage.empty(spec, limits(spec, ImageFormat.NULL));
            case MEMORY -> openMemory(spec);
        };
        try {
            image.makeFilters(spec);
            return image;
        } catch (ImageException | RuntimeException | Error e) {
            image.close();
            throw e;
        }
    }

    private static OpenImage openRaw(ImageSpec spec, boolean locked) throws ImageException {
        EngineChoice engine;
        try {
            engine = IoEngines.choose(spec.engine());
        } catch (IOException e) {
            throw new ImageException(spec.target() + ": " + e.getMessage(), e);
        }
        return OpenImage.raw(spec, RawFile.open(spec, locked), engine);
    }

    private static ImageFormat format(ImageSpec spec) {
        if (spec.format() != null) {
            return spec.format();
        }
        if (spec.target().startsWith(prefix(ImageFormat.NULL))) {
            return ImageFormat.NULL;
        }
        return spec.target().startsWith(prefix(ImageFormat.MEMORY))
                ? ImageFormat.MEMORY : ImageFormat.RAW;
    }

    private static String prefix(ImageFormat format) {
        return format + ":";
    }

    private static OpenImage openMemory(ImageSpec spec) throws ImageException {
        BlockLimits limits = limits(spec, ImageFormat.MEMORY);
        try {
            return OpenImage.memory(
                    spec, limits, MappedMemory.anonymous(limits.capacityBytes()));
        } catch (ErrnoException e) {
            throw new ImageException(
                    spec.target() + ": " + e.getMessage() + ": ask for a smaller disk", e);
        }
    }

    private static BlockLimits limits(ImageSpec spec, ImageFormat format) throws ImageException {
        String target = spec.target();
        String prefix = prefix(format);
        if (!target.startsWith(prefix)) {
            throw new ImageException(target + ": --format=" + format
                    + " takes a size instead of a file, such as " + prefix + "1G");
        }
        long sizeBytes;
        try {
            sizeBytes = SizeParser.parse(target.substring(prefix.length()));
        } catch (IllegalArgumentException e) {
            throw new ImageException(target + ": " + e.getMessage(), e);
        }
        int blockBytes = spec.blockBytes() == 0 ? BlockLimits.SECTOR_BYTES : spec.blockBytes();
        if (sizeBytes == 0 || sizeBytes % blockBytes != 0) {
            throw new ImageException(
                    target + ": the size must be a multiple of " + blockBytes + " and not 0");
        }
        boolean writes = !spec.readOnly();
        return new BlockLimits(sizeBytes, blockBytes, PAGE_BYTES, 0, spec.readOnly(), writes,
                writes, writes && format == ImageFormat.MEMORY);
    }
}
