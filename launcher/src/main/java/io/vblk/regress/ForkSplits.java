// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

/**
 * What forks of one and the same build differ by: all ways to call half of them one side and the
 * rest the other. Between three forks and three there are ten. Thread: any.
 */
final class ForkSplits {
    private ForkSplits() {}

    /**
     * The largest effect of any split, without its sign.
     *
     * @param a costs by fork and round of half of the forks
     * @param again the same of the other half
     */
    static double largest(double[][] a, double[][] again) {
        int half = a.length;
        double[][] all = new double[2 * half][];
        System.arraycopy(a, 0, all, 0, half);
        System.arraycopy(again, 0, all, half, half);
        double largest = 0;
        // The first fork always is on the first side: the other way round is the same split.
        for (int others = 0; others < 1 << (all.length - 1); others++) {
            if (Integer.bitCount(others) == half - 1) {
                double effect = split(all, others << 1 | 1, half);
                largest = Double.isNaN(effect) ? largest : Math.max(largest, Math.abs(effect));
            }
        }
        return largest;
    }

    private static double split(double[][] all, int chosen, int half) {
        double[][] one = new double[half][];
        double[][] other = new double[half][];
        int ones = 0;
        int others = 0;
        for (int fork = 0; fork < all.length; fork++) {
            if ((chosen >> fork & 1) == 1) {
                one[ones++] = all[fork];
            } else {
                other[others++] = all[fork];
            }
        }
        return Effect.hl(one, other);
    }
}
