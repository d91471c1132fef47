// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/**
 * Reads once, in order, all of a share of a region that a run has written or made zeroes, in
 * requests as long as possible. Thread: the job's; nobody writes there meanwhile.
 */
final class ReadBackPlan implements Requests {
    private final Ledger ledger;
    private final int end;
    private final int stripe;
    private final int step;
    private int stripeEnd;
    private int first;
    private int next;

    /**
     * A share of a region. It is dealt out in stripes as long as a request may be.
     *
     * @param offset first byte of the region
     * @param lengthBytes length of the region
     * @param requestBytesMax longest request
     * @param share number of the share, from 0 on
     * @param shares number of shares
     */
    ReadBackPlan(Ledger ledger, long offset, long lengthBytes, int requestBytesMax, int share,
            int shares) {
        this.ledger = ledger;
        int start = ledger.unit(offset);
        this.end = ledger.unit(offset + lengthBytes);
        this.stripe = Math.max(1, requestBytesMax / ledger.unitBytes());
        long mine = start + (long) share * stripe;
        this.step = (int) Math.min((long) stripe * (shares - 1), end);
        this.next = (int) Math.min(mine, end);
        this.stripeEnd = (int) Math.min(mine + stripe, end);
    }

    @Override
    public boolean next() {
        while (next < end) {
            if (next == stripeEnd) {
                long later = (long) next + step;
                next = (int) Math.min(later, end);
                stripeEnd = (int) Math.min(later + stripe, end);
            } else if (ledger.isWritten(next)) {
                first = next;
                while (next < stripeEnd && ledger.isWritten(next)) {
                    next++;
                }
                return true;
            } else {
                next++;
            }
        }
        first = next;
        return false;
    }

    @Override
    public Direction direction() {
        return Direction.READ;
    }

    @Override
    public long offset() {
        return ledger.offset(first);
    }

    @Override
    public int lengthBytes() {
        return (next - first) * ledger.unitBytes();
    }
}
