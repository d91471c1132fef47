// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;

/**
 * The open loop of a job: which request is to start next, and when, however the device does.
 * Thread: the job's. Reads and writes have each their rate, so in a mixed job the rates decide
 * what comes next.
 */
final class Pacer {
    private final Arrivals reads;
    private final Arrivals writes;

    private Pacer(Arrivals reads, Arrivals writes) {
        this.reads = reads;
        this.writes = writes;
    }

    /** The pacer of a job, or null for a closed loop. */
    static Pacer of(JobSpec spec, int job) {
        ArrivalRate rate = spec.rate();
        if (!rate.paces(spec.rw())) {
            return null;
        }
        long seed = AccessPattern.scramble(~spec.randSeed()) + job;
        return new Pacer(
                spec.rw().reads() ? new Arrivals(rate.reads(), rate.process(), seed) : null,
                spec.rw().writes() ? new Arrivals(rate.writes(), rate.process(), ~seed) : null);
    }

    /** The clock starts. */
    void begin(long nowNs) {
        if (reads != null) {
            reads.begin(nowNs);
        }
        if (writes != null) {
            writes.begin(nowNs);
        }
    }

    /** Whether the next request is a write. */
    boolean isWrite() {
        return reads == null || writes != null && writes.dueNs() - reads.dueNs() < 0;
    }

    /** When the next read or write is to start. */
    long dueNs(boolean write) {
        return of(write).dueNs();
    }

    /** The next read or write has started. */
    void step(boolean write) {
        of(write).step();
    }

    /** What was due before a time and has not started never does. */
    void skipTo(long timeNs) {
        if (reads != null) {
            reads.skipTo(timeNs);
        }
        if (writes != null) {
            writes.skipTo(timeNs);
        }
    }

    private Arrivals of(boolean write) {
        return write ? writes : reads;
    }

    /** Requests that were due before a time and have not started. */
    long dueBefore(long timeNs) {
        return (reads == null ? 0 : reads.dueBefore(timeNs))
                + (writes == null ? 0 : writes.dueBefore(timeNs));
    }
}
