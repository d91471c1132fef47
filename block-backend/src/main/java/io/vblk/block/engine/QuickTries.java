// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

/**
 * Whether the next transfer is likely to need no waiting, going by the last ones: a try that misses
 * costs a system call beside the transfer itself, so after misses fewer and fewer are tried.
 * Thread: home.
 */
final class QuickTries {
    /** Most transfers that are not tried after one that missed. */
    static final int SKIPPED_MAX = 64;

    private int skipped;
    private int left;

    /** Whether the next one is worth a try; counts it if not. */
    boolean isWorthOne() {
        if (left == 0) {
            return true;
        }
        left--;
        return false;
    }

    /** Learns from a try. */
    void tried(boolean hit) {
        skipped = hit ? 0 : Math.min(SKIPPED_MAX, Math.max(1, 2 * skipped));
        left = skipped;
    }
}
