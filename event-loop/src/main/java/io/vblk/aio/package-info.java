// SPDX-License-Identifier: Apache-2.0
/** The event loop: QEMU's AioContext with adaptive polling, bottom halves, timers, notifiers. */
package io.vblk.aio;
