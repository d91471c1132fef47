// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Distribution;
import java.util.List;

/** Zones, each with its share of the requests; within one all blocks alike. Thread: the job's. */
final class ZonedDraw implements BlockDraw {
    private static final long PERCENT = 100;

    private final double[] shareUpTo;
    private final long[] firstBlock;
    private final long[] blocksOfZone;

    /**
     * Zones of some blocks. A zone shorter than a block is a block.
     *
     * @throws IllegalArgumentException in words for an operator, if a zone is outside the region
     */
    ZonedDraw(Distribution.Zoned zoned, long blocks, int blockBytes) {
        List<Distribution.Zone> zones = zoned.zones();
        this.shareUpTo = new double[zones.size()];
        this.firstBlock = new long[zones.size()];
        this.blocksOfZone = new long[zones.size()];
        double whole = 0;
        for (Distribution.Zone zone : zones) {
            whole += zone.requestsPercent();
        }
        if (!(whole > 0)) {
            throw new IllegalArgumentException(
                    "random_distribution=zoned: no zone has a share of the requests");
        }
        long end = 0;
        double share = 0;
        for (int i = 0; i < zones.size(); i++) {
            long from = blockAt(end, zoned.absolute(), blocks, blockBytes);
            double requests = zones.get(i).requestsPercent();
            if (from >= blocks && requests > 0) {
                throw new IllegalArgumentException("random_distribution=zoned: zone " + (i + 1)
                        + " starts past the end of the region, " + blocks * blockBytes + " bytes");
            }
            long length = zones.get(i).length();
            end = length > Long.MAX_VALUE - end ? Long.MAX_VALUE : end + length;
            long to = Math.min(blocks, blockAt(end, zoned.absolute(), blocks, blockBytes));
            firstBlock[i] = from;
            blocksOfZone[i] = Math.max(1, to - from);
            share += requests;
            shareUpTo[i] = share / whole;
        }
    }

    private static long blockAt(long at, boolean absolute, long blocks, int blockBytes) {
        return absolute ? at / blockBytes : blocks * Math.min(at, PERCENT) / PERCENT;
    }

    @Override
    public long next(RandomStream random) {
        double at = random.unit();
        int zone = 0;
        while (at >= shareUpTo[zone]) {
            zone++;
        }
        return firstBlock[zone] + random.below(blocksOfZone[zone]);
    }
}
