// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Scanner;

/**
 * Sets {@link RingPingPong} beside the same program in C, case by case and by turns, each in a
 * process of its own, so that both meet the same moods of the machine:
 *
 * <pre>
 *   virtqueue/src/jmh/c/build.sh
 *   mvn -Pjmh -pl event-loop,virtqueue verify -Dskip.event-loop \
 *       -Djmh.main=io.vblk.virtio.RingComparison [-Djmh.args=ROUNDS]
 * </pre>
 */
public final class RingComparison {
    private static final Path C_PROGRAM = Path.of("../c/ring_pingpong");
    private static final int ROUNDS_DEFAULT = 5;
    private static final String[] KINDS = {"split", "packed"};
    private static final int[] DEPTHS = {1, 8, 32, 256};
    private static final int QUEUES_MAX = 2;
    /** As the launcher runs a device. */
    private static final List<String> JVM_FLAGS = List.of("-XX:+UseSerialGC",
            "-XX:+UseCountedLoopSafepoints", "-XX:LoopStripMiningIter=1000");

    private RingComparison() {}

    /** Prints for each case the medians, the median of the ratios and their range. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (!Files.isExecutable(C_PROGRAM)) {
            throw new IOException("there is no " + C_PROGRAM.toAbsolutePath().normalize()
                    + ": run virtqueue/src/jmh/c/build.sh first");
        }
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : ROUNDS_DEFAULT;
        for (String kind : KINDS) {
            for (int queues = 1; queues <= QUEUES_MAX; queues++) {
                for (int depth : DEPTHS) {
                    compare(kind, depth, queues, rounds);
                }
            }
        }
    }

    private static void compare(String kind, int depth, int queues, int rounds)
            throws IOException, InterruptedException {
        List<String> arguments =
                List.of(kind, Integer.toString(depth), Integer.toString(queues));
        double[] java = new double[rounds];
        double[] c = new double[rounds];
        double[] ratios = new double[rounds];
        double bytesMax = 0;
        for (int round = 0; round < rounds; round++) {
            try (Scanner words = new Scanner(run(javaCommand(), arguments))) {
                java[round] = words.nextDouble();
                bytesMax = Math.max(bytesMax, words.nextDouble());
            }
            c[round] = Double.parseDouble(run(List.of(C_PROGRAM.toString()), arguments).strip());
            ratios[round] = java[round] / c[round];
        }
        Arrays.sort(ratios);
        System.out.printf(Locale.ROOT,
                "%-6s depth %3d, %d queue%s: Java %7.2f ns, C %7.2f ns, ratio %.2f (%.2f to %.2f), "
                        + "%.3f bytes%n",
                kind, depth, queues, queues == 1 ? " " : "s", median(java), median(c),
                ratios[rounds / 2], ratios[0], ratios[rounds - 1], bytesMax);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static List<String> javaCommand() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(JVM_FLAGS);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(RingPingPong.class.getName());
        return command;
    }

    private static String run(List<String> command, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(command);
        all.addAll(arguments);
        Process process = new ProcessBuilder(all)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", all) + " failed: " + output);
        }
        return output;
    }
}
