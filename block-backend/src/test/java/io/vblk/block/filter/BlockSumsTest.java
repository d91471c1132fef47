// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BlockSumsTest {
    private static final int BLOCK = 512;

    private static BlockSums sums(long blocks) throws Exception {
        return new BlockSums(blocks * BLOCK, BLOCK);
    }

    @Test
    void rangesLargerThanAllStripesEndAsTheyBegan() throws Exception {
        long blocks = 3L * BlockSums.STRIPES;
        try (BlockSums sums = sums(blocks)) {
            sums.beginWrite(1, blocks - 1);
            sums.endWrite(1, blocks - 1, 2, blocks - 1, 9);
            for (long block = 0; block < blocks; block++) {
                boolean known = block >= 2 && block < blocks - 1;
                assertEquals(known ? 9 : BlockSums.UNKNOWN, sums.get(block));
                assertEquals(known ? BlockSums.SAME : BlockSums.LEARNT,
                        sums.check(block, sums.stateOf(block), 9), "block " + block);
            }
        }
    }

    @Test
    void aCancelledWriterLeavesWhatIsKnown() throws Exception {
        try (BlockSums sums = sums(8)) {
            sums.check(3, sums.stateOf(3), 5);
            sums.beginWrite(2, 3);
            sums.cancelWrite(2, 3);
            assertEquals(BlockSums.SAME, sums.check(3, sums.stateOf(3), 5));
            assertEquals(BlockSums.OTHER, sums.check(3, sums.stateOf(3), 6));
        }
    }

    @Test
    void aSumThatLooksUnknownIsKeptAsAnother() {
        assertEquals(1, BlockSums.kept(0));
        assertEquals(-1, BlockSums.kept(0xFFFFFFFFL));
    }

    /**
     * Writers and readers of a few blocks on several threads; the blocks themselves are elements of
     * an array. No reader may find another value than was written.
     */
    @Test
    @Timeout(120)
    void readersOnOtherThreadsAreNeverWrong() throws Exception {
        long seed = Long.getLong("sums.seed", System.nanoTime());
        System.out.println("BlockSumsTest: -Dsums.seed=" + seed);
        int blocks = 3;
        AtomicIntegerArray disk = new AtomicIntegerArray(blocks);
        AtomicReference<String> wrong = new AtomicReference<>();
        int[] found = new int[4];
        try (BlockSums sums = sums(blocks)) {
            Thread[] threads = new Thread[4];
            for (int i = 0; i < threads.length; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                threads[i] = new Thread(() -> {
                    int[] mine = play(sums, disk, random, wrong);
                    if (mine != null) {
                        add(found, mine);
                    }
                });
                threads[i].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertNull(wrong.get());
        assertTrue(found[BlockSums.SAME] > 0 && found[BlockSums.LEARNT] > 0,
                "nothing was compared");
    }

    private static void add(int[] all, int[] some) {
        synchronized (all) {
            for (int i = 0; i < all.length; i++) {
                all[i] += some[i];
            }
        }
    }

    private static int[] play(BlockSums sums, AtomicIntegerArray disk, SplittableRandom random,
            AtomicReference<String> wrong) {
        int[] found = new int[4];
        for (int i = 0; i < 300_000 && wrong.get() == null; i++) {
            int block = random.nextInt(disk.length());
            if (random.nextInt(4) == 0) {
                int value = random.nextInt(1, 1 << 20);
                sums.beginWrite(block, 1);
                disk.set(block, value);
                sums.endWrite(block, 1, new int[] {value});
                continue;
            }
            long state = sums.stateOf(block);
            int read = disk.get(block);
            if (read != 0) {
                int outcome = sums.check(block, state, read);
                found[outcome]++;
                if (outcome == BlockSums.OTHER) {
                    wrong.set("block " + block + " was read as " + read + " in step " + i);
                }
            }
        }
        return found;
    }
}
