// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.PollingOptions;
import io.vblk.block.image.ImageSpec;
import io.vblk.virtioblk.VirtioBlkOptions;

/**
 * The device that a load goes to.
 *
 * @param image the disk
 * @param device queues and serial
 * @param polling adaptive polling of the iothread
 */
public record DeviceSetup(ImageSpec image, VirtioBlkOptions device, PollingOptions polling) {}
