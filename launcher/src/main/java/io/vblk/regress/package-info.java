// SPDX-License-Identifier: Apache-2.0
/** Latency regression tests: two builds compared in short interleaved slices. */
package io.vblk.regress;
