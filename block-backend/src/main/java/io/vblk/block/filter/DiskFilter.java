// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;

/**
 * One filter of one disk: what all views of the disk share of it. Thread: control, except where it
 * says any.
 */
public abstract class DiskFilter implements AutoCloseable {
    private final FilterSpec spec;

    DiskFilter(FilterSpec spec) {
        this.spec = spec;
    }

    /**
     * Puts it around a view.
     *
     * @param view number of this view among those of its disk: each draws numbers of its own
     */
    abstract BlockBackend around(BlockBackend below, AioContext context, int view);

    /** What it has done so far in all views. Thread: any. */
    abstract FilterReport report();

    /** Keeps no request waiting any more, since the disk is about to be closed. Thread: any. */
    void letGo() {}

    /** What the operator called it. */
    final String text() {
        return spec.text();
    }

    /** Gives up what is shared. All views are closed. */
    @Override
    public void close() {}
}
