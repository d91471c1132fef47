// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The views of a disk that fails, and what decides about its requests in all of them together.
 * Thread: control, except where it says any.
 */
final class FailingDisk extends DiskFilter {
    /** How often it is looked whether the trigger is there. */
    static final long LOOK_NS = 100_000_000;

    private final ErrorSpec spec;
    private final List<ErrorFilter> views = new CopyOnWriteArrayList<>();
    private final AtomicLong passed = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong lookedNs = new AtomicLong();
    private volatile boolean triggered;

    FailingDisk(ErrorSpec spec) {
        super(spec);
        this.spec = spec;
    }

    @Override
    BlockBackend around(BlockBackend below, AioContext context, int view) {
        if (spec.trigger() != null) {
            lookedNs.set(context.nanoTime());
            triggered = Files.exists(spec.trigger());
        }
        ErrorFilter filter = new ErrorFilter(below, context, spec, this, view);
        views.add(filter);
        return filter;
    }

    /** Whether the trigger is there, or was a short time ago. Thread: any. */
    boolean isTriggered(AioContext context) {
        long nowNs = context.nanoTime();
        long lastNs = lookedNs.get();
        if (nowNs - lastNs >= LOOK_NS && lookedNs.compareAndSet(lastNs, nowNs)) {
            triggered = Files.exists(spec.trigger());
        }
        return triggered;
    }

    /** Whether a request is one of those that go through first. Thread: any. */
    boolean isSpared() {
        long after = spec.chance().after();
        return after > 0 && passed.get() < after && passed.getAndIncrement() < after;
    }

    /** Takes one of the failures that there are; false if there are no more. Thread: any. */
    boolean takeFailure() {
        long count = spec.chance().count();
        return count == 0 || failed.get() < count && failed.getAndIncrement() < count;
    }

    @Override
    FilterReport report() {
        long errors = 0;
        for (ErrorFilter view : views) {
            errors += view.errors();
        }
        return new FilterReport(
                text(), List.of(new FilterReport.Count("failed", errors)), List.of());
    }
}
