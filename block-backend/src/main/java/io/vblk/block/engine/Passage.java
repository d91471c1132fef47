// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import io.vblk.aio.BottomHalf;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.QueueStatus;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * One request's way through an {@link AlignedEngine}, used again and again. Thread: home.
 *
 * <p>It goes through as it is, noted until its end; or in pieces, one after the other:
 *
 * <pre>
 *   piece of a read     DATA: read whole units, copy what was asked for
 *   piece of a write    FIRST_UNIT, LAST_UNIT: read what is written in part; DATA: write all
 *   piece of zeroes     whole units at once, without a buffer; the ends as a write
 *   of a discard        the whole units
 *   behind the end      DATA: the very bytes, through the page cache; written ones are stable, so
 *                       that no page waits there of whose loss nobody would hear
 * </pre>
 */
final class Passage extends RangeLock.Range implements BlockCompletion {
    private enum Step { PLAN, FIRST_UNIT, LAST_UNIT, DATA }

    /** Link for its holder. */
    Passage next;

    private final AlignedEngine aligned;
    private final DirectIo direct;
    private final long unit;
    private final BlockRequest piece = new BlockRequest(this);

    private BlockRequest request;
    private boolean through;
    private BlockCompletion guest;
    private BounceBuffers.Buffer buffer;

    // Of the pieces.
    private boolean pieceUnderWay;
    private Step step = Step.PLAN;
    private long directEnd;
    /** Bytes before this are done. */
    private long at;
    private long stop;
    /** What of the disk the buffer stands for, and up to where this piece gets the request. */
    private long from;
    private long to;
    private long reached;
    private long element;
    private long skip;

    Passage(AlignedEngine aligned, DirectIo direct, BottomHalf granted) {
        super(granted);
        this.aligned = aligned;
        this.direct = direct;
        this.unit = direct.offsetAlign();
    }

    void begin(BlockRequest newRequest, boolean goesThrough) {
        request = newRequest;
        through = goesThrough;
        at = newRequest.offset();
        stop = at + newRequest.lengthBytes();
        element = newRequest.iovecs();
        skip = 0;
        directEnd = -1;
        step = Step.PLAN;
        pieceUnderWay = false;
    }

    void clear() {
        request = null;
        guest = null;
        buffer = null;
    }

    BlockRequest request() {
        return request;
    }

    boolean goesThrough() {
        return through;
    }

    BounceBuffers.Buffer buffer() {
        return buffer;
    }

    void setBuffer(BounceBuffers.Buffer newBuffer) {
        buffer = newBuffer;
    }

    /**
     * Submits what comes next.
     *
     * @return COMPLETED when the request has ended, with its errno set
     */
    QueueStatus go() {
        if (through) {
            return goThrough();
        }
        if (buffer == null) {
            request.setErrno(Posix.ENOMEM);
            return QueueStatus.COMPLETED;
        }
        if (directEnd < 0) {
            directEnd = direct.sharesUnits() ? direct.endBytes() : Long.MAX_VALUE;
        }
        while (true) {
            int errno = takePiece();
            if (errno != 0 || at == stop) {
                request.setErrno(errno);
                return QueueStatus.COMPLETED;
            }
            boolean cached = step == Step.DATA && from >= directEnd;
            pieceUnderWay = true;
            QueueStatus status = (cached ? aligned.tail() : aligned.engine()).submit(piece);
            if (status == QueueStatus.BUSY) {
                pieceUnderWay = false;
            }
            if (status != QueueStatus.COMPLETED) {
                return status;
            }
        }
    }

    private QueueStatus goThrough() {
        guest = request.completion();
        request.setCompletion(this);
        QueueStatus status = aligned.engine().submit(request);
        if (status != QueueStatus.QUEUED) {
            request.setCompletion(guest);
        }
        return status;
    }

    @Override
    public void complete(BlockRequest ended) {
        if (ended == piece) {
            aligned.pieceEnded(this);
            return;
        }
        ended.setCompletion(guest);
        aligned.recycle(this);
        ended.completion().complete(ended);
    }

