// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.fio.Distribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether blocks are drawn as often as their distribution says. */
final class BlockDrawTest {
    private static final int BS = 4096;
    private static final int COUNT = 400_000;
    private static final double ANYWHERE = -1;

    private static BlockDraw of(Distribution distribution, long blocks) {
        return BlockDraw.of(distribution, blocks, BS, new RandomStream(3));
    }

    private static long[] seen(BlockDraw draw, int blocks) {
        RandomStream random = new RandomStream(17);
        long[] seen = new long[blocks];
        for (int i = 0; i < COUNT; i++) {
            seen[(int) draw.next(random)]++;
        }
        return seen;
    }

    /** How often each block was drawn, the most liked first, by the order that scatters them. */
    private static long[] byRank(BlockDraw draw, int blocks, double base) {
        Scatter scatter = new Scatter(blocks, base, new RandomStream(3));
        long[] seen = seen(draw, blocks);
        long[] ranked = new long[blocks];
        for (int rank = 0; rank < blocks; rank++) {
            ranked[rank] = seen[(int) scatter.block(rank)];
        }
        return ranked;
    }

    private static void assertFits(long[] seen, double[] shares) {
        double whole = Arrays.stream(shares).sum();
        for (int i = 0; i < shares.length; i++) {
            shares[i] /= whole;
        }
        double chiSquare = Statistics.chiSquare(seen, shares);
        assertTrue(chiSquare < Statistics.chiSquareLimit(seen.length - 1),
                "chi-square " + chiSquare + " of " + (seen.length - 1));
    }

