// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a thread has taken from the machine, from proc(5).
 *
 * @param userTicks processor time in user mode, in hundredths of a second
 * @param systemTicks processor time in the kernel, in hundredths of a second
 * @param minorFaults page faults without I/O
 * @param majorFaults page faults with I/O
 * @param contextSwitches voluntary and involuntary ones
 */
record ThreadUsage(
        long userTicks, long systemTicks, long minorFaults, long majorFaults,
        long contextSwitches) {
    static final ThreadUsage NONE = new ThreadUsage(0, 0, 0, 0, 0);
    /** USER_HZ: the unit of proc(5) on every Linux that Java runs on. */
    static final long TICKS_PER_SECOND = 100;

    private static final Logger LOG = LoggerFactory.getLogger(ThreadUsage.class);
    private static final Path STAT = Path.of("/proc/thread-self/stat");
    private static final Path STATUS = Path.of("/proc/thread-self/status");
    // Fields after the command's closing bracket: state is 0, minflt 7, majflt 9, utime 11.
    private static final int MINFLT = 7;
    private static final int MAJFLT = 9;
    private static final int UTIME = 11;
    private static final int STIME = 12;

    /** The calling thread's usage so far. */
    static ThreadUsage ofCurrentThread() {
        try {
            String stat = Files.readString(STAT);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long switches = 0;
            for (String line : Files.readAllLines(STATUS)) {
                if (line.contains("ctxt_switches")) {
                    switches += Long.parseLong(line.substring(line.indexOf(':') + 1).trim());
                }
            }
            return new ThreadUsage(Long.parseLong(fields[UTIME]), Long.parseLong(fields[STIME]),
                    Long.parseLong(fields[MINFLT]), Long.parseLong(fields[MAJFLT]), switches);
        } catch (IOException e) {
            LOG.debug("no /proc: {}", e.getMessage());
            return NONE;
        }
    }

    ThreadUsage plus(ThreadUsage other) {
        return combine(other, 1);
    }

    ThreadUsage since(ThreadUsage earlier) {
        return combine(earlier, -1);
    }

    private ThreadUsage combine(ThreadUsage other, int sign) {
        return new ThreadUsage(userTicks + sign * other.userTicks,
                systemTicks + sign * other.systemTicks,
                minorFaults + sign * other.minorFaults,
                majorFaults + sign * other.majorFaults,
                contextSwitches + sign * other.contextSwitches);
    }
}
