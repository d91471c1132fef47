// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/**
 * Counters of a device or a queue at one moment.
 *
 * @param requests chains answered
 * @param errors requests answered with IOERR
 * @param unsupported requests answered with UNSUPP
 * @param malformed chains without a place for a status, given back with length 0
 * @param bytesRead bytes of successful reads
 * @param bytesWritten bytes of successful writes
 * @param flushes successful flushes
 * @param batches times that used elements were published
 * @param kicks kicks seen
 * @param calls calls sent
 * @param busy times the backend had no room
 * @param lastErrno errno of the host's latest I/O error, 0 if there was none
 * @param errnosDiffer whether there were others before it, so that it says nothing of these
 */
public record VirtioBlkStats(
        long requests,
        long errors,
        long unsupported,
        long malformed,
        long bytesRead,
        long bytesWritten,
        long flushes,
        long batches,
        long kicks,
        long calls,
        long busy,
        int lastErrno,
        boolean errnosDiffer) {

    /** All counters zero. */
    public static final VirtioBlkStats NONE =
            new VirtioBlkStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false);

    /** Sum with another queue's counters. */
    public VirtioBlkStats plus(VirtioBlkStats other) {
        boolean differ = lastErrno != 0 && other.lastErrno != 0 && lastErrno != other.lastErrno;
        return combine(other, 1, other.lastErrno != 0 ? other.lastErrno : lastErrno,
                differ || errnosDiffer || other.errnosDiffer);
    }

    /** The counters gained since an earlier snapshot. */
    public VirtioBlkStats since(VirtioBlkStats earlier) {
        return combine(earlier, -1, lastErrno, errnosDiffer);
    }

    private VirtioBlkStats combine(
            VirtioBlkStats other, int sign, int errno, boolean differ) {
        return new VirtioBlkStats(
                requests + sign * other.requests,
                errors + sign * other.errors,
                unsupported + sign * other.unsupported,
                malformed + sign * other.malformed,
                bytesRead + sign * other.bytesRead,
                bytesWritten + sign * other.bytesWritten,
                flushes + sign * other.flushes,
                batches + sign * other.batches,
                kicks + sign * other.kicks,
                calls + sign * other.calls,
                busy + sign * other.busy,
                errno,
                differ);
    }
}
