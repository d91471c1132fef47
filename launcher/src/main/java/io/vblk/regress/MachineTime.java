// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the processors' time went, from the first line of /proc/stat (proc(5)), in ticks. Thread:
 * any.
 *
 * @param total all of it
 * @param steal what a hypervisor gave to others
 */
record MachineTime(long total, long steal) {
    private static final Path STAT = Path.of("/proc/stat");
    private static final int STEAL = 8;
    /** Guests' time is in user time already. */
    private static final int SUMMED = 9;
    private static final double PERCENT = 100;

    /** Now; nothing where the kernel does not tell. */
    static MachineTime now() {
        try {
            return parse(Files.readAllLines(STAT).get(0));
        } catch (IOException | IndexOutOfBoundsException e) {
            return new MachineTime(0, 0);
        }
    }

    static MachineTime parse(String line) {
        String[] words = line.trim().split("\\s+");
        long sum = 0;
        for (int i = 1; i < Math.min(words.length, SUMMED); i++) {
            sum += Long.parseLong(words[i]);
        }
        return new MachineTime(sum, words.length > STEAL ? Long.parseLong(words[STEAL]) : 0);
    }

    /** Percent of the time since then that was stolen. */
    double stealPercentSince(MachineTime earlier) {
        long passed = total - earlier.total;
        return passed <= 0 ? 0 : PERCENT * (steal - earlier.steal) / passed;
    }
}
