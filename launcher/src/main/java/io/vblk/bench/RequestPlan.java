// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Access;
import io.vblk.fio.Direction;
import io.vblk.fio.Distribution;
import io.vblk.fio.Extent;
import io.vblk.fio.JobSpec;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;

/**
 * Which request of a job comes next: kind, place and size. The plan depends on the job, its region
 * and the number of its thread only, so one made again gives the same requests, whatever the clock
 * said in between: a check of data can go through it again. Nothing is allocated. Thread: the
 * job's.
 *
 * <p>As fio, where fio is not told otherwise: the plan ends when so many bytes have been planned
 * as the region has (or io_size), times loops; the last request may go beyond. A trimmed block is
 * written in the next request, which does not count towards these bytes. Each pass of a random map
 * has an order of its own. The random numbers are not fio's.
 */
final class RequestPlan implements Requests {
    private static final Direction[] DIRECTIONS = Direction.values();
    private static final int READ = Direction.READ.ordinal();
    private static final int WRITE = Direction.WRITE.ordinal();
    private static final int TRIM = Direction.TRIM.ordinal();
    private static final int KINDS = 3;
    private static final int PERCENT = 100;
    /** What random numbers are for. */
    private static final int USE_PLACES = 1;
    private static final int USE_SIZES = 2;
    private static final int USE_MIX = 3;

    private final long regionOffset;
    private final Places places;
    private final SizeDraw[] sizes = new SizeDraw[KINDS];
    private final RandomStream sizeRandom;
    private final RandomStream mixRandom;
    private final int onlyDirection;
    private final boolean trimsFirst;
    private final int readPercent;
    /** In a mixed job with rates: what is due first on a clock without delays; else null. */
    private final Pacing order;
    private final long bytesMost;
    private final long requestsMost;

    private long bytes;
    private long requests;
    private int direction;
    private long offset;
    private int lengthBytes;

    /**
     * A plan, before its first request.
     *
     * @param region where it works, of {@link Region#of}
     * @param thread number of the thread: clones, and jobs with equal seeds, differ by it
     * @throws IllegalArgumentException in words for an operator, if there is no such plan
     */
    RequestPlan(JobSpec spec, Region region, int thread) {
        Access access = spec.access();
        ReadWrite rw = access.rw();
        this.regionOffset = region.offset();
        this.sizeRandom = random(access, thread, USE_SIZES);
        this.mixRandom = random(access, thread, USE_MIX);
        sizes[READ] = sizes(rw.reads(), access.sizes().read());
        sizes[WRITE] = sizes(rw.writes(), access.sizes().write());
        sizes[TRIM] = sizes(rw.trims(), access.sizes().trim());
        this.places = places(access, region, random(access, thread, USE_PLACES));
        boolean mixed = rw.reads() && rw.writes();
        this.trimsFirst = rw.trims() && rw.writes();
        this.onlyDirection = mixed ? -1 : rw.trims() ? TRIM : rw.writes() ? WRITE : READ;
        this.readPercent = access.rwMixRead();
        this.order = mixed ? Pacing.of(spec, thread) : null;
        if (order != null) {
            order.begin(0);
        }
        this.direction = WRITE;
        this.bytesMost = spec.timing().timeBased()
                ? Long.MAX_VALUE
                : bytesMost(spec.extent(), region);
        this.requestsMost = spec.timing().timeBased() || spec.extent().numberIos() == 0
                ? Long.MAX_VALUE
                : spec.extent().numberIos();
    }

    private static RandomStream random(Access access, int thread, int use) {
        return new RandomStream(RandomStream.seed(access.randSeed(), thread, use));
    }

    private static SizeDraw sizes(boolean used, SizeSplit split) {
        return used ? new SizeDraw(split) : null;
    }

    /** Bytes that a job has to do, if it is not told to go on until its time is over. */
    static long bytesMost(Extent extent, Region region) {
        long once = extent.ioSize().isNone()
                ? region.lengthBytes()
                : extent.ioSize().of(region.lengthBytes());
        return once > Long.MAX_VALUE / extent.loops() ? Long.MAX_VALUE : once * extent.loops();
    }

    private Places places(Access access, Region region, RandomStream random) {
        int[] minBytes = new int[KINDS];
        boolean oneSize = true;
        int unitBytes = access.unitBytes();
        for (int i = 0; i < KINDS; i++) {
            if (sizes[i] != null) {
                minBytes[i] = sizes[i].minBytes();
                oneSize &= sizes[i].isFixed() && sizes[i].minBytes() == unitBytes;
            }
        }
        long length = region.lengthBytes();
        int sequence = access.sequence();
        if (!access.rw().random()) {
            return new InOrder(length, access.skipBytes(), minBytes);
        }
        if (!access.randomMap() || !(access.distribution() instanceof Distribution.Uniform)) {
            BlockDraw draw = BlockDraw.of(
                    access.distribution(), length / unitBytes, unitBytes, random);
            return new Drawn(length, unitBytes, minBytes, draw, sequence, random);
        }
        return oneSize
                ? new EachOnce(length, unitBytes, sequence, random)
                : new FreeRuns(length, unitBytes, minBytes, sequence, random);
    }

    @Override
    public boolean next() {
        if (requests == requestsMost) {
            return false;
        }
        if (trimsFirst && direction == TRIM) {
            direction = WRITE;
            requests++;
            return true;
        }
        if (bytes >= bytesMost) {
            return false;
        }
        int kind = onlyDirection >= 0 ? onlyDirection : mixed();
        long at = places.take(kind, sizes[kind].next(sizeRandom));
        int length = places.lengthBytes();
        if (order != null) {
            order.step(DIRECTIONS[kind], length);
        }
        direction = kind;
        offset = regionOffset + at;
        lengthBytes = length;
        bytes += length;
        requests++;
        return true;
    }

    private int mixed() {
        if (order != null) {
            return order.first().ordinal();
        }
        return mixRandom.below(PERCENT) < readPercent ? READ : WRITE;
    }

    @Override
    public Direction direction() {
        return DIRECTIONS[direction];
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public int lengthBytes() {
        return lengthBytes;
    }
}
