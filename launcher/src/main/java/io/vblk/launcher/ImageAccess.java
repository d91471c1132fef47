// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageLocking;
import io.vblk.block.image.ImageSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;

/**
 * Who may write to what: a load never changes an image that vblk brings along (writes go to a copy
 * that is thrown away), and somebody's own image only when told to. Thread: main.
 */
final class ImageAccess {
    private static final String MANIFEST = "MANIFEST";
    private static final String MANIFEST_HEAD = "# vblk disk images:";

    private ImageAccess() {}

    /** The image of a simulated load that writes or not. */
    static ImageSpec forLoad(CommandLine line, String target, boolean writes)
            throws UsageException {
        ImageFormat format = DeviceOptions.format(line);
        boolean readOnly = line.hasOption("read-only");
        if (writes && readOnly) {
            throw new UsageException("a load that writes cannot run on a read-only disk: leave out"
                    + " --read-only or choose another --rw");
        }
        boolean file = isFile(target, format);
        boolean copy = writes && file && isBundled(Path.of(target));
        boolean permitted = !file || copy || line.hasOption("allow-write");
        if (writes && !permitted && canBeThere(Path.of(target))) {
            throw new UsageException("this load would overwrite " + target
                    + ": add --allow-write if its data may be destroyed");
        }
        // What is not there is opened, too: that says best what is wrong.
        return DeviceOptions.withStorage(line, new ImageSpec(target, format,
                readOnly || !writes || !permitted, copy, DeviceOptions.engine(line),
                DeviceOptions.blockBytes(line)))
                .withFixedBuffers(CommonOptions.isOn(line, "fixed-buffers", false))
                .withCache(DeviceOptions.cache(line))
                .withFilters(DeviceOptions.filters(line));
    }

    /**
     * The image of a disk for guests, who write to it: that is what they have it for. One that
     * vblk brings along is copied all the same.
     */
    static ImageSpec forGuests(CommandLine line, String target) throws UsageException {
        ImageFormat format = DeviceOptions.format(line);
        boolean readOnly = line.hasOption("read-only");
        boolean copy = !readOnly && isFile(target, format) && isBundled(Path.of(target));
        ImageLocking locking = ImageLocking.of(CommonOptions.text(
                line, "locking", ImageLocking.AUTO.toString()));
        return DeviceOptions.withStorage(line, new ImageSpec(target, format, readOnly, copy,
                DeviceOptions.engine(line), DeviceOptions.blockBytes(line), locking, false))
                .withFixedBuffers(CommonOptions.isOn(line, "fixed-buffers", false))
                .withCache(DeviceOptions.cache(line))
                .withFilters(DeviceOptions.filters(line));
    }

    private static boolean canBeThere(Path image) {
        return Files.exists(image) && !Files.isDirectory(image);
    }

    private static boolean isFile(String target, ImageFormat format) {
        if (format != null) {
            return format == ImageFormat.RAW;
        }
        return !target.startsWith("null:") && !target.startsWith("memory:");
    }

    /** Whether the image is listed in a MANIFEST of ours beside it. */
    static boolean isBundled(Path image) {
        try {
            Path real = image.toRealPath();
            Path manifest = real.resolveSibling(MANIFEST);
            if (!Files.isRegularFile(manifest)) {
                return false;
            }
            List<String> lines = Files.readAllLines(manifest);
            String name = real.getFileName().toString();
            return !lines.isEmpty() && lines.get(0).startsWith(MANIFEST_HEAD)
                    && lines.stream().anyMatch(line -> line.startsWith(name + " "));
        } catch (IOException e) {
            // What cannot be looked at is not ours; opening it says what is wrong.
            return false;
        }
    }
}
