// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;
import io.vblk.fio.BlockSizes;
import io.vblk.fio.Direction;
import io.vblk.fio.JobSpec;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.SizeSplit;

/**
 * The open loop of a job: when which request is to start, however the device does. Reads, writes
 * and trims have each their rate, so in a mixed job the rates decide what comes next. The order
 * depends on the job and its seed only, and not on the clock: what is skipped delays all
 * directions alike. Thread: the job's.
 */
final class Pacing {
    private static final int DIRECTIONS = 3;
    private static final int SEED_USE = 0x70616365;

    private final Direction[] directions;
    /** By the direction's ordinal; null where there is none. */
    private final ArrivalTimes[] times = new ArrivalTimes[DIRECTIONS];
    private final BlockSizes sizes;

    private Pacing(JobSpec spec, int thread) {
        ReadWrite rw = spec.rw();
        ArrivalRate rate = spec.timing().rate();
        this.directions = directionsOf(rw);
        this.sizes = spec.access().sizes();
        for (Direction direction : directions) {
            // A trim and its write are due together, so they share their numbers.
            int use = SEED_USE + (rw.trims() ? 0 : direction.ordinal());
            times[direction.ordinal()] = new ArrivalTimes(rate.of(direction), rate.inBytes(),
                    rate.process(), RandomStream.seed(spec.access().randSeed(), thread, use));
        }
    }

    /**
     * The pacing of a job, or null for a closed loop.
     *
     * @param thread number of the thread: each has its own random numbers
     * @throws IllegalArgumentException in words for an operator, if the rates do not fit the job
     */
    static Pacing of(JobSpec spec, int thread) {
        if (!spec.isOpenLoop()) {
            return null;
        }
        ArrivalRate rate = spec.timing().rate();
        if (spec.rw().trims() && spec.rw().writes() && rate.trims() != rate.writes()) {
            throw new IllegalArgumentException("rw=" + spec.rw().fioName() + " writes what it "
                    + "trimmed, so both need the same rate: " + rate.fioText());
        }
        return new Pacing(spec, thread);
    }

    private static Direction[] directionsOf(ReadWrite rw) {
        if (rw.writes()) {
            return rw.reads() ? new Direction[] {Direction.READ, Direction.WRITE}
                    : rw.trims() ? new Direction[] {Direction.TRIM, Direction.WRITE}
                            : new Direction[] {Direction.WRITE};
        }
        return new Direction[] {rw.reads() ? Direction.READ : Direction.TRIM};
    }

    /** The clock starts. */
    void begin(long nowNs) {
        for (Direction direction : directions) {
            times[direction.ordinal()].begin(nowNs, of(direction).minBytes());
        }
    }

    private SizeSplit of(Direction direction) {
        return switch (direction) {
            case READ -> sizes.read();
            case WRITE -> sizes.write();
            case TRIM, SYNC -> sizes.trim();
        };
    }

    /** The direction that is due first; of several due at once, reads, then trims. */
    Direction first() {
        Direction first = directions[0];
        for (int i = 1; i < directions.length; i++) {
            if (dueNs(directions[i]) - dueNs(first) < 0) {
                first = directions[i];
            }
        }
        return first;
    }

    /** When the next request of a direction is to start. */
    long dueNs(Direction direction) {
        return times[direction.ordinal()].dueNs();
    }

    /** The next request of a direction has started. */
    void step(Direction direction, int lengthBytes) {
        times[direction.ordinal()].step(lengthBytes);
    }

    /**
     * What was due before a time and has not started never does: all directions go on as they
     * would have, with the first request due at that time.
     */
    void skipTo(long timeNs) {
        long lateNs = timeNs - dueNs(first());
        if (lateNs > 0) {
            for (Direction direction : directions) {
                times[direction.ordinal()].delay(lateNs);
            }
        }
    }

    /** Requests that were due before a time and have not started. */
    long dueBefore(long timeNs) {
        long due = 0;
        for (Direction direction : directions) {
            due += times[direction.ordinal()].dueBefore(timeNs);
        }
        return due;
    }
}
