// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random requests of any sectors from several views of a file with large units, against an array.
 * Requests under way share units but no sectors, so it is known what each must find. The engines
 * below end requests in random order, have no room at times, and the whole run follows from a seed.
 */
class AlignedFuzzTest {
    private static final int UNIT = 4096;
    private static final int SECTOR = 512;
    private static final int SECTORS = 40 * UNIT / SECTOR + 3;
    private static final int SIZE = SECTORS * SECTOR;
    private static final int VIEWS = 3;
    private static final int DEPTH = 24;
    private static final int LENGTH_MAX = 20;
    private static final int STEPS = 20_000;

    private static long seed() {
        long seed = Long.getLong("aligned.seed", System.nanoTime());
        System.out.println("AlignedFuzzTest: -Daligned.seed=" + seed);
        return seed;
    }

    @Test
    void behavesLikeAnArray() throws Exception {
        try (Run run = new Run(seed(), true)) {
            assertNull(run.firstDifference());
        }
    }

    @Test
    void wouldFindUnitsThatAreNotLocked() throws Exception {
        // Views that do not know of each other.
        try (Run run = new Run(seed(), false)) {
            assertNotNull(run.firstDifference(), "lost updates were not found");
        }
    }

    /** Carries requests out when the test says so, in any order. */
    private static final class LazyEngine implements IoEngine {
        private final BlockingIo io;
        private final SplittableRandom random;
        private final List<BlockRequest> pending = new ArrayList<>();
        private int committed;

        LazyEngine(HostFile file, SplittableRandom random) {
            this.io = new BlockingIo(file);
            this.random = random;
        }

        @Override
        public QueueStatus submit(BlockRequest request) {
            int draw = random.nextInt(100);
            if (draw < 10 && !pending.isEmpty()) {
                return QueueStatus.BUSY;
            }
            if (draw < 25) {
                io.run(request);
                return QueueStatus.COMPLETED;
            }
            pending.add(request);
            return QueueStatus.QUEUED;
        }

        @Override
        public void commit() {
            committed = pending.size();
        }

        void finishOne() {
            if (committed > 0) {
                committed--;
                BlockRequest request = pending.remove(random.nextInt(committed + 1));
                io.run(request);
                request.completion().complete(request);
            }
        }

        @Override
        public void close() {
            if (!pending.isEmpty()) {
                throw new AssertionError(pending.size() + " left");
            }
        }
    }

    private static final class Run implements AutoCloseable {
        private final SplittableRandom random;
        private final FakeFile.Tail tail = new FakeFile.Tail();
        private final FakeFile file = new FakeFile(SIZE, direct());
        private final byte[] model = new byte[SIZE];
        private final BitSet underWay = new BitSet();
        private final List<AioContext> contexts = new ArrayList<>();
        private final List<BlockBackend> disks = new ArrayList<>();
        private final List<LazyEngine> engines = new ArrayList<>();
        private final List<Slot> slots = new ArrayList<>();
        private String difference;

        Run(long seed, boolean locked) throws Exception {
            random = new SplittableRandom(seed);
            tail.join(file);
            for (int i = 0; i < VIEWS; i++) {
                AioContext context = AioContext.create(AioOptions.of(PollingOptions.OFF));
                contexts.add(context);
                LazyEngine engine = lazy(file);
                AlignedEngine aligned = new AlignedEngine(
                        engine, locked ? file.direct() : direct(), context, () -> lazy(tail));
                disks.add(new ContractFilter(EngineBackend.of(aligned, SIZE), context));
                for (int slot = 0; slot < DEPTH; slot++) {
                    slots.add(new Slot(i));
                }
            }
        }

        private DirectIo direct() {
            return new DirectIo(SECTOR, UNIT, SECTOR, tail, SIZE);
        }

        private LazyEngine lazy(HostFile target) {
            LazyEngine engine = new LazyEngine(target, random.split());
            engines.add(engine);
            return engine;
        }

