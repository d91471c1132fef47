// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.DeferredCall;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two loops with an engine each on one file, many requests in flight, every read checked: data,
 * completions and wake-ups that get lost show as a wrong byte or as a run that does not end.
 */
class ThreadsEngineStressTest {
    private static final int LOOPS = 2;
    private static final int SLOTS = 48;
    private static final int SLOT_BYTES = 16 * 1024;
    private static final int REQUESTS_PER_SLOT = 250;
    private static final long LOOP_BYTES = (long) SLOTS * SLOT_BYTES;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {0, 50_000})
    void losesNothingUnderLoad(long pollMaxNs) throws Exception {
        long seed = Long.getLong("stress.seed", System.nanoTime());
        System.out.println("ThreadsEngineStressTest: -Dstress.seed=" + seed);
        Path path = directory.resolve("stress.raw");
        Files.write(path, new byte[(int) (LOOPS * LOOP_BYTES)]);
        int fd = Posix.open(path.toString(), Posix.O_RDWR, 0);
        try (HostFile file = new HostFile("stress.raw", fd, fd)) {
            AioOptions options = AioOptions.of(PollingOptions.classic(pollMaxNs, 0, 0));
            List<IoThread> loops = new ArrayList<>();
            List<Load> loads = new ArrayList<>();
            for (int i = 0; i < LOOPS; i++) {
                IoThread loop = IoThread.start("stress-" + i, options);
                Load load = new Load(loop.context(), file, i * LOOP_BYTES, seed + i);
                loops.add(loop);
                loads.add(load);
                loop.call(load::start);
            }
            for (int i = 0; i < LOOPS; i++) {
                boolean ended = loads.get(i).done.await(60, TimeUnit.SECONDS);
                loops.get(i).call(loads.get(i)::check);
                assertTrue(ended, "not all requests came back");
                loops.get(i).call(loads.get(i)::close);
                loops.get(i).close();
            }
        }
    }

    /** Slots of one request each, that write and read back their own part of the file. */
    private static final class Load extends DeferredCall {
        final CountDownLatch done = new CountDownLatch(1);
        private final AioContext context;
        private final BlockBackend disk;
        private final long base;
        private final SplittableRandom random;
        private final MappedMemory memory;
        private int slotsLeft = SLOTS;
        private Throwable failure;

        Load(AioContext context, HostFile file, long base, long seed) throws Exception {
            this.context = context;
            this.base = base;
            this.random = new SplittableRandom(seed);
            this.memory = MappedMemory.anonymous(
                    SLOTS * (SLOT_BYTES + (long) IovecArray.ELEMENT_BYTES));
            IoEngine engine = IoEngines.open(IoEngineKind.THREADS, file, context, false);
            this.disk = new ContractFilter(
                    EngineBackend.of(engine, LOOPS * LOOP_BYTES), context);
        }

        void start() {
            for (int i = 0; i < SLOTS; i++) {
                new Slot(i).next();
            }
            disk.commit();
        }

        @Override
        protected void runDeferred() {
            disk.commit();
        }

        void check() {
            if (failure != null) {
                throw new AssertionError(failure);
            }
        }

        void close() {
            disk.close();
            memory.close();
        }

        private final class Slot implements BlockCompletion {
            private final BlockRequest request = new BlockRequest(this);
            private final long offset;
            private final long buffer;
            private final IovecArray iovec;
            private final byte[] expected = new byte[SLOT_BYTES];
            private int left = REQUESTS_PER_SLOT;

            Slot(int index) {
                offset = base + (long) index * SLOT_BYTES;
                buffer = memory.address() + (long) index * SLOT_BYTES;
                long elements = memory.address() + (long) SLOTS * SLOT_BYTES;
                iovec = new IovecArray(elements + (long) index * IovecArray.ELEMENT_BYTES, 1);
            }

            void next() {
                int blocks = SLOT_BYTES / 512;
                int first = random.nextInt(blocks);
                int bytes = 512 * (1 + random.nextInt(Math.min(8, blocks - first)));
                long at = offset + 512L * first;
                int kind = random.nextInt(40);
                if (kind == 0) {
                    request.range(BlockOp.FLUSH, 0, 0);
                } else if (kind == 1) {
                    request.range(BlockOp.WRITE_ZEROES, at, bytes);
                    request.setMayUnmap(random.nextBoolean());
                    Arrays.fill(expected, 512 * first, 512 * first + bytes, (byte) 0);
                } else {
                    boolean write = kind < 21;
                    iovec.set(0, buffer, bytes);
                    NativeMemory.fill(buffer, bytes, write ? random.nextInt(256) : 0x5a);
                    if (write) {
                        NativeMemory.copyToArray(buffer, expected, 512 * first, bytes);
                    }
                    request.transfer(
                            write ? BlockOp.WRITE : BlockOp.READ, at, bytes, iovec.address(0), 1);
                }
                assertEquals(QueueStatus.QUEUED, disk.submit(request));
            }

            @Override
            public void complete(BlockRequest ended) {
                try {
                    assertEquals(0, ended.errno());
                    if (ended.op() == BlockOp.READ) {
                        int length = (int) ended.lengthBytes();
                        int from = (int) (ended.offset() - offset);
                        byte[] got = new byte[length];
                        NativeMemory.copyToArray(buffer, got, 0, length);
                        byte[] want =
                                Arrays.copyOfRange(expected, from, from + length);
                        assertArrayEquals(want, got);
                    }
                    if (--left > 0) {
                        next();
                        context.defer(Load.this);
                    } else if (--slotsLeft == 0) {
                        done.countDown();
                    }
                } catch (AssertionError e) {
                    failure = e;
                    done.countDown();
                }
            }
        }
    }
}
