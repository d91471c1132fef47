// SPDX-License-Identifier: Apache-2.0
/** The virtio-blk device and its driver (virtio 1.3, section 5.2); only here blocks meet virtio. */
package io.vblk.virtioblk;
