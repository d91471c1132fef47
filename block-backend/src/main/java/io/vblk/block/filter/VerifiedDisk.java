// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The views of a disk that is verified, and what is known of its blocks. Thread: control, except
 * where it says any.
 */
final class VerifiedDisk extends DiskFilter {
    private static final Logger LOG = LoggerFactory.getLogger(VerifiedDisk.class);
    private static final long LOG_PERIOD_NS = 1_000_000_000;

    private final BlockSums sums;
    private final List<VerifyFilter> views = new CopyOnWriteArrayList<>();
    /** When a line may be logged next; 0 before the first. */
    private final AtomicLong logNextNs = new AtomicLong();

    VerifiedDisk(VerifySpec spec, BlockSums sums) {
        super(spec);
        this.sums = sums;
    }

    @Override
    BlockBackend around(BlockBackend below, AioContext context, int view) {
        VerifyFilter filter = new VerifyFilter(below, context, this);
        views.add(filter);
        return filter;
    }

    BlockSums sums() {
        return sums;
    }

    /** Says that a block is wrong, once a second at most. Thread: any. */
    void tell(long offset, int expected, int found, long nowNs) {
        long nextNs = logNextNs.get();
        if ((nextNs == 0 || nowNs - nextNs >= 0)
                && logNextNs.compareAndSet(nextNs, nowNs + LOG_PERIOD_NS | 1)) {
            LOG.error("{}: {} bytes at offset {} are not what they were: crc32c {}, not {}",
                    text(), sums.blockBytes(), offset, hex(found), hex(expected));
        }
    }

    private static String hex(int sum) {
        return String.format(Locale.ROOT, "%08x", sum);
    }

    @Override
    FilterReport report() {
        long[] counts = new long[VerifyFilter.COUNTS.size()];
        for (VerifyFilter view : views) {
            for (int i = 0; i < counts.length; i++) {
                counts[i] += view.count(i);
            }
        }
        FilterReport.Count[] named = new FilterReport.Count[counts.length];
        for (int i = 0; i < counts.length; i++) {
            named[i] = new FilterReport.Count(VerifyFilter.COUNTS.get(i), counts[i]);
        }
        return new FilterReport(text(), List.of(named), List.of());
    }

    @Override
    public void close() {
        sums.close();
    }
}
