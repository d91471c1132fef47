// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where builds were compared. Thread: any.
 *
 * @param cpu the processor's name
 * @param cpus how many of them there are
 * @param kernel of the host
 * @param jdk that forks ran on
 * @param load average of the last minute, at the start
 * @param governor of the processors' clock; "unknown" in most virtual machines
 */
record Environment(String cpu, int cpus, String kernel, String jdk, String load,
        String governor) {
    private static final int FINGERPRINT_BYTES = 6;

    /** This machine, now. */
    static Environment here() {
        String cpu = "unknown";
        for (String line : read("/proc/cpuinfo").split("\n")) {
            if (line.startsWith("model name")) {
                cpu = line.substring(line.indexOf(':') + 1).trim();
                break;
            }
        }
        String load = read("/proc/loadavg");
        String governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
        return new Environment(cpu, Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.version"),
                System.getProperty("java.vendor") + " " + Runtime.version(),
                load.isEmpty() ? "unknown" : load.substring(0, load.indexOf(' ')),
                governor.isEmpty() ? "unknown" : governor);
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file)).trim();
        } catch (IOException e) {
            return "";
        }
    }

    /** The same for runs on machines of the same kind, and names none. */
    String fingerprint() {
        try {
            byte[] all = MessageDigest.getInstance("SHA-256")
                    .digest((cpu + "\n" + cpus).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(all, 0, FINGERPRINT_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return cpus + " x " + cpu + ", Linux " + kernel + ", " + jdk + ", clock " + governor
                + ", load " + load;
    }
}
