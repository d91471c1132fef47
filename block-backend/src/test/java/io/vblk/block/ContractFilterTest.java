// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The filter finds what it is there to find. */
class ContractFilterTest {
    private static final long CAPACITY = 1 << 20;

    private AioContext context;
    private TestRequest request;

    /** A backend that does to a request whatever a test says. */
    private record Rogue(BlockLimits limits, Function<BlockRequest, QueueStatus> behaviour)
            implements BlockBackend {
        @Override
        public QueueStatus submit(BlockRequest request) {
            return behaviour.apply(request);
        }

        @Override
        public void commit() {
            // Nothing is ever left over.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    @BeforeEach
    void open() throws Exception {
        context = AioContext.create(AioOptions.of(PollingOptions.OFF));
        request = new TestRequest(4096, 2);
    }

    @AfterEach
    void close() {
        request.close();
        context.close();
    }

    private ContractFilter filter(boolean readOnly, Function<BlockRequest, QueueStatus> rogue) {
        BlockLimits limits = new BlockLimits(
                CAPACITY, 512, 4096, 0, readOnly, !readOnly, !readOnly);
        return new ContractFilter(new Rogue(limits, rogue), context);
    }

    private ContractFilter obedient(boolean readOnly) {
        return filter(readOnly, taken -> {
            taken.setErrno(0);
            return QueueStatus.COMPLETED;
        });
    }

    private static void assertFound(String what, Runnable act) {
        String message = assertThrows(AssertionError.class, act::run).getMessage();
        assertTrue(message.startsWith(what), message);
    }

    private void assertFound(String what, ContractFilter filter) {
        assertFound(what, () -> filter.submit(request.request()));
    }

    @Test
    void callersThatLeaveTheLimits() {
        ContractFilter disk = obedient(false);
        request.read(CAPACITY - 512, 1024);
        assertFound("outside the disk", disk);
        request.read(-512, 512);
        assertFound("outside the disk", disk);
        request.read(100, 512);
        assertFound("not in whole blocks", disk);
        request.read(0, 100);
        assertFound("not in whole blocks", disk);
        request.range(BlockOp.FLUSH, 0, 512);
        assertFound("not allowed", disk);
        request.read(0, 512, 512);
        request.request().transfer(BlockOp.READ, 0, 512, request.request().iovecs(), 2);
        assertFound("segments do not add up", disk);
        request.read(CAPACITY, 0);
        assertEquals(QueueStatus.COMPLETED, disk.submit(request.request()));
    }

    @Test
    void callersThatChangeAReadOnlyDisk() {
        ContractFilter disk = obedient(true);
        request.write(0, new byte[512]);
        assertFound("not allowed", disk);
        request.range(BlockOp.DISCARD, 0, 512);
        assertFound("not allowed", disk);
        request.range(BlockOp.WRITE_ZEROES, 0, 512);
        assertFound("not allowed", disk);
        assertEquals(QueueStatus.COMPLETED, disk.submit(request.flush().request()));
    }

    @Test
    void callersThatSubmitTwiceOrCloseTooEarly() {
        ContractFilter disk = filter(false, taken -> QueueStatus.QUEUED);
        disk.submit(request.flush().request());
        assertFound("submitted twice", disk);
        assertFound("1 requests under way at close", disk::close);
    }

    @Test
    void callersOnAForeignThread() throws InterruptedException {
        context.poll(false);
        ContractFilter disk = obedient(false);
        Thread thread = new Thread(() -> assertFound("foreign thread", disk::commit));
        AssertionError[] failed = new AssertionError[1];
        thread.setUncaughtExceptionHandler((t, e) -> failed[0] = new AssertionError(e));
        thread.start();
        thread.join();
        assertNull(failed[0]);
    }

    @Test
    void backendsWithoutAnOutcome() {
        request.flush();
        assertFound("ended without an outcome", filter(false, taken -> QueueStatus.COMPLETED));
    }

    @Test
    void backendsThatCompleteInsideSubmit() {
        request.flush();
        assertFound("completion called from submit", filter(false, taken -> {
            taken.setErrno(0);
            taken.completion().complete(taken);
            return QueueStatus.QUEUED;
        }));
    }

    @Test
    void backendsThatCompleteTwiceOrWhatTheyNeverTook() {
        ContractFilter disk = filter(false, taken -> QueueStatus.QUEUED);
        disk.submit(request.flush().request());
        request.request().setErrno(0);
        disk.complete(request.request());
        assertEquals(1, request.completions());
        assertFound("completed twice", () -> disk.complete(request.request()));
        ContractFilter busy = filter(false, taken -> QueueStatus.BUSY);
        busy.submit(request.flush().request());
        assertFound("completed twice, or never", () -> busy.complete(request.request()));
    }

    @Test
    void backendsThatChangeTheRequest() {
        request.read(0, 512);
        assertFound("changed", filter(false, taken -> {
            taken.range(BlockOp.FLUSH, 0, 0);
            return QueueStatus.BUSY;
        }));
        request.read(0, 512);
        assertFound("completion not put back", filter(false, taken -> {
            taken.setErrno(0);
            taken.setCompletion(null);
            return QueueStatus.COMPLETED;
        }));
    }
}
