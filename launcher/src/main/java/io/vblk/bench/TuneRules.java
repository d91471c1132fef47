// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * What is wanted of a setting, and how long it may take to find it. Thread: any.
 *
 * @param target the disk as the user named it
 * @param reference what holds when nothing is said, in words, such as defaults
 * @param goal what is to be as good as can be
 * @param cpuLimitPercent most processor time of the device's threads, in hundredths of one
 *     processor; 0 for no limit
 * @param budgetNs time for all of it, in nanoseconds
 * @param seed of the order of slices, and of the rounds drawn again
 */
public record TuneRules(String target, String reference, TuneGoal goal, double cpuLimitPercent,
        long budgetNs, long seed) {
    /** Whether a setting stays below the limit. */
    boolean allows(TuneEntry entry) {
        return cpuLimitPercent == 0
                || entry.median(TuneSlice::cpuPercent) <= cpuLimitPercent;
    }
}
