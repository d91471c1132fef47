// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageSpec;
import io.vblk.virtioblk.VirtioBlkOptions;

/**
 * The device that a load goes to.
 *
 * @param image the disk
 * @param device queues and serial
 * @param loop the event loops that serve it
 * @param ring what the guests take of its rings' features
 */
public record DeviceSetup(
        ImageSpec image, VirtioBlkOptions device, LoopSetup loop, RingSetup ring)
        implements TargetSetup {
    @Override
    public String name() {
        return image.target();
    }
}
