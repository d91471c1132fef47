// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The views of a slow disk. Thread: control, except where it says any. */
final class DelayedDisk extends DiskFilter {
    private final DelaySpec spec;
    private final List<DelayFilter> views = new CopyOnWriteArrayList<>();

    DelayedDisk(DelaySpec spec) {
        super(spec);
        this.spec = spec;
    }

    @Override
    BlockBackend around(BlockBackend below, AioContext context, int view) {
        DelayFilter filter = new DelayFilter(below, context, spec, view);
        views.add(filter);
        return filter;
    }

    @Override
    FilterReport report() {
        long delayed = 0;
        long delayNs = 0;
        for (DelayFilter view : views) {
            delayed += view.delayed();
            delayNs += view.delayNs();
        }
        return new FilterReport(text(), List.of(new FilterReport.Count("delayed", delayed),
                new FilterReport.Count("delay-ns", delayNs)), List.of());
    }
}
