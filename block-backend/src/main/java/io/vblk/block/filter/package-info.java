// SPDX-License-Identifier: Apache-2.0
/**
 * Disks around other disks: they change when a request is carried out, or whether it is, and look
 * at what passes; what it does is the same.
 */
package io.vblk.block.filter;
