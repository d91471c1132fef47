// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What fio puts in place of variables in a value: <code>${NAME}</code> of the environment, empty
 * where it is not set, and {@code $ncpus}, {@code $pagesize}, {@code $mb_memory} of this machine,
 * with which one may calculate ({@code 8*$mb_memory}). Thread: any.
 *
 * @param environment variables
 * @param machine the words of this machine, without dollar
 */
record Substitution(Map<String, String> environment, Map<String, Long> machine) {
    /** Longest value after it. */
    static final int LENGTH_MAX = 1 << 16;
    private static final String ARITHMETIC = "+-*/%^() ";
    private static final int AT_PAGESZ = 6;
    private static final long PAGE_BYTES_DEFAULT = 4096;
    private static final long KIB_PER_MIB = 1024;

    static Substitution of(JobContext context) {
        Map<String, Long> machine = new TreeMap<>();
        machine.put("ncpus", (long) Runtime.getRuntime().availableProcessors());
        machine.put("pagesize", pageBytes());
        machine.put("mb_memory", memoryMib());
        return new Substitution(context.environment(), machine);
    }

    String in(String text) {
        StringBuilder result = new StringBuilder();
        boolean calculates = false;
        int at = 0;
        while (at < text.length()) {
            int end = text.startsWith("${", at) ? text.indexOf('}', at) : -1;
            if (end > 0) {
                result.append(environment.getOrDefault(text.substring(at + 2, end), ""));
                at = end + 1;
            } else {
                String word = wordAt(text, at);
                calculates |= word != null;
                result.append(word == null ? text.substring(at, at + 1) : machine.get(word));
                at += word == null ? 1 : 1 + word.length();
            }
            if (result.length() > LENGTH_MAX) {
                throw new JobSyntaxException("a value is longer than " + LENGTH_MAX
                        + " characters");
            }
        }
        String value = result.toString();
        return calculates && isArithmetic(value) ? Long.toString(calculate(value)) : value;
    }

    private String wordAt(String text, int at) {
        if (text.charAt(at) == '$') {
            for (String word : machine.keySet()) {
                if (text.startsWith(word, at + 1)) {
                    return word;
                }
            }
        }
        return null;
    }

    private static boolean isArithmetic(String value) {
        return value.chars().allMatch(
                c -> Units.isDigit((char) c, false) || ARITHMETIC.indexOf(c) >= 0);
    }

    private static long calculate(String value) {
        return (long) Arithmetic.evaluate(value.strip(), unit -> 1);
    }

    private static long pageBytes() {
        try {
            ByteBuffer vector = ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/auxv")))
                    .order(ByteOrder.nativeOrder());
            while (vector.remaining() >= 2 * Long.BYTES) {
                long type = vector.getLong();
                long value = vector.getLong();
                if (type == AT_PAGESZ) {
                    return value;
                }
            }
        } catch (IOException e) {
            // a host that hides it has the usual one
        }
        return PAGE_BYTES_DEFAULT;
    }

    private static long memoryMib() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // as below
        }
        return Runtime.getRuntime().maxMemory() / KIB_PER_MIB / KIB_PER_MIB;
    }
}
