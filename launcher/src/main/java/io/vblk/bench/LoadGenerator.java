// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.NanoClock;
import io.vblk.block.BlockOp;
import io.vblk.fio.WaitMode;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.virtioblk.VirtioBlkDriver;
import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * One job: keeps iodepth requests in flight, times slat, clat and lat, checks data if asked to.
 * Thread: the job's. Without a rate a closed loop: the next request starts when one has ended, so a
 * slow device is also asked less often (fio's way). With a rate an open loop: a request starts when
 * it is due, and if there is no slot for it then, it waits and the wait counts. Allocates
 * nothing while it runs, unless data is verified.
 */
final class LoadGenerator {
    /** What fio calls a verify error: EILSEQ. */
    private static final int VERIFY_ERROR = 84;
    /** Longest sleep of a guest that waits for a call, so that it hears of a stop. */
    private static final long AWAIT_NS = 100_000_000L;

    /** Looks at the used ring before the processor is given away: tens of microseconds. */
    private static final int SPINS_PER_YIELD = 1_000;

    /**
     * A sleep ends this long before the next request of an open loop is due, for the kernel may
     * wake a thread that much later than asked (timer slack, and a halted processor's wake-up).
     */
    private static final long EARLY_NS = 100_000L;

    private final NanoClock clock;
    private final JobSpec spec;
    private final int job;
    private final VirtioBlkDriver driver;
    private final VerifyMap verify;
    private final StopFlag stop;
    private final JobStats stats = new JobStats();

    // Per slot.
    private final long[] startNs;
    private final long[] issueNs;
    private final long[] blocks;
    private final boolean[] writes;
    private final int[] writtenCrcs;

    private final int[] free;
    private int freeCount;

    private final CRC32C crc = new CRC32C();
    private final byte[] scratch;
    /** Null in a closed loop. */
    private Pacer pacer;
    private RequestSource source;
    private boolean sourceHasRequest;
    private boolean sourceEnded;
    private boolean recording;
    private boolean isRamp;
    private long recordFromNs;
    private long endNs;
    private long sampledNs;
    /** The clock as last read: reading it costs as much as half a request. */
    private long nowNs;
    private long generation;
    private int spins;
    /** Where slow requests are noted; null if nobody asks. */
    private TailSamples tail;

    LoadGenerator(JobSpec spec, int job, VirtioBlkDriver driver, VerifyMap verify, StopFlag stop) {
        this(spec, job, driver, verify, stop, NanoClock.MONOTONIC);
    }

    LoadGenerator(JobSpec spec, int job, VirtioBlkDriver driver, VerifyMap verify, StopFlag stop,
            NanoClock clock) {
        this.clock = clock;
        this.spec = spec;
        this.job = job;
        this.driver = driver;
        this.verify = verify;
        this.stop = stop;
        int depth = spec.iodepth();
        this.startNs = new long[depth];
        this.issueNs = new long[depth];
        this.blocks = new long[depth];
        this.writes = new boolean[depth];
        this.writtenCrcs = new int[depth];
        this.free = new int[depth];
        this.scratch = verify == null
                ? new byte[0]
                : new byte[Math.min(VerifyMap.PIECE_BYTES, spec.blockBytes())];
        for (int slot = 0; slot < depth; slot++) {
            free[slot] = slot;
            if (spec.rw().writes() && verify == null) {
                fillData(slot, slot);
            }
        }
        freeCount = depth;
    }

    JobStats stats() {
        return stats;
    }

    /** Notes slow requests there from now on, or not any more if null. No job may run. */
    void explainTail(TailSamples samples) {
        tail = samples;
    }

    /** Runs the job, measured. */
    void run() {
        ThreadUsage before = ThreadUsage.ofCurrentThread();
        recording = true;
        long beganNs = clock.nanoTime();
        recordFromNs = beganNs + spec.rampNs();
        endNs = spec.runtimeNs() == 0 ? Long.MAX_VALUE : recordFromNs + spec.runtimeNs();
        sampledNs = recordFromNs;
        if (tail != null) {
            tail.begin(System.nanoTime());
        }
        pacer = Pacer.of(spec, job);
        if (pacer != null) {
            isRamp = true;
            pacer.begin(beganNs);
        }
        drive(new AccessPattern(spec, job, pacer));
        if (tail != null) {
            tail.end();
        }
        stats.elapsedNs = Math.max(1, clock.nanoTime() - recordFromNs);
        stats.backlog = pacer != null && isOver() ? pacer.dueBefore(endNs) : 0;
        stats.activeNs = stats.elapsedNs + spec.rampNs();
        stats.usage = ThreadUsage.ofCurrentThread().since(before);
    }

    /** Reads back this job's share of what all jobs have written, not measured. */
    void readBack() {
        recording = false;
        endNs = Long.MAX_VALUE;
        pacer = null;
        drive(new ReadBack(verify, spec.blocks(), job, spec.numjobs()));
    }

    private void drive(RequestSource requests) {
        source = requests;
        sourceHasRequest = false;
        sourceEnded = false;
        nowNs = clock.nanoTime();
        while (true) {
            submit();
            if (freeCount == spec.iodepth()) {
                if (sourceEnded) {
                    return;
                }
                // Nothing is due, or another job holds the block that is next, for ever if that
                // job has died.
                nowNs = clock.nanoTime();
                if (stop.isRequested() || isOver()) {
                    return;
                }
                if (pacer == null) {
                    Thread.onSpinWait();
                    continue;
                }
            }
            int slot = driver.poll();
            if (slot != VirtioBlkDriver.NOTHING) {
                reap(slot);
            } else if (isAbandonedAfterWait()) {
                return;
            }
        }
    }

    /** Waits for a completion, or a moment; returns whether none can come any more. */
    private boolean isAbandonedAfterWait() {
        long waitNs = spec.waitMode() == WaitMode.EVENT ? sleepNs() : 0;
        if (waitNs > 0) {
            driver.await(waitNs);
            if (tail != null) {
                tail.resume(System.nanoTime());
            }
            return stop.isAbandoned();
        }
        if (tail != null) {
            tail.look(System.nanoTime());
        }
        if (++spins % SPINS_PER_YIELD != 0) {
            Thread.onSpinWait();
            return false;
        }
        // The device may be waiting for this processor.
        Thread.yield();
        return stop.isAbandoned();
    }

    /** How long a guest may sleep so that it still starts the next request when it is due. */
    private long sleepNs() {
        return pacer == null || freeCount == 0 || sourceEnded
                ? AWAIT_NS
                : Math.min(AWAIT_NS, pacer.dueNs(isWrite()) - nowNs - EARLY_NS);
    }

    // ------------------------------------------------------------------ submission

    /**
     * Starts what there are slots for, one by one as fio does by default: the device works on the
     * first while the next is made. A request starts when its predecessor has been submitted and
     * is submitted when the device can see it; a kick is the device's business and so in clat. In
     * an open loop it starts when it is due, however late that is noticed.
     */
    private void submit() {
        int batch = 0;
        if (pacer != null) {
            nowNs = clock.nanoTime();
            endRamp();
        }
        while (freeCount > 0 && !sourceEnded && stepSource() && isDue()) {
            int slot = free[freeCount - 1];
            startNs[slot] = pacer == null ? nowNs : pacer.dueNs(isWrite());
            if (!add(slot)) {
                break;
            }
            if (pacer != null) {
                pacer.step(isWrite());
            }
            freeCount--;
            sourceHasRequest = false;
            boolean wantsKick = driver.publish();
            nowNs = clock.nanoTime();
            issueNs[slot] = nowNs;
            if (wantsKick) {
                kick();
            }
            batch++;
            if (isCounted()) {
                stats.levels.count(spec.iodepth() - freeCount, 1);
            }
        }
        if (batch > 0 && isCounted()) {
            stats.submits.count(1, batch);
        }
    }

    private void kick() {
        long beganNs = nowNs;
        driver.sendKick();
        nowNs = clock.nanoTime();
        if (tail != null) {
            tail.kicked(beganNs, nowNs);
        }
    }

    /** Of a guest that was too slow while it warmed up the measured time hears nothing. */
    private void endRamp() {
        if (isRamp && nowNs - recordFromNs >= 0) {
            isRamp = false;
            pacer.skipTo(recordFromNs);
        }
    }

    private boolean isWrite() {
        return source.op() == BlockOp.WRITE;
    }

    /** Whether it is time for the next request; never for one that is due after the end. */
    private boolean isDue() {
        if (pacer == null) {
            return true;
        }
        long dueNs = pacer.dueNs(isWrite());
        return dueNs - nowNs <= 0 && (endNs == Long.MAX_VALUE || dueNs - endNs < 0);
    }

    private boolean isCounted() {
        return recording && nowNs - recordFromNs >= 0;
    }

    /** Makes the source's next request available; false if there is none or its block is taken. */
    private boolean stepSource() {
        if (!sourceHasRequest) {
            if (stop.isRequested() || !source.next()) {
                sourceEnded = true;
                return false;
            }
            sourceHasRequest = true;
        }
        return true;
    }

    private boolean add(int slot) {
        long block = source.block();
        if (verify != null && !verify.tryLock(block)) {
            return false;
        }
        boolean write = isWrite();
        blocks[slot] = block;
        writes[slot] = write;
        if (verify != null && write) {
            fillData(slot, block);
            writtenCrcs[slot] = crcOf(slot);
        }
        long offset = spec.offset() + block * spec.blockBytes();
        if (driver.transfer(slot, source.op(), offset, spec.blockBytes())) {
            return true;
        }
        if (verify != null) {
            verify.unlock(block);
        }
        return false;
    }

    /** Data that no other block and no earlier write has: a misplaced or stale one shows. */
    private void fillData(int slot, long block) {
        long at = driver.dataAddress(slot);
        long value = AccessPattern.scramble(
                spec.randSeed() ^ AccessPattern.scramble(block + 1) ^ generation++);
        for (int i = 0; i < spec.blockBytes(); i += Long.BYTES) {
            NativeMemory.putLong(at + i, value);
            value = value * 0x5851F42D4C957F2DL + 0x14057B7EF767814FL;
        }
    }

    // ------------------------------------------------------------------ completion

    private void reap(int first) {
        nowNs = clock.nanoTime();
        if (tail != null) {
            tail.reaped(nowNs);
        }
        int count = 0;
        int slot = first;
        while (slot != VirtioBlkDriver.NOTHING) {
            complete(slot);
            count++;
            slot = driver.poll();
        }
        if (isCounted()) {
            stats.completes.count(count, 1);
        }
        if (recording && nowNs - sampledNs >= DirectionStats.SAMPLE_NS) {
            stats.read.sample(nowNs - sampledNs);
            stats.write.sample(nowNs - sampledNs);
            sampledNs = nowNs;
        }
        if (isOver()) {
            sourceEnded = true;
        }
        if (tail != null) {
            nowNs = tail.settle(nowNs, stats);
        }
    }

    private boolean isOver() {
        return endNs != Long.MAX_VALUE && nowNs - endNs >= 0;
    }

    private void complete(int slot) {
        free[freeCount++] = slot;
        boolean write = writes[slot];
        if (recording) {
            stats.completed++;
        }
        if (driver.status(slot) != VirtioBlkDriver.STATUS_OK) {
            fail(slot);
        } else if (recording && startNs[slot] - recordFromNs >= 0) {
            stats.of(write).record(startNs[slot], issueNs[slot], nowNs, spec.blockBytes());
            if (tail != null) {
                tail.completed(issueNs[slot], nowNs);
            }
        }
        if (verify != null) {
            check(slot);
            verify.unlock(blocks[slot]);
        }
    }

    private void fail(int slot) {
        sourceEnded = true;
        if (stats.error == 0) {
            stats.error = Posix.EIO;
            stats.errorText = (writes[slot] ? "write" : "read") + " of " + spec.blockBytes()
                    + " bytes at offset " + (spec.offset() + blocks[slot] * spec.blockBytes());
        }
    }

    private int crcOf(int slot) {
        return VerifyMap.crcOf(driver.dataAddress(slot), spec.blockBytes(), scratch, crc);
    }

    private void check(int slot) {
        long block = blocks[slot];
        if (driver.status(slot) != VirtioBlkDriver.STATUS_OK) {
            verify.forget(block);
            return;
        }
        if (writes[slot]) {
            verify.wrote(block, writtenCrcs[slot]);
            return;
        }
        int seen = crcOf(slot);
        if (verify.learns(block, seen)) {
            return;
        }
        try {
            int expected = verify.expected(block);
            stats.verifiedBlocks++;
            if (seen != expected) {
                stats.verifyFailed(String.format(
                        "verify: offset %d, length %d: crc32c %08x expected, %08x read",
                        spec.offset() + block * spec.blockBytes(), spec.blockBytes(),
                        expected, seen));
                stats.error = stats.error == 0 ? VERIFY_ERROR : stats.error;
            }
        } catch (IOException e) {
            stats.verifyFailed("verify: the image cannot be read: " + e.getMessage());
            sourceEnded = true;
        }
    }
}
