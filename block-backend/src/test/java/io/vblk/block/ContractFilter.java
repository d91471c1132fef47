// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

import io.vblk.aio.AioContext;
import io.vblk.posix.IovecArray;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asserts the contract between a backend and its caller, both ways: put it around every backend in
 * every test. Thread: home; asserts that too.
 *
 * <p>Of the caller: requests inside the limits, segments that add up, no request submitted twice,
 * none under way at close. Of the backend: COMPLETED and BUSY without a completion, QUEUED with
 * exactly one, on the home thread and never from submit or commit; an outcome set; the request
 * handed back as it was, segments included.
 */
public final class ContractFilter implements BlockBackend, BlockCompletion {
    private static final int NO_OUTCOME = -1;

    private record Issued(BlockCompletion completion, BlockOp op, long offset, long lengthBytes,
            long iovecs, int iovecCount, List<Long> elements, boolean stable, boolean mayUnmap) {
        static Issued of(BlockRequest request, BlockCompletion completion) {
            return new Issued(completion, request.op(), request.offset(), request.lengthBytes(),
                    request.iovecs(), request.iovecCount(), elements(request), request.stable(),
                    request.mayUnmap());
        }

        private static List<Long> elements(BlockRequest request) {
            List<Long> elements = new ArrayList<>();
            for (int i = 0; i < request.iovecCount(); i++) {
                long element = request.iovecs() + (long) i * IovecArray.ELEMENT_BYTES;
                elements.add(IovecArray.baseAt(element));
                elements.add(IovecArray.lengthAt(element));
            }
            return elements;
        }
    }

    private final BlockBackend backend;
    private final AioContext context;
    private final Map<BlockRequest, Issued> underWay = new IdentityHashMap<>();
    private boolean inBackend;
    private boolean closed;

    /** Takes over the backend. */
    public ContractFilter(BlockBackend backend, AioContext context) {
        this.backend = backend;
        this.context = context;
    }

    /** Number of requests QUEUED and not completed. */
    public int underWay() {
        return underWay.size();
    }

    @Override
    public BlockLimits limits() {
        BlockLimits limits = backend.limits();
        require(limits.capacityBytes() > 0
                && limits.capacityBytes() % limits.blockBytes() == 0, "odd capacity", null);
        require(!limits.readOnly() || !limits.canDiscard() && !limits.canWriteZeroes(),
                "read-only and yet changeable", null);
        return limits;
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        requireHome(request);
        requireInsideLimits(request);
        require(!underWay.containsKey(request), "submitted twice", request);
        Issued issued = Issued.of(request, request.completion());
        underWay.put(request, issued);
        request.setErrno(NO_OUTCOME);
        request.setCompletion(this);
        QueueStatus status = enter(request);
        if (status != QueueStatus.QUEUED) {
            require(underWay.remove(request) != null, "completed without being QUEUED", request);
            handBack(request, issued, status == QueueStatus.COMPLETED);
        }
        return status;
    }

    private QueueStatus enter(BlockRequest request) {
        require(!inBackend, "submit from submit or commit", request);
        inBackend = true;
        try {
            return backend.submit(request);
        } finally {
            inBackend = false;
        }
    }

    @Override
    public void commit() {
        requireHome(null);
        require(!inBackend, "commit from submit or commit", null);
        inBackend = true;
        try {
            backend.commit();
        } finally {
            inBackend = false;
        }
    }

    @Override
    public void complete(BlockRequest request) {
        requireHome(request);
        require(!inBackend, "completion called from submit or commit", request);
        Issued issued = underWay.remove(request);
        require(issued != null, "completed twice, or never QUEUED", request);
        handBack(request, issued, true);
        request.completion().complete(request);
    }

    @Override
    public void close() {
        require(underWay.isEmpty(), underWay.size() + " requests under way at close", null);
        require(!closed, "closed twice", null);
        closed = true;
        backend.close();
    }

    private void handBack(BlockRequest request, Issued issued, boolean ended) {
        require(request.completion() == this, "completion not put back", request);
        request.setCompletion(issued.completion());
        require(issued.equals(Issued.of(request, issued.completion())), "changed", request);
        if (ended) {
            require(request.errno() >= 0, "ended without an outcome", request);
        } else {
            request.setErrno(0);
        }
    }

    private void requireInsideLimits(BlockRequest request) {
        BlockLimits limits = limits();
        long offset = request.offset();
        long length = request.lengthBytes();
        require(offset >= 0 && length >= 0 && offset <= limits.capacityBytes() - length,
                "outside the disk", request);
        require(offset % limits.blockBytes() == 0 && length % limits.blockBytes() == 0,
                "not in whole blocks", request);
        boolean allowed = switch (request.op()) {
            case READ -> !request.stable() && !request.mayUnmap();
            case WRITE -> !limits.readOnly() && !request.mayUnmap();
            case FLUSH -> offset == 0 && length == 0;
            case DISCARD -> limits.canDiscard();
            case WRITE_ZEROES -> limits.canWriteZeroes();
            case SECURE_ERASE -> limits.canSecureErase();
        };
        require(allowed, "not allowed on this disk", request);
        boolean transfers = request.op() == BlockOp.READ || request.op() == BlockOp.WRITE;
        require(!transfers || sum(request) == length, "segments do not add up", request);
    }

    private static long sum(BlockRequest request) {
        long bytes = 0;
        for (int i = 0; i < request.iovecCount(); i++) {
            bytes += IovecArray.lengthAt(
                    request.iovecs() + (long) i * IovecArray.ELEMENT_BYTES);
        }
        return bytes;
    }

    private void requireHome(BlockRequest request) {
        require(context.inHomeThread(), "foreign thread " + Thread.currentThread(), request);
        require(!closed, "used after close", request);
    }

    private static void require(boolean condition, String what, BlockRequest request) {
        if (!condition) {
            throw new AssertionError(request == null ? what : what + ": " + text(request));
        }
    }

    private static String text(BlockRequest request) {
        return request.op() + " at " + request.offset() + " of " + request.lengthBytes()
                + " bytes, errno " + request.errno();
    }
}
