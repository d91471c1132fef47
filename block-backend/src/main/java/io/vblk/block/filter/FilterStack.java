// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The filters of one open disk. Thread: control, except where it says any. */
public final class FilterStack implements AutoCloseable {
    /** The first is next to the guest. */
    private final List<DiskFilter> filters = new ArrayList<>();
    private final HoldSwitch hold;
    private int views;

    private FilterStack(boolean mayHold) {
        this.hold = mayHold ? new HoldSwitch() : null;
    }

    /**
     * Makes them for a disk.
     *
     * @throws IOException if one of them cannot be for this disk, in words for an operator
     */
    public static FilterStack open(Filters wanted, BlockLimits limits) throws IOException {
        FilterStack stack = new FilterStack(wanted.mayHold());
        try {
            for (FilterSpec spec : wanted.stack()) {
                stack.filters.add(spec.open(limits));
            }
            return stack;
        } catch (IOException | RuntimeException | Error e) {
            stack.close();
            throw e;
        }
    }

    /** Puts them around a view of the disk. */
    public BlockBackend around(BlockBackend view, AioContext context) {
        int number = views++;
        BlockBackend filtered = view;
        for (int i = filters.size() - 1; i >= 0; i--) {
            filtered = filters.get(i).around(filtered, context, number);
        }
        return hold == null ? filtered : new HoldFilter(filtered, context, hold);
    }

    /** What holds requests back; null if they cannot be. Thread: any. */
    public HoldSwitch holdSwitch() {
        return hold;
    }

    /** What each of them has done so far, the first next to the guest. Thread: any. */
    public List<FilterReport> reports() {
        List<FilterReport> reports = new ArrayList<>();
        for (DiskFilter filter : filters) {
            reports.add(filter.report());
        }
        return reports;
    }

    /** Hands on all that waits, and keeps nothing waiting any more. Thread: any. */
    public void letGo() {
        if (hold != null) {
            hold.resume();
        }
        for (DiskFilter filter : filters) {
            filter.letGo();
        }
    }

    /** Gives up what the views, which are closed, shared. */
    @Override
    public void close() {
        for (DiskFilter filter : filters) {
            filter.close();
        }
    }
}
