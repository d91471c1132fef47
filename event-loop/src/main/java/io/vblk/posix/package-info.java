// SPDX-License-Identifier: Apache-2.0
/** System calls, native memory and what belongs to them; the only package that sees jnr. */
package io.vblk.posix;
