// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The views of a disk that is measured. Thread: control, except where it says any. */
final class MeasuredDisk extends DiskFilter {
    private final List<StatsFilter> views = new CopyOnWriteArrayList<>();

    MeasuredDisk(StatsSpec spec) {
        super(spec);
    }

    @Override
    BlockBackend around(BlockBackend below, AioContext context, int view) {
        StatsFilter filter = new StatsFilter(below, context);
        views.add(filter);
        return filter;
    }

    @Override
    FilterReport report() {
        List<FilterReport.Times> times = new ArrayList<>();
        for (OpKind kind : OpKind.values()) {
            KindStats all = new KindStats();
            for (StatsFilter view : views) {
                all.add(view.of(kind));
            }
            FilterReport.Times some = all.report(kind);
            if (some.requests() > 0) {
                times.add(some);
            }
        }
        return new FilterReport(text(), List.of(), times);
    }
}
