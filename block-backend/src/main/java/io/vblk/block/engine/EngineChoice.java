// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

/**
 * The engine that an image is served with.
 *
 * @param kind never AUTO
 * @param reason why it is not the best, in words for an operator; empty if it is or was named
 */
public record EngineChoice(IoEngineKind kind, String reason) {
    /** The engine, and why if there is a reason. */
    @Override
    public String toString() {
        return reason.isEmpty() ? kind.toString() : kind + " (" + reason + ")";
    }
}
