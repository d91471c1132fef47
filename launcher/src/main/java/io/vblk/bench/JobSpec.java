// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.ArrivalRate;
import io.vblk.fio.ReadWrite;
import io.vblk.fio.WaitMode;

/**
 * A fio-like job, as the user asked for it.
 *
 * @param rw what to do
 * @param rwMixRead percentage of reads in a mixed job
 * @param blockBytes size of each request
 * @param iodepth requests in flight per job
 * @param numjobs number of identical jobs, each a guest with its own queue
 * @param runtimeNs longest run in nanoseconds, 0 for no limit
 * @param timeBased whether to go on from the start of the region until the runtime is over
 * @param rampNs time at the start that does not count, in nanoseconds
 * @param offset start of the region in bytes
 * @param sizeBytes length of the region, 0 for all to the end of the disk
 * @param randSeed seed of offsets, mixes and data
 * @param verify whether data is checked with crc32c
 * @param waitMode how to wait for completions
 * @param rate requests per second and job, or none for a closed loop
 */
public record JobSpec(
        ReadWrite rw,
        int rwMixRead,
        int blockBytes,
        int iodepth,
        int numjobs,
        long runtimeNs,
        boolean timeBased,
        long rampNs,
        long offset,
        long sizeBytes,
        long randSeed,
        boolean verify,
        WaitMode waitMode,
        ArrivalRate rate) {

    /** Most jobs: each is a thread. */
    public static final int NUMJOBS_MAX = 64;
    /** A runtime that no process sees the end of. */
    public static final long FOR_EVER_NS = Long.MAX_VALUE / 4;
    /** Longest request in bytes. */
    public static final int BLOCK_BYTES_MAX = 64 << 20;

    /** Checks what can be checked without the disk. */
    public JobSpec {
        require(rwMixRead >= 0 && rwMixRead <= 100, "rwmixread must be 0 to 100: " + rwMixRead);
        require(blockBytes > 0 && blockBytes <= BLOCK_BYTES_MAX,
                "bs must be 512 bytes to 64 MiB: " + blockBytes);
        require(iodepth >= 1, "iodepth must be at least 1: " + iodepth);
        require(numjobs >= 1 && numjobs <= NUMJOBS_MAX,
                "numjobs must be 1 to " + NUMJOBS_MAX + ": " + numjobs);
        require(runtimeNs >= 0 && rampNs >= 0, "times must not be negative");
        require(!timeBased || runtimeNs > 0, "time_based needs a runtime");
        require(offset >= 0 && sizeBytes >= 0, "offset and size must not be negative");
        require(!rate.pacesInPart(rw),
                "a mixed load needs a rate_iops of reads and of writes: " + rate.fioText());
    }

    /** A job without a rate. */
    public JobSpec(ReadWrite rw, int rwMixRead, int blockBytes, int iodepth, int numjobs,
            long runtimeNs, boolean timeBased, long rampNs, long offset, long sizeBytes,
            long randSeed, boolean verify, WaitMode waitMode) {
        this(rw, rwMixRead, blockBytes, iodepth, numjobs, runtimeNs, timeBased, rampNs, offset,
                sizeBytes, randSeed, verify, waitMode, ArrivalRate.NONE);
    }

    /** The same job at a rate. */
    public JobSpec withRate(ArrivalRate other) {
        return new JobSpec(rw, rwMixRead, blockBytes, iodepth, numjobs, runtimeNs, timeBased,
                rampNs, offset, sizeBytes, randSeed, verify, waitMode, other);
    }

    /** Whether requests start at a rate and not when one has ended. */
    public boolean isOpenLoop() {
        return rate.paces(rw);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /**
     * The same job on a disk of a given size, with the region worked out.
     *
     * @param capacityBytes size of the disk
     * @param diskBlockBytes its logical block size
     * @throws IllegalArgumentException if the job does not fit the disk
     */
    public JobSpec onDisk(long capacityBytes, int diskBlockBytes) {
        require(blockBytes % diskBlockBytes == 0, "bs=" + blockBytes
                + " is not a multiple of the disk's block size, " + diskBlockBytes);
        require(offset % diskBlockBytes == 0, "offset=" + offset
                + " is not a multiple of the disk's block size, " + diskBlockBytes);
        require(offset < capacityBytes, "offset=" + offset + " is past the end of the disk, "
                + capacityBytes + " bytes");
        long room = capacityBytes - offset;
        require(sizeBytes <= room, "offset plus size is past the end of the disk, "
                + capacityBytes + " bytes");
        long region = sizeBytes == 0 ? room : sizeBytes;
        region -= region % blockBytes;
        require(region > 0, "bs=" + blockBytes + " is larger than the region of "
                + (sizeBytes == 0 ? room : sizeBytes) + " bytes");
        return new JobSpec(rw, rwMixRead, blockBytes, iodepth, numjobs, runtimeNs, timeBased,
                rampNs, offset, region, randSeed, verify, waitMode, rate);
    }

    /** The same job, going on over its region until stopped or until its runtime is over. */
    public JobSpec untilStopped() {
        return new JobSpec(rw, rwMixRead, blockBytes, iodepth, numjobs,
                runtimeNs == 0 ? FOR_EVER_NS : runtimeNs, true, rampNs, offset, sizeBytes,
                randSeed, verify, waitMode, rate);
    }

    /** Number of blocks in the region. */
    public long blocks() {
        return sizeBytes / blockBytes;
    }
}
