// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import java.util.List;

/**
 * The filters that an operator asked for.
 *
 * @param stack the filters, the first of them next to the guest
 * @param mayHold whether requests can be held back while the disk is in use
 */
public record Filters(List<FilterSpec> stack, boolean mayHold) {
    /** Most filters on top of each other: a request passes them on one thread's stack. */
    public static final int STACK_MAX = 16;
    /** No filter. */
    public static final Filters NONE = new Filters(List.of(), false);

    /** Checks how many there are. */
    public Filters {
        stack = List.copyOf(stack);
        if (stack.size() > STACK_MAX) {
            throw new IllegalArgumentException(
                    "a disk has at most " + STACK_MAX + " filters, not " + stack.size());
        }
    }

    /** The same, and requests can be held back. */
    public Filters withHold() {
        return new Filters(stack, true);
    }
}
