// SPDX-License-Identifier: Apache-2.0
/** Disk images: opening what an operator named, safely, and serving it to event loops. */
package io.vblk.block.image;