    /** Makes use of the piece that has ended, and prepares the next; answers its errno. */
    private int takePiece() {
        if (step != Step.PLAN && !pieceUnderWay) {
            // The engine had no room; the piece is as it was.
            return 0;
        }
        try {
            if (pieceUnderWay) {
                pieceUnderWay = false;
                if (piece.errno() != 0) {
                    return piece.errno();
                }
                useOld();
            }
            while (step == Step.PLAN && at < stop) {
                plan();
            }
            return 0;
        } catch (InternalError e) {
            if (!MappedMemory.FAULTS_COME_IN_TIME) {
                // It may be about something else, and what came before it may be half done.
                throw e;
            }
            // The guest's memory is gone; a system call would have answered just this.
            return Posix.EFAULT;
        }
    }

    private void useOld() {
        switch (step) {
            case FIRST_UNIT -> {
                if (reached < to && to - unit > from) {
                    readUnit(Step.LAST_UNIT, to - unit);
                } else {
                    write();
                }
            }
            case LAST_UNIT -> write();
            default -> {
                if (request.op() == BlockOp.READ) {
                    copy(true);
                }
                at = reached;
                step = Step.PLAN;
            }
        }
    }

    private void plan() {
        switch (request.op()) {
            case READ -> {
                span(BounceBuffers.BUFFER_BYTES);
                transfer(BlockOp.READ, Step.DATA, from, to);
            }
            case WRITE -> {
                span(BounceBuffers.BUFFER_BYTES);
                readEndsOrWrite();
            }
            case WRITE_ZEROES -> planZeroes();
            default -> {
                assert request.op() == BlockOp.DISCARD : request.op();
                planRange((at + unit - 1) & -unit, stop);
            }
        }
    }

    private void planZeroes() {
        long whole = Math.min(stop, directEnd) & -unit;
        if ((at & (unit - 1)) == 0 && at < whole) {
            planRange(at, whole);
        } else {
            span(at < directEnd ? (int) unit : BounceBuffers.BUFFER_BYTES);
            readEndsOrWrite();
        }
    }

    /** The whole units of a range, which gets the request so far. */
    private void planRange(long first, long newReached) {
        from = first;
        to = Math.min(newReached, directEnd) & -unit;
        reached = newReached;
        if (from >= to) {
            at = reached;
            return;
        }
        piece.range(request.op(), from, to - from);
        piece.setStable(request.stable());
        piece.setMayUnmap(request.mayUnmap());
        step = Step.DATA;
    }

    /** What the buffer stands for: whole units, or the very bytes behind the end. */
    private void span(int bytesMax) {
        if (at >= directEnd) {
            from = at;
            to = Math.min(stop, at + bytesMax);
            reached = to;
            return;
        }
        long limit = Math.min(stop, directEnd);
        from = at & -unit;
        to = Math.min((limit + unit - 1) & -unit, from + bytesMax);
        reached = Math.min(limit, to);
    }

    private void readEndsOrWrite() {
        if (at > from) {
            readUnit(Step.FIRST_UNIT, from);
        } else if (reached < to) {
            readUnit(Step.LAST_UNIT, to - unit);
        } else {
            write();
        }
    }

    private void readUnit(Step newStep, long offset) {
        transfer(BlockOp.READ, newStep, offset, offset + unit);
    }

    private void write() {
        if (request.op() == BlockOp.WRITE) {
            copy(false);
        } else {
            NativeMemory.fill(buffer.address() + (at - from), reached - at, 0);
        }
        transfer(BlockOp.WRITE, Step.DATA, from, to);
        piece.setStable(request.stable() || from >= directEnd);
    }

    private void transfer(BlockOp op, Step newStep, long first, long end) {
        IovecArray iovec = buffer.iovec();
        iovec.set(0, buffer.address() + (first - from), end - first);
        piece.transfer(op, first, end - first, iovec.address(0), 1);
        step = newStep;
    }

    /** Copies what this piece has of the request between buffer and guest. */
    private void copy(boolean toGuest) {
        long inBuffer = buffer.address() + (at - from);
        long left = reached - at;
        while (left > 0) {
            long some = Math.min(left, IovecArray.lengthAt(element) - skip);
            long inGuest = IovecArray.baseAt(element) + skip;
            NativeMemory.copy(toGuest ? inBuffer : inGuest, toGuest ? inGuest : inBuffer, some);
            inBuffer += some;
            left -= some;
            skip += some;
            if (skip == IovecArray.lengthAt(element)) {
                element += IovecArray.ELEMENT_BYTES;
                skip = 0;
            }
        }
    }
}
