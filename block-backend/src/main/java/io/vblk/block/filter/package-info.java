// SPDX-License-Identifier: Apache-2.0
/** Disks around other disks, which change when a request is carried out and never what it does. */
package io.vblk.block.filter;
