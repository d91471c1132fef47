// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * Where a load went.
 *
 * @param name the disk as the user named it
 * @param description the disk in words
 * @param engine how a device in this process reads and writes its image; empty of another one
 * @param blockBytes its logical block size
 * @param queues number of queues
 * @param queueSize descriptors of each
 * @param ring what the guests use of the rings' features
 * @param kicks kicks that the guests sent
 * @param calls calls that they received
 * @param own what only a device in this process tells; null of another one
 */
record TargetReport(String name, String description, String engine, int blockBytes, int queues,
        int queueSize, RingSetup ring, long kicks, long calls, DeviceReport own) {}
