// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The forks of all sides in one scenario: alive at the same time, and all but one asleep. Thread:
 * control.
 */
final class Contest implements Planting.Forks, AutoCloseable {
    private static final long DROP_NS = TimeUnit.MILLISECONDS.toNanos(2);
    /**
     * A page at a time: a file system keeps as large folios as it was given, if memory has them, a
     * small write to a large one takes longer, and each fork would have a file of another kind.
     */
    private static final int PIECE_BYTES = 4096;
    private static final long DATA_SEED = 1;
    /** How much longer a slice is than it would have to be on average. */
    private static final double MARGIN = 1.25;
    /** A longer slice is hit by more bursts of noise than it is worth for p99. */
    private static final long SLICE_NS_MAX = TimeUnit.MILLISECONDS.toNanos(50);
    /** Before the piece that each warm-up ends with: a warm JVM has little left to learn. */
    private static final int REOPENED_MS = 50;
    private static final long WARM_PIECE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Map<Side, Build> builds;
    private final Map<Side, Scenario> scenarios;
    private final Scenario scenario;
    private final Placement placement;
    private final int forks;
    private final StopSwitch stop;
    private final Path directory;
    private final Map<Side, List<Fork>> standing = new EnumMap<>(Side.class);
    private long sliceNs;
    private final List<Double> samplesPerNs = new ArrayList<>();

    /**
     * Prepares it; starts nothing.
     *
     * @param scenarios what each side that takes part runs: the same but for what is planted
     * @param directory for images and for what the forks say on stderr
     */
    Contest(Map<Side, Build> builds, Map<Side, Scenario> scenarios, int forks, StopSwitch stop,
            Path directory) throws IOException {
        this.builds = builds;
        this.scenarios = new EnumMap<>(scenarios);
        this.scenario = scenarios.get(Side.A);
        this.placement = Placement.of(scenario);
        this.forks = forks;
        this.stop = stop;
        this.directory = directory;
        this.sliceNs = TimeUnit.MILLISECONDS.toNanos(scenario.sliceMs());
    }

    Placement placement() {
        return placement;
    }

    /** Length of a slice in milliseconds. */
    long sliceMs() {
        return TimeUnit.NANOSECONDS.toMillis(sliceNs);
    }

    /** Starts the forks and lets them open the load. */
    void open() throws IOException {
        if (scenario.isStart()) {
            return;
        }
        for (Side side : scenarios.keySet()) {
            start(side);
        }
        for (Side side : scenarios.keySet()) {
            greet(side);
        }
    }

    private void start(Side side) throws IOException {
        List<Fork> ofSide = new ArrayList<>();
        standing.put(side, ofSide);
        for (int i = 0; i < forks; i++) {
            ofSide.add(Fork.start(builds.get(side), stop, directory, side + "-" + i));
        }
    }

    private void greet(Side side) throws IOException {
        for (int i = 0; i < forks; i++) {
            Fork fork = standing.get(side).get(i);
            fork.greet();
            openLoad(fork, side, i);
        }
    }

    private void openLoad(Fork fork, Side side, int number) throws IOException {
        Scenario own = scenarios.get(side).with(placement.options());
        fork.open(image(side + "-" + number), placement.guests(), own.options());
    }

    /** The image of a fork: its own file where it is one, for writers lock each other out. */
    private String image(String label) throws IOException {
        if (!scenario.image().startsWith(Scenario.MADE_IMAGE)) {
            return scenario.image();
        }
        Path file = directory.resolve(label + ".raw");
        if (!Files.exists(file)) {
            make(file, scenario.madeBytes());
        }
        return file.toString();
    }

    private static void make(Path file, long bytes) throws IOException {
        SplittableRandom random = new SplittableRandom(DATA_SEED);
        byte[] piece = new byte[PIECE_BYTES];
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; left -= PIECE_BYTES) {
                random.nextBytes(piece);
                ByteBuffer data = ByteBuffer.wrap(piece, 0, (int) Math.min(left, PIECE_BYTES));
                while (data.hasRemaining()) {
                    channel.write(data);
                }
            }
        }
    }

    @Override
    public void reopen(Side side, Scenario other) throws IOException {
        scenarios.put(side, other);
        for (int i = 0; i < forks; i++) {
            openLoad(standing.get(side).get(i), side, i);
        }
        warmUp(side, REOPENED_MS);
    }

    /** Lets all forks of a side run for so long without counting. */
    void warmUp(Side side, int ms) throws IOException {
        for (int fork = 0; fork < forks; fork++) {
            warmUp(side, fork, ms);
        }
    }

    /** Lets a fork run for so long without counting. */
    void warmUp(Side side, int number, int ms) throws IOException {
        if (scenario.isStart()) {
            return;
        }
        Fork fork = standing.get(side).get(number);
        long leftNs = TimeUnit.MILLISECONDS.toNanos(ms);
        fork.slice(leftNs, 0);
        Slice last = fork.slice(WARM_PIECE_NS, DROP_NS);
        samplesPerNs.add((double) last.samples() / Math.max(1, last.elapsedNs()));
    }

    /** Makes slices so long that they tell p99, if that is not too long. */
    void fitSlices() {
        double perNs = Quantiles.median(
                samplesPerNs.stream().mapToDouble(Double::doubleValue).toArray());
        if (scenario.isStart() || !(perNs > 0)) {
            return;
        }
        long wantedNs = (long) (MARGIN * SliceTable.P99_SAMPLES_MIN / perNs) + DROP_NS;
        long enoughNs = (long) (MARGIN * SliceTable.SAMPLES_MIN / perNs) + DROP_NS;
        long longestNs = Math.max(sliceNs, SLICE_NS_MAX);
        if (wantedNs > sliceNs && wantedNs <= longestNs) {
            sliceNs = wantedNs;
        } else if (wantedNs > longestNs) {
            // For p90 then, with as many samples as a slice needs to count at all.
            sliceNs = Math.max(sliceNs, Math.min(enoughNs, 2 * longestNs));
        }
    }

    @Override
    public Slice slice(Side side, int number) throws IOException {
        if (!scenario.isStart()) {
            return standing.get(side).get(number).slice(sliceNs, DROP_NS);
        }
        Build build = builds.get(side);
        try (Fork fork = Fork.start(build, stop, directory, side + "-" + number)) {
            fork.greet();
            openLoad(fork, side, number);
            fork.requests(1);
            long firstNs = System.nanoTime() - fork.startedNs();
            Slice rest = fork.requests(scenario.startRequests());
            return rest.afterStart(firstNs, System.nanoTime() - fork.startedNs());
        }
    }

    @Override
    public void close() {
        standing.values().forEach(all -> all.forEach(Fork::dismiss));
        for (Side side : Side.values()) {
            close(side);
        }
    }

    private void close(Side side) {
        List<Fork> ofSide = standing.remove(side);
        if (ofSide != null) {
            ofSide.forEach(Fork::dismiss);
            ofSide.forEach(Fork::close);
        }
    }
}
