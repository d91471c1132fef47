// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both rings against the kernel. A ring belongs to the thread of its test, hence no fixture. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UringTest {
    private static final int OP_NOP = 0;
    private static final int OP_READ = 22;
    private static final int OP_NONE = 255;
    private static final int READABLE = 1;
    private static final int EBADFD = 77;
    private static final int ETIME = 62;
    private static final int ECANCELED = 125;

    @TempDir
    Path directory;

    private final List<AutoCloseable> resources = new ArrayList<>();

    @BeforeEach
    void assumeAvailable() {
        UringProbe probe = UringProbe.run();
        assumeTrue(probe.available(), probe.reason());
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    private Uring ring(int entries) throws ErrnoException {
        Uring ring = Uring.create(entries);
        resources.add(ring);
        ring.enable();
        return ring;
    }

    private long memory(int bytes) throws ErrnoException {
        MappedMemory memory = MappedMemory.anonymous(bytes);
        resources.add(memory);
        return memory.address();
    }

    private int eventfd(int initialValue) throws ErrnoException {
        int fd = Posix.eventfd(initialValue, Posix.EFD_NONBLOCK | Posix.EFD_CLOEXEC);
        resources.add(() -> Posix.close(fd));
        return fd;
    }

    private static boolean add(Uring ring, int opcode, int fd, long address, int flags,
            long userData) {
        return ring.submissions().add(opcode, fd, 0, address, 0, flags, userData);
    }

    private static boolean nop(Uring ring, long userData) {
        return add(ring, OP_NOP, -1, 0, 0, userData);
    }

    /** Waits for so many answers and takes them: results by user data. */
    private static Map<Long, Integer> answers(Uring ring, int count) {
        Map<Long, Integer> results = new HashMap<>();
        while (results.size() < count) {
            int entered = ring.enter(count - results.size(), Uring.GETEVENTS);
            assertTrue(entered >= 0 || entered == -Posix.EINTR, "enter: " + entered);
            int size = ring.completions().size();
            for (int i = 0; i < size; i++) {
                results.put(ring.completions().userData(i), ring.completions().result(i));
            }
            ring.completions().advance(size);
        }
        return results;
    }

    // ------------------------------------------------------------------ the rings

    @Test
    void nopsComeBackInOrderOverManyWrapArounds() throws ErrnoException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Uring ring = ring(8);
        long sent = 0;
        long received = 0;
        for (int round = 0; round < 2_000; round++) {
            int batch = 1 + random.nextInt(8);
            for (int i = 0; i < batch; i++) {
                assertTrue(nop(ring, sent++ << 32 | 0x8000_0001L));
            }
            assertEquals(batch, ring.submissions().pending());
            assertEquals(batch, ring.enter(batch, Uring.GETEVENTS));
            assertEquals(0, ring.submissions().pending());
            int size = ring.completions().size();
            for (int i = 0; i < size; i++) {
                assertEquals(received++ << 32 | 0x8000_0001L, ring.completions().userData(i));
                assertEquals(0, ring.completions().result(i));
            }
            ring.completions().advance(size);
        }
        assertEquals(sent, received);
        assertEquals(0, ring.completions().size());
    }

    @Test
    void aFullRingTakesNoMoreUntilItIsEntered() throws ErrnoException {
        Uring ring = ring(8);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 8; i++) {
                assertTrue(nop(ring, i));
            }
            assertFalse(nop(ring, 99));
            assertFalse(nop(ring, 99));
            assertEquals(8, ring.submissions().pending());
            assertEquals(8, answers(ring, 8).size());
        }
        assertEquals(0, ring.enter(0, Uring.GETEVENTS));
        assertEquals(0, ring.completions().size());
    }

    @Test
    void whatIsOnlyAddedIsNotSubmitted() throws ErrnoException {
        Uring ring = ring(8);
        assertTrue(nop(ring, 1));
        assertEquals(0, ring.completions().size());
        assertEquals(1, ring.submissions().pending());
        assertEquals(Map.of(1L, 0), answers(ring, 1));
    }

    @Test
    void answersBeyondTheRingAreKeptAndAllDelivered() throws ErrnoException {
        Uring ring = ring(4);
        int total = 100;
        int added = 0;
        List<Long> received = new ArrayList<>();
        while (added < total) {
            while (added < total && nop(ring, added)) {
                added++;
            }
            int entered = ring.enter(0, 0);
            if (entered == -Posix.EBUSY) {
                // Kernels before 6.0 take nothing while they keep answers back.
                reap(ring, received);
            }
        }
        assertEquals(8, ring.completions().size());
        assertTrue(ring.needsEnter());
        while (received.size() < total) {
            reap(ring, received);
        }
        assertEquals(LongStream.range(0, total).boxed().toList(), received);
        assertFalse(ring.needsEnter());
    }

    private static void reap(Uring ring, List<Long> received) {
        int size = ring.completions().size();
        for (int i = 0; i < size; i++) {
            received.add(ring.completions().userData(i));
        }
        ring.completions().advance(size);
        ring.enter(0, Uring.GETEVENTS);
    }

    @Test
    void entriesAreRoundedUpToAPowerOfTwo() throws ErrnoException {
        Uring ring = ring(5);
        int count = 0;
        while (nop(ring, count)) {
            count++;
        }
        assertEquals(8, count);
        assertEquals(8, answers(ring, 8).size());
    }

    @Test
    void sizesThatNoRingHasAreRefused() {
        for (int entries : new int[] {0, -1, 1 << 20}) {
            ErrnoException refused =
                    assertThrows(ErrnoException.class, () -> Uring.create(entries));
            assertEquals(Posix.EINVAL, refused.errno(), "entries " + entries);
        }
    }

    @Test
    void manyRingsLeaveNoDescriptorBehind() throws ErrnoException {
        int first = -1;
        for (int i = 0; i < 300; i++) {
            try (Uring ring = Uring.create(4)) {
                ring.enable();
                assertTrue(nop(ring, 1));
                answers(ring, 1);
                int free = Posix.eventfd(0, Posix.EFD_CLOEXEC);
                Posix.close(free);
                first = first < 0 ? free : first;
                assertTrue(free < first + 200, "descriptor " + free);
            }
        }
    }

    // ------------------------------------------------------------------ operations

    @Test
    void aPollIsAnsweredWhenItsDescriptorIsReady() throws ErrnoException {
        Uring ring = ring(8);
        int fd = eventfd(0);
        assertTrue(add(ring, Uring.OP_POLL_ADD, fd, 0, READABLE, 7));
        assertEquals(1, ring.enter(0, Uring.GETEVENTS));
        assertEquals(0, ring.completions().size());
        assertFalse(ring.needsEnter());
        long one = memory(8);
        NativeMemory.putLong(one, 1);
        assertEquals(8, Posix.write(fd, one, 8));
        // Either in the ring at once, or told by the flag and in the ring after an enter.
        assertTrue(ring.completions().size() == 1 || ring.needsEnter());
        assertEquals(Map.of(7L, READABLE), answers(ring, 1));
        assertFalse(ring.needsEnter());
        assertEquals(0, ring.enter(0, Uring.GETEVENTS));
        assertEquals(0, ring.completions().size());
    }

    @Test
    void aPollOfAClosedDescriptorFails() throws ErrnoException {
        Uring ring = ring(8);
        int fd = Posix.eventfd(0, 0);
        Posix.close(fd);
        assertTrue(add(ring, Uring.OP_POLL_ADD, fd, 0, READABLE, 7));
        assertEquals(Map.of(7L, -Posix.EBADF), answers(ring, 1));
    }

    @Test
    void aRemovedPollIsCancelledAndAnUnknownOneIsNotFound() throws ErrnoException {
        Uring ring = ring(8);
        int fd = eventfd(0);
        long target = 0x4000_0001_0000_0002L;
        assertTrue(add(ring, Uring.OP_POLL_ADD, fd, 0, READABLE, target));
        assertTrue(add(ring, Uring.OP_POLL_REMOVE, -1, target + 1, 0, 8));
        assertTrue(add(ring, Uring.OP_POLL_REMOVE, -1, target, 0, 9));
        assertEquals(Map.of(target, -ECANCELED, 8L, -Posix.ENOENT, 9L, 0), answers(ring, 3));
    }

    @Test
    void aTimeoutIsAnsweredWhenItIsOverOrRemoved() throws ErrnoException {
        Uring ring = ring(8);
        long timespec = memory(32);
        NativeMemory.putLong(timespec, 0);
        NativeMemory.putLong(timespec + 8, 5_000_000);
        NativeMemory.putLong(timespec + 16, 1_000);
        long startNs = System.nanoTime();
        assertTrue(ring.submissions().add(Uring.OP_TIMEOUT, -1, 0, timespec, 1, 0, 5));
        assertEquals(Map.of(5L, -ETIME), answers(ring, 1));
        assertTrue(System.nanoTime() - startNs >= 5_000_000);
        assertTrue(ring.submissions().add(Uring.OP_TIMEOUT, -1, 0, timespec + 16, 1, 0, 6));
        assertTrue(add(ring, Uring.OP_TIMEOUT_REMOVE, -1, 6, 0, 7));
        assertEquals(Map.of(6L, -ECANCELED, 7L, 0), answers(ring, 2));
    }

    @Test
    void anUnknownOperationFailsAloneAndTheRingGoesOn() throws ErrnoException {
        Uring ring = ring(8);
        assertTrue(add(ring, OP_NONE, -1, 0, 0, 1));
        assertEquals(Map.of(1L, -Posix.EINVAL), answers(ring, 1));
        assertTrue(nop(ring, 2));
        assertEquals(Map.of(2L, 0), answers(ring, 1));
    }

    @Test
    void aReadTakesFdOffsetAddressAndLength() throws IOException {
        byte[] content = {10, 11, 12, 13, 14, 15, 16, 17};
        Path file = Files.write(directory.resolve("file"), content);
        int fd = Posix.open(file.toString(), Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        resources.add(() -> Posix.close(fd));
        long buffer = memory(64);
        Uring ring = ring(8);
        // A second time over an entry that held other values.
        for (int round = 0; round < 9; round++) {
            NativeMemory.fill(buffer, 64, 0);
            assertTrue(ring.submissions().add(OP_READ, fd, 2, buffer + 8, 3, 0, 1L << 63));
            assertEquals(Map.of(1L << 63, 3), answers(ring, 1));
            assertEquals(0, NativeMemory.getByte(buffer + 7));
            assertEquals(12, NativeMemory.getByte(buffer + 8));
            assertEquals(14, NativeMemory.getByte(buffer + 10));
            assertEquals(0, NativeMemory.getByte(buffer + 11));
        }
        assertTrue(ring.submissions().add(OP_READ, fd, 1L << 33, buffer, 3, 0, 2));
        assertEquals(Map.of(2L, 0), answers(ring, 1));
    }

    // ------------------------------------------------------------------ ownership

    @Test
    void aRingThatIsNotEnabledTakesNothing() throws ErrnoException {
        Uring ring = Uring.create(4);
        resources.add(ring);
        assertTrue(nop(ring, 1));
        assertEquals(-EBADFD, ring.enter(0, Uring.GETEVENTS));
        ring.enable();
        assertEquals(Map.of(1L, 0), answers(ring, 1));
        ErrnoException again = assertThrows(ErrnoException.class, ring::enable);
        assertEquals(EBADFD, again.errno());
    }

    @Test
    void aForeignThreadIsRefusedAndTheOwnerGoesOn() throws Exception {
        Uring ring = ring(4);
        assertTrue(nop(ring, 1));
        int foreign = CompletableFuture.supplyAsync(() -> ring.enter(0, 0)).get();
        assumeTrue(foreign != 1, "a kernel before 6.1 has no SINGLE_ISSUER");
        assertEquals(-Posix.EEXIST, foreign);
        assertEquals(Map.of(1L, 0), answers(ring, 1));
    }

    @Test
    void aRingMayBeEnabledByAnotherThreadThanItsMaker() throws Exception {
        Uring ring = Uring.create(4);
        resources.add(ring);
        Map<Long, Integer> answered = CompletableFuture.supplyAsync(() -> {
            try {
                ring.enable();
            } catch (ErrnoException e) {
                throw new AssertionError(e);
            }
            assertTrue(nop(ring, 3));
            return answers(ring, 1);
        }).get();
        assertEquals(Map.of(3L, 0), answered);
    }

    // ------------------------------------------------------------------ layout

    @Test
    void structuresAddUpToTheSizesOfTheKernel() {
        int u8 = 1;
        int u16 = 2;
        int u32 = 4;
        int u64 = 8;
        assertEquals(IoUringAbi.PARAMS_CQ_ENTRIES, IoUringAbi.PARAMS_SQ_ENTRIES + u32);
        assertEquals(IoUringAbi.PARAMS_FLAGS, 2 * u32);
        assertEquals(IoUringAbi.PARAMS_FEATURES, IoUringAbi.PARAMS_FLAGS + 3 * u32);
        // features, wq_fd and three reserved
        assertEquals(IoUringAbi.PARAMS_SQ_OFF, IoUringAbi.PARAMS_FEATURES + 5 * u32);
        int offsets = 8 * u32 + u64;
        assertEquals(IoUringAbi.PARAMS_CQ_OFF, IoUringAbi.PARAMS_SQ_OFF + offsets);
        assertEquals(IoUringAbi.PARAMS_BYTES, IoUringAbi.PARAMS_CQ_OFF + offsets);
        assertEquals(IoUringAbi.SQ_OFF_FLAGS, 4 * u32);
        assertEquals(IoUringAbi.SQ_OFF_ARRAY, IoUringAbi.SQ_OFF_FLAGS + 2 * u32);
        assertEquals(IoUringAbi.CQ_OFF_CQES, 5 * u32);
        // opcode, flags, ioprio and fd
        assertEquals(IoUringAbi.SQE_OFF, 2 * u8 + u16 + u32);
        assertEquals(IoUringAbi.SQE_ADDR, IoUringAbi.SQE_OFF + u64);
        assertEquals(IoUringAbi.SQE_LEN, IoUringAbi.SQE_ADDR + u64);
        assertEquals(IoUringAbi.SQE_USER_DATA, IoUringAbi.SQE_LEN + 2 * u32);
        assertEquals(IoUringAbi.SQE_BUF_INDEX, IoUringAbi.SQE_USER_DATA + u64);
        // buf_index, personality, file_index, addr3 and padding
        assertEquals(IoUringAbi.SQE_BYTES,
                IoUringAbi.SQE_BUF_INDEX + 2 * u16 + u32 + 2 * u64);
        assertEquals(IoUringAbi.CQE_RES, IoUringAbi.CQE_USER_DATA + u64);
        assertEquals(IoUringAbi.CQE_BYTES, IoUringAbi.CQE_RES + 2 * u32);
    }
}
