// SPDX-License-Identifier: Apache-2.0
/** Control of a running server: lines of JSON over a Unix socket, in the shape of QEMU's QMP. */
package io.vblk.control;
