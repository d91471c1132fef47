// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioTimer;
import io.vblk.aio.BottomHalf;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A disk in memory whose latency, order and errors follow from a seed and from the context's clock
 * alone. Thread: home.
 *
 * <p>A QUEUED request takes effect when it completes: by a timer when there is latency, by a bottom
 * half when there is none, or when the test says so.
 */
public final class SimulatedBackend implements BlockBackend {
    private static final int EIO = 5;
    private static final int ENOSPC = 28;
    private static final int SECTOR_BYTES = 512;
    private static final int PERCENT = 100;

    /**
     * How the disk behaves.
     *
     * @param completedPercent requests that end inside submit
     * @param busyPercent requests turned away while others are under way
     * @param errorPercent requests that fail with EIO or ENOSPC, reads and writes after a part
     * @param latencyMaxNs latencies are between 0 and this, drawn one by one, so that they overtake
     *     each other; 0 for the next iteration, in random order
     * @param onDemand nothing completes by itself, only by {@link #completeOne} and its like
     */
    public record Behaviour(int completedPercent, int busyPercent, int errorPercent,
            long latencyMaxNs, boolean onDemand) {
        /** Everything is QUEUED and completes on the next iteration. */
        public static final Behaviour PLAIN = new Behaviour(0, 0, 0, 0, false);
        /** Everything is QUEUED and waits for the test. */
        public static final Behaviour ON_DEMAND = new Behaviour(0, 0, 0, 0, true);
        /** A bit of everything. */
        public static final Behaviour ROUGH = new Behaviour(20, 10, 5, 1_000_000, false);
    }

    private record Pending(BlockRequest request, long dueNs) {}

    private final AioContext context;
    private final BlockLimits limits;
    private final Behaviour behaviour;
    private final SplittableRandom random;
    private final MappedMemory memory;
    /** What a power cut leaves: see {@link #cutPower}. */
    private final MappedMemory stable;
    private final BottomHalf bottomHalf;
    private final AioTimer timer;
    private final List<Pending> pending = new ArrayList<>();
    private int uncommitted;
    private int submitted;
    private int commits;
    private int flushes;
    private int failNext;
    private int noSpace;
    private int ioErrors;
    private int shortTransfers;
    private int overtakings;

    /** A zeroed disk with ordinary limits. */
    public SimulatedBackend(AioContext context, long capacityBytes, long seed,
            Behaviour behaviour) {
        this(context, new BlockLimits(capacityBytes, 512, 4096, 0, false, true, true), seed,
                behaviour);
    }

