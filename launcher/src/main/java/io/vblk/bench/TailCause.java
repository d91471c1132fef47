// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.Locale;

/**
 * Why a request was slow. A cause explains a request when it covers at least half of what the
 * request took longer than the median; of several that do, the first in this order counts.
 */
enum TailCause {
    GC("garbage collection"),
    SAFEPOINT("safepoint"),
    JIT("JIT compiler"),
    SCHEDULER("scheduler"),
    MEASURING("this measurement"),
    PAGE_FAULT("page fault"),
    DEOPTIMISED("deoptimised code"),
    HOST_STEAL("host steal"),
    HELD_UP("guest held up"),
    WAKE_UP("device asleep"),
    UNEXPLAINED("unexplained");

    private final String words;

    TailCause(String words) {
        this.words = words;
    }

    /**
     * Times at which something went on in this process or on this machine.
     *
     * @param gc pauses of the collector
     * @param safepoints all stops of the threads, those for the collector included
     * @param deoptimized times from a deoptimisation of a watched thread's code until the method
     *     was compiled again
     * @param stolen times in which the host took processors away, by its own account
     */
    record Background(Intervals gc, Intervals safepoints, Intervals deoptimized,
            Intervals stolen) {}

    /**
     * One slow request.
     *
     * @param issuedNs when the device could see it
     * @param endedNs when its guest saw the completion
     * @param waitedNs how long a thread that it depended on waited for a processor
     * @param compiledNs how long the JIT compiler had processors
     * @param faults page faults of guest and event loop
     * @param heldUpNs how long its guest did nothing
     * @param wakeUpNs how much of it passed between a kick and the next completion
     * @param measuringNs how long its guest read counters
     */
    record Sample(long issuedNs, long endedNs, long waitedNs, long compiledNs, long faults,
            long heldUpNs, long wakeUpNs, long measuringNs) {
        long tookNs() {
            return endedNs - issuedNs;
        }
    }

    /**
     * The cause of one slow request.
     *
     * @param medianNs what a request takes when nothing is wrong
     */
    static TailCause of(Sample sample, Background background, long medianNs) {
        long excessNs = Math.max(1, sample.tookNs() - medianNs);
        boolean waited = isMost(sample.waitedNs(), excessNs);
        if (isMost(sample, background.gc(), excessNs)) {
            return GC;
        }
        if (isMost(sample, background.safepoints(), excessNs)) {
            return SAFEPOINT;
        }
        if (waited && isMost(sample.compiledNs(), excessNs)) {
            return JIT;
        }
        if (waited) {
            return SCHEDULER;
        }
        if (isMost(sample.measuringNs(), excessNs)) {
            return MEASURING;
        }
        if (sample.faults() > 0) {
            return PAGE_FAULT;
        }
        if (isMost(sample, background.deoptimized(), excessNs)) {
            return DEOPTIMISED;
        }
        if (isMost(sample, background.stolen(), excessNs)) {
            return HOST_STEAL;
        }
        if (isMost(sample.heldUpNs(), excessNs)) {
            return HELD_UP;
        }
        return isMost(sample.wakeUpNs(), excessNs) ? WAKE_UP : UNEXPLAINED;
    }

    private static boolean isMost(Sample sample, Intervals times, long excessNs) {
        return isMost(times.overlapNs(sample.issuedNs(), sample.endedNs()), excessNs);
    }

    private static boolean isMost(long ns, long excessNs) {
        return ns >= excessNs - ns;
    }

    /** The name as JSON has it. */
    String key() {
        return words.replace(' ', '_').toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return words;
    }
}
