// SPDX-License-Identifier: Apache-2.0
/** What a virtual disk is: requests, limits, outcomes. No implementation. */
package io.vblk.block;
