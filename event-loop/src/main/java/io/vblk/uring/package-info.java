// SPDX-License-Identifier: Apache-2.0
/** io_uring(7) over raw system calls. */
package io.vblk.uring;