    @ParameterizedTest
    @CsvSource({"0.1, 1000", "0.5, 1000", "0.99, 1000", "0.9999999, 1000", "1.2, 300", "2, 50",
            "4, 7", "1.1, 2", "0.00001, 1000"})
    void zipfsRanksComeUpByTheirPower(double theta, int blocks) {
        double[] shares = new double[blocks];
        for (int i = 0; i < blocks; i++) {
            shares[i] = Math.pow(i + 1, -theta);
        }

        assertFits(byRank(of(new Distribution.Zipf(theta, ANYWHERE), blocks), blocks, ANYWHERE),
                shares);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.6, 1.3})
    void zipfOverVeryManyBlocksHasTheShareOfTheFirst(double theta) {
        long blocks = 1L << 40;
        int ranks = 10_000;
        Scatter scatter = new Scatter(blocks, ANYWHERE, new RandomStream(3));
        long[] first = new long[ranks];
        double sum = 0;
        for (int rank = 0; rank < ranks; rank++) {
            first[rank] = scatter.block(rank);
            sum += Math.pow(rank + 1, -theta);
        }
        Arrays.sort(first);
        double rest = (Math.pow(blocks, 1 - theta) - Math.pow(ranks, 1 - theta)) / (1 - theta);
        double share = sum / (sum + rest);
        RandomStream random = new RandomStream(1);
        BlockDraw draw = of(new Distribution.Zipf(theta, ANYWHERE), blocks);

        long hits = 0;
        for (int i = 0; i < COUNT; i++) {
            hits += Arrays.binarySearch(first, draw.next(random)) >= 0 ? 1 : 0;
        }
        assertEquals(share, hits / (double) COUNT, 5 * Math.sqrt(share / COUNT) + 1e-5);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.2, 0.5, 0.9})
    void paretosShareOfTheBlocksGetsTheRestOfTheRequests(double h) {
        int blocks = 200;
        double power = Math.log(h) / Math.log(1 - h);
        double[] shares = new double[blocks];
        for (int i = 0; i < blocks; i++) {
            shares[i] = Math.pow((i + 1) / (double) blocks, 1 / power)
                    - Math.pow(i / (double) blocks, 1 / power);
        }
        long[] ranked = byRank(of(new Distribution.Pareto(h, ANYWHERE), blocks), blocks, ANYWHERE);

        assertFits(ranked, shares);
        long liked = Arrays.stream(ranked, 0, (int) Math.round(h * blocks)).sum();
        assertEquals(1 - h, liked / (double) COUNT, 0.005);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0.5", "0, 0", "0.25, 0.25", "1, 1"})
    void theBellHasItsMiddleAndDeviation(double base, double middle) {
        int blocks = 400;
        double deviation = blocks * 0.1;
        double[] shares = new double[blocks];
        for (int i = 0; i < blocks; i++) {
            double z = (i + 0.5 - middle * blocks) / deviation;
            shares[i] = Math.exp(-z * z / 2) * (1 + (z * z - 1) / (24 * deviation * deviation));
        }
        long[] seen = seen(of(new Distribution.Normal(10, base), blocks), blocks);
        int cells = 40;
        long[] seenInCells = new long[cells];
        double[] sharesOfCells = new double[cells];
        for (int i = 0; i < blocks; i++) {
            int cell = (int) Math.min(cells - 1, Math.max(0,
                    cells / 2 + Math.floor((i - middle * blocks) / 6)));
            seenInCells[cell] += seen[i];
            sharesOfCells[cell] += shares[i];
        }

        int from = 0;
        while (sharesOfCells[from] == 0) {
            from++;
        }
        int to = cells;
        while (sharesOfCells[to - 1] == 0) {
            to--;
        }
        assertFits(Arrays.copyOfRange(seenInCells, from, to),
                Arrays.copyOfRange(sharesOfCells, from, to));
    }

    @Test
    void theMostLikedBlockLiesAtTheBase() {
        for (Distribution distribution : List.of(new Distribution.Zipf(1.2, 0.25),
                new Distribution.Pareto(0.1, 0.25))) {
            long[] seen = seen(of(distribution, 1_000), 1_000);
            assertEquals(Arrays.stream(seen).max().orElseThrow(), seen[250]);
            assertTrue(seen[251] < seen[250] / 4, "its neighbours are as liked as any");
        }
        for (double base : new double[] {0, 1}) {
            long[] seen = seen(of(new Distribution.Zipf(1.2, base), 1_000), 1_000);
            assertEquals(Arrays.stream(seen).max().orElseThrow(), seen[base == 0 ? 0 : 999]);
        }
    }

    private static Distribution zoned(boolean absolute, double... shareAndLength) {
        List<Distribution.Zone> zones = new ArrayList<>();
        for (int i = 0; i < shareAndLength.length; i += 2) {
            zones.add(new Distribution.Zone(shareAndLength[i], (long) shareAndLength[i + 1]));
        }
        return new Distribution.Zoned(zones, absolute);
    }

    private static double[] zoneShares(int blocks, double... shareAndBlocks) {
        double[] shares = new double[blocks];
        int at = 0;
        for (int i = 0; i < shareAndBlocks.length; i += 2) {
            for (int j = 0; j < shareAndBlocks[i + 1]; j++) {
                shares[at++] = shareAndBlocks[i] / shareAndBlocks[i + 1];
            }
        }
        return shares;
    }

    @Test
    void zonesHaveTheirShareAndWithinThemAllBlocksAreAlike() {
        assertFits(seen(of(zoned(false, 60, 10, 30, 20, 8, 30, 2, 40), 200), 200),
                zoneShares(200, 60, 20, 30, 40, 8, 60, 2, 80));
        assertFits(seen(of(zoned(true, 70, 50 * BS, 30, 150 * BS), 200), 200),
                zoneShares(200, 70, 50, 30, 150));
    }

    @Test
    void zonesOfFewBlocksOrWithoutRequestsHold() {
        assertFits(seen(of(zoned(false, 50, 1, 50, 99), 10), 10),
                new double[] {50 + 50 / 10.0, 5, 5, 5, 5, 5, 5, 5, 5, 5});
        long[] seen = seen(of(zoned(false, 0, 50, 100, 50), 10), 10);
        assertEquals(0, Arrays.stream(seen, 0, 5).sum());
        assertEquals(0, seen(of(zoned(false, 100, 100, 0, 0), 10), 10)[0] - COUNT / 10, 2_000);
        assertFits(seen(of(zoned(false, 50, 29, 50, 71), 200), 200),
                zoneShares(200, 50, 58, 50, 142));
        assertFits(seen(of(zoned(true, 50, BS, 50, Long.MAX_VALUE), 10), 10),
                zoneShares(10, 50, 1, 50, 9));
        long[] some = seen(of(zoned(true, 100, 3 * BS), 10), 10);
        assertEquals(COUNT, Arrays.stream(some, 0, 3).sum(), "what is in no zone is left out");
    }

    @Test
    void zonesOutsideTheRegionAreRefusedInWords() {
        assertEquals("random_distribution=zoned: zone 2 starts past the end of the region, "
                + "40960 bytes", assertThrows(IllegalArgumentException.class,
                        () -> of(zoned(true, 50, 10 * BS, 50, BS), 10)).getMessage());
        assertEquals("random_distribution=zoned: no zone has a share of the requests",
                assertThrows(IllegalArgumentException.class,
                        () -> of(zoned(false, 0, 100), 10)).getMessage());
    }

    @Test
    void skewedRegionsOfAnySizeAreSetUpAtOnce() {
        RandomStream random = new RandomStream(9);
        for (Distribution distribution : List.of(
                new Distribution.Zipf(0.8, 0.5), new Distribution.Zipf(3, ANYWHERE),
                new Distribution.Pareto(0.3, ANYWHERE), new Distribution.Normal(20, ANYWHERE),
                zoned(false, 50, 10, 50, 90), Distribution.UNIFORM)) {
            for (long blocks : new long[] {1, 2, 3, 1L << 31, 1L << 50}) {
                BlockDraw draw = of(distribution, blocks);
                for (int i = 0; i < 1_000; i++) {
                    long block = draw.next(random);
                    assertTrue(block >= 0 && block < blocks,
                            () -> distribution + " of " + blocks);
                }
            }
        }
    }
}
