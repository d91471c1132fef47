// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import io.vblk.aio.AioContext;

/**
 * An event loop of a server.
 *
 * @param name of its thread
 * @param context of which only what is for any thread is used
 */
public record LoopControl(String name, AioContext context) {}
