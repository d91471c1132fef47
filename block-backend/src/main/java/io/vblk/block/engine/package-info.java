// SPDX-License-Identifier: Apache-2.0
/** File I/O: what carries requests out on a descriptor of this host. */
package io.vblk.block.engine;