    /** A zeroed disk. */
    public SimulatedBackend(AioContext context, BlockLimits limits, long seed,
            Behaviour behaviour) {
        this.context = context;
        this.limits = limits;
        this.behaviour = behaviour;
        this.random = new SplittableRandom(seed);
        this.bottomHalf = context.bottomHalf("simulated disk", this::completeDue);
        this.timer = context.timer("simulated disk", this::completeDue);
        try {
            this.memory = MappedMemory.anonymous(limits.capacityBytes());
            this.stable = MappedMemory.anonymous(limits.capacityBytes());
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    // ------------------------------------------------------------------ for the test

    /** Address of the disk's bytes. */
    public long address() {
        return memory.address();
    }

    /** Requests under way, those not committed included. */
    public int underWay() {
        return pending.size();
    }

    /** Requests taken so far, by COMPLETED or QUEUED. */
    public int submitted() {
        return submitted;
    }

    /** Number of commits so far. */
    public int commits() {
        return commits;
    }

    /** Number of flushes that took effect. */
    public int flushes() {
        return flushes;
    }

    /** Requests that failed with ENOSPC by chance. */
    public int noSpace() {
        return noSpace;
    }

    /** Requests that failed with EIO by chance. */
    public int ioErrors() {
        return ioErrors;
    }

    /** Reads and writes that failed by chance after a part, neither nothing nor all. */
    public int shortTransfers() {
        return shortTransfers;
    }

    /** Requests that ended by themselves before one that was submitted earlier. */
    public int overtakings() {
        return overtakings;
    }

    /** Loses all that no flush and no stable write has made stable; nothing may be under way. */
    public void cutPower() {
        if (!pending.isEmpty()) {
            throw new AssertionError(pending.size() + " requests under way");
        }
        NativeMemory.copy(stable.address(), memory.address(), limits.capacityBytes());
    }

    /** Makes the next request that ends fail with this errno. */
    public void failNext(int errno) {
        failNext = errno;
    }

    /** Completes the oldest request under way; false if there is none committed. */
    public boolean completeOne() {
        return completeAt(0);
    }

    /** Completes the request submitted as number {@code index} of those under way. */
    public boolean completeAt(int index) {
        if (index >= pending.size() - uncommitted) {
            return false;
        }
        BlockRequest request = pending.remove(index).request();
        carryOut(request);
        request.completion().complete(request);
        return true;
    }

    /** Completes what is under way now, the oldest first; returns how many requests that were. */
    public int completeAll() {
        int count = pending.size() - uncommitted;
        for (int i = 0; i < count; i++) {
            completeAt(0);
        }
        return count;
    }

    // ------------------------------------------------------------------ the backend

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public QueueStatus submit(BlockRequest request) {
        if (!pending.isEmpty() && draws(behaviour.busyPercent())) {
            return QueueStatus.BUSY;
        }
        submitted++;
        if (draws(behaviour.completedPercent())) {
            carryOut(request);
            return QueueStatus.COMPLETED;
        }
        long latencyNs = behaviour.latencyMaxNs() == 0
                ? 0 : random.nextLong(behaviour.latencyMaxNs() + 1);
        pending.add(new Pending(request, context.nanoTime() + latencyNs));
        uncommitted++;
        return QueueStatus.QUEUED;
    }

    @Override
    public void commit() {
        commits++;
        uncommitted = 0;
        if (!pending.isEmpty() && !behaviour.onDemand()) {
            arm();
        }
    }

    @Override
    public void close() {
        if (!pending.isEmpty()) {
            throw new AssertionError(pending.size() + " requests under way at close");
        }
        bottomHalf.close();
        timer.cancel();
        memory.close();
        stable.close();
    }

    private boolean draws(int percent) {
        return percent > 0 && random.nextInt(PERCENT) < percent;
    }

    private void arm() {
        if (behaviour.latencyMaxNs() == 0) {
            bottomHalf.schedule();
            return;
        }
        long soonestNs = Long.MAX_VALUE;
        for (Pending each : pending) {
            soonestNs = Math.min(soonestNs, each.dueNs());
        }
        timer.modify(soonestNs);
    }

    private void completeDue() {
        long nowNs = context.nanoTime();
        List<BlockRequest> due = new ArrayList<>();
        int committed = pending.size() - uncommitted;
        for (int i = 0; i < committed; i++) {
            if (pending.get(i).dueNs() <= nowNs) {
                overtakings += i > due.size() ? 1 : 0;
                due.add(random.nextInt(due.size() + 1), pending.get(i).request());
            }
        }
        pending.removeIf(each -> due.contains(each.request()));
        for (BlockRequest request : due) {
            carryOut(request);
            request.completion().complete(request);
        }
        if (pending.size() > uncommitted) {
            arm();
        }
    }

    private void carryOut(BlockRequest request) {
        int errno = failNext;
        failNext = 0;
        request.setErrno(errno);
        if (errno != 0) {
            return;
        }
        long at = memory.address() + request.offset();
        if (draws(behaviour.errorPercent())) {
            boolean full = random.nextBoolean();
            noSpace += full ? 1 : 0;
            ioErrors += full ? 0 : 1;
            request.setErrno(full ? ENOSPC : EIO);
            if (request.op() == BlockOp.READ || request.op() == BlockOp.WRITE) {
                // Short: some sectors are done, the rest has failed.
                long sectors = request.lengthBytes() / SECTOR_BYTES;
                long done = random.nextLong(sectors + 1);
                shortTransfers += done > 0 && done < sectors ? 1 : 0;
                transfer(request, at, done * SECTOR_BYTES);
            }
            return;
        }
        switch (request.op()) {
            case READ, WRITE -> transfer(request, at, request.lengthBytes());
            case FLUSH -> {
                flushes++;
                NativeMemory.copy(memory.address(), stable.address(), limits.capacityBytes());
            }
            case DISCARD, WRITE_ZEROES, SECURE_ERASE -> {
                NativeMemory.fill(at, request.lengthBytes(), 0);
                if (request.stable() || request.op() != BlockOp.WRITE_ZEROES) {
                    makeStable(request.offset(), request.lengthBytes());
                }
            }
        }
    }

    private void makeStable(long offset, long lengthBytes) {
        NativeMemory.copy(memory.address() + offset, stable.address() + offset, lengthBytes);
    }

    private void transfer(BlockRequest request, long at, long lengthBytes) {
        boolean write = request.op() == BlockOp.WRITE;
        long disk = at;
        for (int i = 0; i < request.iovecCount(); i++) {
            long element = request.iovecs() + (long) i * IovecArray.ELEMENT_BYTES;
            long length = Math.min(IovecArray.lengthAt(element), at + lengthBytes - disk);
            long guest = IovecArray.baseAt(element);
            NativeMemory.copy(write ? guest : disk, write ? disk : guest, length);
            disk += length;
        }
        if (write && request.stable()) {
            makeStable(request.offset(), lengthBytes);
        }
    }
}
