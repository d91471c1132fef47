// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import io.vblk.aio.AioContext;
import io.vblk.aio.BottomHalf;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockFilter;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;

/**
 * Takes requests and keeps them while its switch says so, then hands them on in their order.
 * Thread: home.
 */
final class HoldFilter extends BlockFilter {
    private final HoldSwitch hold;
    private final HandOver handOver;
    private final BottomHalf release;

    /** Takes over the backend; the switch is shared by all views of a disk. */
    HoldFilter(BlockBackend backend, AioContext context, HoldSwitch hold) {
        super(backend);
        this.hold = hold;
        this.handOver = new HandOver(backend, context, this::release);
        this.release = context.bottomHalf("hold", this::release);
        hold.add(this);
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        // What was held back goes first, although the switch is off again.
        if (!hold.isHeld() && handOver.isEmpty()) {
            return disk.submit(request);
        }
        handOver.add(request);
        return QueueStatus.QUEUED;
    }

    @Override
    public void commit() {
        disk.commit();
        if (!hold.isHeld() && !handOver.isEmpty()) {
            release.schedule();
        }
    }

    /** Thread: any. */
    void wake() {
        release.schedule();
    }

    private void release() {
        if (!hold.isHeld()) {
            handOver.run();
        }
    }

    @Override
    public void close() {
        assert handOver.isEmpty();
        hold.remove(this);
        release.close();
        handOver.close();
        super.close();
    }
}
