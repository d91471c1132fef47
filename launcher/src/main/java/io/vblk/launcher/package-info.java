// SPDX-License-Identifier: Apache-2.0
/** The vblk command. */
package io.vblk.launcher;
