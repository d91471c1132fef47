// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.aio.IoThread;
import io.vblk.block.BlockBackend;

/**
 * Where queues of a device can run.
 *
 * @param ioThread the event loop
 * @param backend the disk, attached to that loop's context; stays its owner's to close
 */
public record QueueHome(IoThread ioThread, BlockBackend backend) {}
