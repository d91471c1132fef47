// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.TestRequest;
import io.vblk.block.engine.IoEngine;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.engine.IoEngines;
import io.vblk.posix.Posix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The power fails at a random point of a random run: what was acknowledged before the last
 * acknowledged flush, and every acknowledged stable write, is still there.
 */
class PowerCutTest {
    private static final int CAPACITY = 256 * 1024;
    private static final int SECTOR = PowerCutJournal.SECTOR;
    private static final int OPERATIONS = 400;
    private static final int DEPTH = 10;
    private static final int SECTORS_MAX = 20;
    private static final int RUNS = 3;
    private static final int CUTS = 300;

    @TempDir
    Path directory;

    private static long seed() {
        long seed = Long.getLong("powercut.seed", System.nanoTime());
        System.out.println("PowerCutTest: -Dpowercut.seed=" + seed);
        return seed;
    }

    /** How the file is made; the planted faults are here. */
    private interface FileMaker {
        RecordingFile make(int fd, PowerCutJournal journal, int zeroRangeErrno);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void keepsEveryPromise(IoEngineKind engine) throws Exception {
        assertNull(firstViolation(engine, seed(), RecordingFile::new));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void wouldFindAMissingSync(IoEngineKind engine) throws Exception {
        assertNotNull(firstViolation(engine, seed(), (fd, journal, errno) ->
                new RecordingFile(fd, journal, errno) {
                    @Override
                    protected int fdatasync() {
                        return 0;
                    }
                }), "a flush that does nothing was not found");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void wouldFindAStableWriteThatIsNot(IoEngineKind engine) throws Exception {
        assertNotNull(firstViolation(engine, seed(), (fd, journal, errno) ->
                new RecordingFile(fd, journal, errno) {
                    @Override
                    public long write(long iovecs, int count, long offset, boolean stable) {
                        return super.write(iovecs, count, offset, false);
                    }
                }), "a stable write without RWF_DSYNC was not found");
    }

    private String firstViolation(IoEngineKind engine, long seed, FileMaker maker)
            throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        for (int run = 0; run < RUNS; run++) {
            PowerCutJournal journal = new PowerCutJournal(CAPACITY);
            Path path = TestImages.sparse(directory, "run" + run + ".raw", CAPACITY);
            int fd = Posix.open(path.toString(), Posix.O_RDWR, 0);
            // Without ZERO_RANGE, as on tmpfs, zeroes are written out.
            int zeroRangeErrno = run % 2 == 0 ? 0 : Posix.EOPNOTSUPP;
            try (AioContext context = AioContext.create(AioOptions.of(PollingOptions.DEFAULT));
                    RecordingFile file = maker.make(fd, journal, zeroRangeErrno);
                    BlockBackend disk = attach(file, engine, context)) {
                new Guest(disk, context, journal, random.split()).run();
            }
            for (int i = 0; i < CUTS; i++) {
                String violation = journal.violation(
                        random.nextInt(journal.length() + 1), random);
                if (violation != null) {
                    return violation;
                }
            }
        }
        return null;
    }

    private static BlockBackend attach(
            RecordingFile file, IoEngineKind engine, AioContext context) throws Exception {
        LiveLimits limits = new LiveLimits(
                new BlockLimits(CAPACITY, SECTOR, 4096, 0, false, true, true));
        IoEngine opened = IoEngines.open(engine, file, context, false);
        return new ContractFilter(
                new RawImage(limits, opened, new FirstBlockGuard(SECTOR)), context);
    }

    /** Keeps random requests in flight that never overlap, and notes their ends. */
    private static final class Guest {
        private final BlockBackend disk;
        private final AioContext context;
        private final PowerCutJournal journal;
        private final SplittableRandom random;
        private final BitSet sectorsUnderWay = new BitSet();
        private final Slot[] slots = new Slot[DEPTH];
        private int started;
        private long lastValue;

        Guest(BlockBackend disk, AioContext context, PowerCutJournal journal,
                SplittableRandom random) {
            this.disk = disk;
            this.context = context;
            this.journal = journal;
            this.random = random;
            for (int i = 0; i < DEPTH; i++) {
                slots[i] = new Slot();
            }
        }

        void run() {
            while (started < OPERATIONS) {
                for (Slot slot : slots) {
                    if (!slot.busy) {
                        slot.start();
                    }
                }
                disk.commit();
                if (!reap()) {
                    context.poll(true);
                }
                reap();
            }
            TestRequest.await(context, this::reap);
            for (Slot slot : slots) {
                slot.request.close();
            }
        }

        private boolean reap() {
            boolean idle = true;
            for (Slot slot : slots) {
                if (slot.busy && slot.request.completions() > slot.completionsBefore) {
                    slot.end();
                }
                idle &= !slot.busy;
            }
            return idle;
        }

        private final class Slot {
            final TestRequest request = new TestRequest(SECTORS_MAX * SECTOR, 3);
            boolean busy;
            int completionsBefore;
            private PowerCutJournal.Promise promise;
            private int first;
            private int sectors;

            void start() {
                sectors = 1 + random.nextInt(SECTORS_MAX);
                first = random.nextInt(CAPACITY / SECTOR - sectors + 1);
                PowerCutJournal.Kind kind = draw();
                if (!sectorsUnderWay.get(first, first + sectors).isEmpty()) {
                    return;
                }
                QueueStatus status = disk.submit(prepare(kind).request());
                if (status == QueueStatus.BUSY) {
                    journal.refused(promise);
                    return;
                }
                started++;
                busy = true;
                completionsBefore = request.completions();
                sectorsUnderWay.set(first, first + sectors);
                if (status == QueueStatus.COMPLETED) {
                    end();
                }
            }

            private PowerCutJournal.Kind draw() {
                int percent = random.nextInt(100);
                if (percent < 6) {
                    sectors = 0;
                    first = 0;
                    return PowerCutJournal.Kind.FLUSH;
                }
                if (percent < 14) {
                    return PowerCutJournal.Kind.DISCARD;
                }
                return percent < 22
                        ? PowerCutJournal.Kind.STABLE_WRITE : PowerCutJournal.Kind.WRITE;
            }

            private TestRequest prepare(PowerCutJournal.Kind kind) {
                long offset = (long) first * SECTOR;
                int length = sectors * SECTOR;
                boolean zeroes = random.nextInt(4) == 0;
                boolean writes = kind == PowerCutJournal.Kind.WRITE
                        || kind == PowerCutJournal.Kind.STABLE_WRITE;
                long value = writes && !zeroes ? ++lastValue : 0;
                promise = journal.requested(kind, offset, length, value);
                if (kind == PowerCutJournal.Kind.FLUSH) {
                    return request.flush();
                }
                if (kind == PowerCutJournal.Kind.DISCARD) {
                    return request.range(BlockOp.DISCARD, offset, length);
                }
                if (zeroes) {
                    request.range(BlockOp.WRITE_ZEROES, offset, length);
                    request.request().setMayUnmap(random.nextBoolean());
                } else {
                    int cut = random.nextInt(length + 1);
                    request.write(offset, sectorsOf(value, length), cut, length - cut);
                }
                request.request().setStable(kind == PowerCutJournal.Kind.STABLE_WRITE);
                return request;
            }

            void end() {
                assertEquals(0, request.request().errno());
                journal.acknowledged(promise);
                busy = false;
                sectorsUnderWay.clear(first, first + sectors);
            }
        }

        private static byte[] sectorsOf(long value, int length) {
            ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            while (buffer.hasRemaining()) {
                buffer.putLong(value);
            }
            return buffer.array();
        }
    }
}