        String firstDifference() {
            for (int step = 0; step < STEPS && difference == null; step++) {
                slots.get(random.nextInt(slots.size())).start();
                turn();
                // The list of what was called is of no use here.
                file.calls.clear();
            }
            long deadlineNs = System.nanoTime() + 20_000_000_000L;
            while (slots.stream().anyMatch(slot -> slot.busy)) {
                turn();
                if (System.nanoTime() > deadlineNs) {
                    throw new AssertionError("requests do not come back");
                }
            }
            if (difference == null && !Arrays.equals(model, file.bytes)) {
                difference = "the file at " + Arrays.mismatch(model, file.bytes);
            }
            return difference;
        }

        private void turn() {
            disks.get(random.nextInt(VIEWS)).commit();
            for (int i = random.nextInt(3); i >= 0; i--) {
                engines.get(random.nextInt(engines.size())).finishOne();
            }
            contexts.get(random.nextInt(VIEWS)).poll(false);
            slots.forEach(Slot::reap);
        }

        @Override
        public void close() {
            slots.forEach(slot -> slot.request.close());
            disks.forEach(BlockBackend::close);
            contexts.forEach(AioContext::close);
        }

        private final class Slot {
            final TestRequest request = new TestRequest(LENGTH_MAX * SECTOR + 8, 4);
            private final int view;
            boolean busy;
            private int completionsBefore;
            private int first;
            private int last;
            private byte[] written;

            Slot(int view) {
                this.view = view;
            }

            void start() {
                int length = 1 + random.nextInt(LENGTH_MAX);
                int from = random.nextInt(SECTORS - length + 1);
                if (random.nextInt(4) == 0) {
                    from = from & -8;
                    length = Math.min((length + 7) & -8, SECTORS - from);
                    length = Math.min(length, LENGTH_MAX & -8);
                }
                if (busy || !underWay.get(from, from + length).isEmpty()) {
                    return;
                }
                first = from;
                last = from + length;
                prepare(first * SECTOR, length * SECTOR);
                completionsBefore = request.completions();
                QueueStatus status = disks.get(view).submit(request.request());
                if (status == QueueStatus.BUSY) {
                    return;
                }
                busy = true;
                underWay.set(first, last);
                if (status == QueueStatus.COMPLETED) {
                    end();
                }
            }

            private void prepare(int offset, int length) {
                int cut = random.nextInt(3) == 0
                        ? random.nextInt(length + 1) : random.nextInt(length / SECTOR) * SECTOR;
                switch (random.nextInt(10)) {
                    case 0 -> request.range(BlockOp.WRITE_ZEROES, offset, length);
                    case 1 -> request.range(BlockOp.DISCARD, offset, length);
                    case 2, 3, 4, 5 -> {
                        written = new byte[length];
                        Arrays.fill(written, (byte) (1 + random.nextInt(255)));
                        request.write(offset, written, cut, 0, length - cut);
                        request.request().setStable(random.nextInt(8) == 0);
                    }
                    default -> request.read(offset, cut, length - cut);
                }
            }

            void reap() {
                if (busy && request.completions() > completionsBefore) {
                    end();
                }
            }

            private void end() {
                busy = false;
                underWay.clear(first, last);
                int from = first * SECTOR;
                int to = last * SECTOR;
                if (request.request().errno() != 0) {
                    difference = request.request().op() + ": errno " + request.request().errno();
                }
                switch (request.request().op()) {
                    case READ -> {
                        byte[] expected = Arrays.copyOfRange(model, from, to);
                        int at = Arrays.mismatch(expected, request.bytes(to - from));
                        if (at >= 0 && difference == null) {
                            difference = "read at " + (from + at);
                        }
                    }
                    case WRITE -> System.arraycopy(written, 0, model, from, to - from);
                    case WRITE_ZEROES -> Arrays.fill(model, from, to, (byte) 0);
                    default -> discarded(from, to);
                }
            }

            /** Each sector is what it was or zeroes. */
            private void discarded(int from, int to) {
                for (int at = from; at < to; at++) {
                    if (file.bytes[at] == 0) {
                        model[at] = 0;
                    }
                }
            }
        }
    }
}
