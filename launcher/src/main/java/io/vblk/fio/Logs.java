// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/**
 * Files with figures over time. Prefixes are null where there is no such file. Thread: any.
 *
 * @param bw prefix of bandwidth logs
 * @param lat prefix of latency logs (slat, clat and lat)
 * @param iops prefix of IOPS logs
 * @param hist prefix of histogram logs
 * @param hdr name of an HdrHistogram interval log
 * @param averageMs window of an entry, in milliseconds; 0 for each request
 * @param histMs window of a histogram, in milliseconds
 * @param histCoarseness how often pairs of bins are merged, 0 to 6
 * @param offset whether entries have the offset
 * @param unixEpoch whether times are since 1970 and not since the start
 */
public record Logs(String bw, String lat, String iops, String hist, String hdr, int averageMs,
        int histMs, int histCoarseness, boolean offset, boolean unixEpoch) {
    /** No files. */
    public static final Logs NONE =
            new Logs(null, null, null, null, null, 0, 0, 0, false, false);

    /** Whether there is any. */
    public boolean isOn() {
        return bw != null || lat != null || iops != null || hist != null || hdr != null;
    }
}
