// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioOptions;
import io.vblk.block.image.ImageSpec;

/**
 * A file, or another disk, that jobs use without a device between: the floor of what a device over
 * it can do.
 *
 * @param image the disk
 * @param loop how the jobs wait when they do not poll
 */
public record FileSetup(ImageSpec image, AioOptions loop) implements TargetSetup {
    @Override
    public String name() {
        return "file:" + image.target();
    }
}
