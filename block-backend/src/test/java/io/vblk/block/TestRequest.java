// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.function.BooleanSupplier;

/**
 * A request together with its buffer and segments, that remembers its end. Thread: home.
 * Everything here may allocate, except {@link #prepareAgain}.
 */
public final class TestRequest implements BlockCompletion, AutoCloseable {
    private static final long DEADLINE_NS = 20_000_000_000L;

    private final BlockRequest request = new BlockRequest(this);
    private final MappedMemory data;
    private final MappedMemory elements;
    private final IovecArray iovecs;
    private int completions;

    /** A request for up to so many bytes in so many segments. */
    public TestRequest(int bytesMax, int segmentsMax) {
        try {
            data = MappedMemory.anonymous(Math.max(1, bytesMax));
            elements = MappedMemory.anonymous((long) segmentsMax * IovecArray.ELEMENT_BYTES);
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
        iovecs = new IovecArray(elements.address(), segmentsMax);
    }

    /** Makes this a read into segments of these lengths. */
    public TestRequest read(long offset, int... lengths) {
        transfer(BlockOp.READ, offset, lengths);
        return this;
    }

    /** Makes this a write of these bytes from segments of these lengths. */
    public TestRequest write(long offset, byte[] bytes, int... lengths) {
        NativeMemory.copyFromArray(bytes, 0, data.address(), bytes.length);
        transfer(BlockOp.WRITE, offset, lengths.length == 0 ? new int[] {bytes.length} : lengths);
        assertEquals(bytes.length, request.lengthBytes());
        return this;
    }

    /** Makes this an operation on a range. */
    public TestRequest range(BlockOp op, long offset, long lengthBytes) {
        request.range(op, offset, lengthBytes);
        return this;
    }

    /** Makes this a flush. */
    public TestRequest flush() {
        return range(BlockOp.FLUSH, 0, 0);
    }

    /** Asks for stable storage. */
    public TestRequest stable() {
        request.setStable(true);
        return this;
    }

    /** Makes this a transfer of one segment, without allocating. */
    public void prepareAgain(BlockOp op, long offset, int lengthBytes) {
        iovecs.set(0, data.address(), lengthBytes);
        request.transfer(op, offset, lengthBytes, iovecs.address(0), 1);
    }

    private void transfer(BlockOp op, long offset, int[] lengths) {
        long at = data.address();
        for (int i = 0; i < lengths.length; i++) {
            iovecs.set(i, at, lengths[i]);
            at += lengths[i];
        }
        assertTrue(at <= data.address() + data.lengthBytes(), "buffer too small");
        request.transfer(
                op, offset, at - data.address(), iovecs.address(0), lengths.length);
    }

    /** What to submit. */
    public BlockRequest request() {
        return request;
    }

    /** Address of the buffer. */
    public long address() {
        return data.address();
    }

    /** First bytes of the buffer. */
    public byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        NativeMemory.copyToArray(data.address(), bytes, 0, count);
        return bytes;
    }

    /** How often the completion was called. */
    public int completions() {
        return completions;
    }

    @Override
    public void complete(BlockRequest ended) {
        assertTrue(ended == request, "somebody else's completion");
        completions++;
    }

    /** Submits, commits and waits for the end; returns the errno. */
    public int run(BlockBackend backend, AioContext context) {
        int before = completions;
        QueueStatus status = backend.submit(request);
        backend.commit();
        if (status == QueueStatus.QUEUED) {
            await(context, () -> completions > before);
        }
        assertEquals(status == QueueStatus.QUEUED ? before + 1 : before, completions);
        assertTrue(status != QueueStatus.BUSY, "busy");
        return request.errno();
    }

    /** Runs the loop until something has happened; fails after some seconds. */
    public static void await(AioContext context, BooleanSupplier happened) {
        AioTimer deadline = context.timer("deadline", () -> {
            throw new AssertionError("did not happen in " + DEADLINE_NS / 1_000_000_000L + " s");
        });
        deadline.modify(context.nanoTime() + DEADLINE_NS);
        while (!happened.getAsBoolean()) {
            context.poll(true);
        }
        deadline.cancel();
    }

    @Override
    public void close() {
        data.close();
        elements.close();
    }
}
