// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockLimits;

/**
 * Counts and times what passes.
 *
 * @param text the operator's words
 */
public record StatsSpec(String text) implements FilterSpec {
    @Override
    public DiskFilter open(BlockLimits limits) {
        return new MeasuredDisk(this);
    }
}
