// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The views of a disk with a limited rate, and the buckets that they share. Thread: control, except
 * where it says any.
 */
final class LimitedDisk extends DiskFilter {
    private static final int DIRECTIONS = 2;

    private final RateSpec spec;
    private final List<RateFilter> views = new CopyOnWriteArrayList<>();
    /** Those that count requests, and those that count bytes, by direction; null where none is. */
    private final TokenBucket[] requests = new TokenBucket[DIRECTIONS];
    private final TokenBucket[] bytes = new TokenBucket[DIRECTIONS];
    private TokenBucket allRequests;
    private TokenBucket allBytes;
    private volatile boolean lifted;

    LimitedDisk(RateSpec spec) {
        super(spec);
        this.spec = spec;
    }

    @Override
    BlockBackend around(BlockBackend below, AioContext context, int view) {
        if (views.isEmpty()) {
            fill(context.nanoTime());
        }
        RateFilter filter = new RateFilter(below, context, this);
        views.add(filter);
        return filter;
    }

    private void fill(long nowNs) {
        allRequests = bucket(spec.requests().total(), nowNs);
        requests[RateFilter.READS] = bucket(spec.requests().reads(), nowNs);
        requests[RateFilter.WRITES] = bucket(spec.requests().writes(), nowNs);
        allBytes = bucket(spec.bytes().total(), nowNs);
        bytes[RateFilter.READS] = bucket(spec.bytes().reads(), nowNs);
        bytes[RateFilter.WRITES] = bucket(spec.bytes().writes(), nowNs);
    }

    private TokenBucket bucket(long perSecond, long nowNs) {
        return perSecond == 0 ? null : new TokenBucket(perSecond, spec.burstNs(), nowNs);
    }

    /** Counts a request; returns when it may go. Thread: any. */
    long take(int direction, long lengthBytes, long nowNs) {
        long dueNs = take(allRequests, 1, nowNs, nowNs);
        dueNs = take(requests[direction], 1, nowNs, dueNs);
        dueNs = take(allBytes, lengthBytes, nowNs, dueNs);
        return take(bytes[direction], lengthBytes, nowNs, dueNs);
    }

    private static long take(TokenBucket bucket, long units, long nowNs, long otherNs) {
        if (bucket == null) {
            return otherNs;
        }
        long dueNs = bucket.take(units, nowNs);
        return dueNs - otherNs > 0 ? dueNs : otherNs;
    }

    /** A request that was counted did not go. Thread: any. */
    void putBack(int direction, long lengthBytes) {
        putBack(allRequests, 1);
        putBack(requests[direction], 1);
        putBack(allBytes, lengthBytes);
        putBack(bytes[direction], lengthBytes);
    }

    private static void putBack(TokenBucket bucket, long units) {
        if (bucket != null) {
            bucket.putBack(units);
        }
    }

    /** Whether nobody waits any more. Thread: any. */
    boolean isLifted() {
        return lifted;
    }

    @Override
    void letGo() {
        lifted = true;
        for (RateFilter view : views) {
            view.wake();
        }
    }

    @Override
    FilterReport report() {
        long waited = 0;
        long waitNs = 0;
        for (RateFilter view : views) {
            waited += view.waited();
            waitNs += view.waitNs();
        }
        return new FilterReport(text(), List.of(new FilterReport.Count("waited", waited),
                new FilterReport.Count("wait-ns", waitNs)), List.of());
    }
}
