// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.chart.Point;
import io.vblk.chart.StackedBars;
import java.util.List;
import java.util.Map;

/**
 * What an HTML report shows, without where it came from.
 *
 * @param title heading
 * @param subtitle the load in a line
 * @param command what repeats it
 * @param isOpenLoop whether some latency counts from an intended start
 * @param isComparison whether targets took turns, and a kind is one of one target
 * @param all of all jobs together, a row for each kind of request
 * @param jobs of the jobs one by one; empty if there is one only
 * @param anatomy stages of requests; empty if nobody asked
 * @param loops what event loops did with their time; empty if they are in another process
 * @param facts tables of names and values, by their headings
 * @param texts what is shown as text, by its heading
 * @param failures what went wrong, a line each
 */
record HtmlReportData(String title, String subtitle, String command, boolean isOpenLoop,
        boolean isComparison, List<Kind> all, List<Kind> jobs, List<Anatomy> anatomy,
        List<Loop> loops, Map<String, Map<String, String>> facts, Map<String, String> texts,
        List<String> failures) {
    /**
     * Requests of a kind.
     *
     * @param job whose they are; empty of all together
     * @param name the kind, such as read
     * @param requests how many
     * @param bytes how much
     * @param seconds how long it took
     * @param lat from start to completion
     * @param clat from submission to completion
     * @param slat from start to submission
     * @param timeline over time; null if that was not recorded
     */
    record Kind(String job, String name, long requests, long bytes, double seconds, Latency lat,
            Latency clat, Latency slat, Timeline timeline) {
        double iops() {
            return requests / seconds;
        }

        double bytesPerSecond() {
            return bytes / seconds;
        }
    }

    /**
     * Latencies in nanoseconds.
     *
     * @param mean arithmetic mean
     * @param max the longest
     * @param curve by percentile, in the order of those
     */
    record Latency(double mean, long max, List<Point> curve) {
        /** At a percentile; NaN if it is beyond what so many requests can say. */
        double at(double percentile, long requests) {
            if (requests * (100 - percentile) < 100) {
                return Double.NaN;
            }
            for (Point point : curve) {
                if (point.x() >= percentile) {
                    return point.y();
                }
            }
            return max;
        }
    }

    /**
     * Where the time of requests went.
     *
     * @param heading which requests
     * @param stages in their order
     * @param bars such as of the median and of the slowest
     * @param text the figures, and why the slow ones are slow
     */
    record Anatomy(String heading, List<String> stages, List<StackedBars.Bar> bars,
            String text) {}

    /**
     * An event loop's time in nanoseconds.
     *
     * @param name which loop
     * @param busyNs with work, or polling that found some
     * @param pollNs polling that found none
     * @param waitNs asleep
     */
    record Loop(String name, double busyNs, double pollNs, double waitNs) {}
}
