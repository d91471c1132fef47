// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.block.BlockLimits;
import java.io.IOException;

/** A filter as an operator asked for it, as data. Thread: any. */
public sealed interface FilterSpec permits DelaySpec, ErrorSpec, RateSpec, StatsSpec, VerifySpec {
    /** The operator's own words, such as {@code delay:read=200us}. */
    String text();

    /**
     * Makes it for one disk. Thread: control.
     *
     * @throws IOException if it cannot be for this disk, in words for an operator
     */
    DiskFilter open(BlockLimits limits) throws IOException;
}
