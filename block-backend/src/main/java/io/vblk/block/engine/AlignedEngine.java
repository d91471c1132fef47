// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.aio.BottomHalf;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.IovecArray;
import java.util.function.Supplier;

/**
 * Makes requests of any alignment fit a file that is open past the page cache. Thread: home.
 *
 * <p>What fits passes untouched. A transfer whose memory does not fit goes through an aligned
 * buffer. One whose place does not fit shares an aligned unit of the file with its neighbours: a
 * write there reads the unit first, and until it is written again no other may change it, from
 * whichever view; see {@link RangeLock}. Reads need not wait: what is written again beside the
 * request is what was there. Only where guests may ask for less than a unit are writes noted at
 * all.
 *
 * <p>Whoever has to wait for a range, a buffer or the engine is QUEUED here and goes on by a bottom
 * half, the oldest first.
 */
final class AlignedEngine implements IoEngine {
    /** Whose end makes room in the engine is not told here, so it is asked again after this. */
    private static final long RETRY_NS = 100_000;

    private final IoEngine engine;
    private final DirectIo direct;
    private final AioContext context;
    private final Supplier<IoEngine> openTail;
    private final long memoryMask;
    private final long offsetMask;
    private final boolean sharesUnits;
    private final BounceBuffers buffers = new BounceBuffers();
    private final BottomHalf advance;
    private final AioTimer retry;
    private IoEngine tail;

    private Passage free;
    private int underWay;
    private final PassageQueue needRange = new PassageQueue();
    private final PassageQueue needBuffer = new PassageQueue();
    private final PassageQueue needRoom = new PassageQueue();
    private final PassageQueue ready = new PassageQueue();

    /**
     * Takes over an engine.
     *
     * @param openTail opens an engine for {@link DirectIo#tail}; called if ever one is needed
     */
    AlignedEngine(IoEngine engine, DirectIo direct, AioContext context,
            Supplier<IoEngine> openTail) {
        this.engine = engine;
        this.direct = direct;
        this.context = context;
        this.openTail = openTail;
        this.memoryMask = direct.memoryAlign() - 1L;
        this.offsetMask = direct.offsetAlign() - 1L;
        this.sharesUnits = direct.sharesUnits();
        this.advance = context.bottomHalf("O_DIRECT", this::advance);
        this.retry = context.timer("O_DIRECT", this::advance);
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        boolean fits = fits(request);
        if (fits && (!sharesUnits || request.op() == BlockOp.READ || request.lengthBytes() == 0)) {
            return engine.submit(request);
        }
        return pass(request, fits);
    }

    /** Whether the file takes it as it is. */
    private boolean fits(BlockRequest request) {
        if (sharesUnits && !isWhole(request)) {
            return request.lengthBytes() == 0;
        }
        long element = request.iovecs();
        long odd = 0;
        for (int left = request.iovecCount(); left > 0; left--) {
            odd |= (IovecArray.baseAt(element) & memoryMask)
                    | (IovecArray.lengthAt(element) & offsetMask);
            element += IovecArray.ELEMENT_BYTES;
        }
        return odd == 0;
    }

    /** Whether it covers whole units, none of them behind the end of direct transfers. */
    private boolean isWhole(BlockRequest request) {
        long offset = request.offset();
        long length = request.lengthBytes();
        return ((offset | length) & offsetMask) == 0 && offset + length <= direct.endBytes();
    }

    private QueueStatus pass(BlockRequest request, boolean fits) {
        Passage passage = free == null ? new Passage(this, direct, advance) : free;
        free = passage.next;
        passage.next = null;
        underWay++;
        // To pretend that a range is erased for good would be a lie; the kernel refuses it.
        boolean through = fits || request.op() == BlockOp.SECURE_ERASE;
        passage.begin(request, through);
        if (sharesUnits && request.op() != BlockOp.READ) {
            long end = request.offset() + request.lengthBytes();
            boolean held = direct.ranges().take(passage, request.offset() & ~offsetMask,
                    (end + offsetMask) & ~offsetMask, !isWhole(request));
            if (!held) {
                needRange.add(passage);
                return QueueStatus.QUEUED;
            }
        }
        if (!through) {
            needBuffer.add(passage);
            advance.schedule();
            return QueueStatus.QUEUED;
        }
        QueueStatus status = passage.go();
        if (status != QueueStatus.QUEUED) {
            recycle(passage);
        }
        return status;
    }

    @Override
    public void commit() {
        engine.commit();
    }

    @Override
    public void addBuffers(long address, long lengthBytes) {
        engine.addBuffers(address, lengthBytes);
    }

    @Override
    public void removeBuffers(long address, long lengthBytes) {
        engine.removeBuffers(address, lengthBytes);
    }

    /** For requests through the page cache. */
    IoEngine tail() {
        if (tail == null) {
            tail = openTail.get();
        }
        return tail;
    }

    IoEngine engine() {
        return engine;
    }

    /** A piece of a request has ended. */
    void pieceEnded(Passage passage) {
        ready.add(passage);
        advance.schedule();
    }

    /** Gives back all that a request had; it has ended or was not taken. */
    void recycle(Passage passage) {
        if (passage.isHeld()) {
            direct.ranges().drop(passage);
        }
        if (passage.buffer() != null) {
            buffers.give(passage.buffer());
            if (!needBuffer.isEmpty()) {
                advance.schedule();
            }
        }
        passage.clear();
        passage.next = free;
        free = passage;
        underWay--;
    }

    private void advance() {
        takeGranted();
        takeBuffers();
        while (!needRoom.isEmpty()) {
            ready.add(needRoom.remove());
        }
        try {
            while (!ready.isEmpty()) {
                goOn(ready.remove());
            }
        } finally {
            // Left only if a completion threw: the others go on next time.
            if (!ready.isEmpty()) {
                advance.schedule();
            }
            if (!needRoom.isEmpty()) {
                retry.modify(context.nanoTime() + RETRY_NS);
            }
            engine.commit();
            if (tail != null) {
                tail.commit();
            }
        }
    }

    private void takeGranted() {
        for (int left = needRange.size(); left > 0; left--) {
            Passage passage = needRange.remove();
            if (!passage.isHeld()) {
                needRange.add(passage);
            } else if (passage.goesThrough()) {
                ready.add(passage);
            } else {
                needBuffer.add(passage);
            }
        }
    }

    private void takeBuffers() {
        while (!needBuffer.isEmpty()) {
            BounceBuffers.Buffer buffer = buffers.take();
            if (buffer == null && buffers.isAnyInUse()) {
                return;
            }
            Passage passage = needBuffer.remove();
            passage.setBuffer(buffer);
            ready.add(passage);
        }
    }

    private void goOn(Passage passage) {
        QueueStatus status = passage.go();
        if (status == QueueStatus.BUSY) {
            needRoom.add(passage);
        } else if (status == QueueStatus.COMPLETED) {
            BlockRequest request = passage.request();
            recycle(passage);
            request.completion().complete(request);
        }
    }

    @Override
    public void close() {
        assert underWay == 0 : underWay + " requests under way";
        if (retry.isArmed()) {
            retry.cancel();
        }
        advance.close();
        buffers.close();
        engine.close();
        if (tail != null) {
            tail.close();
        }
    }
}
