// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads what {@link Recording} has written. Thread: any. */
final class Recordings {
    /** More forks than any comparison has. */
    private static final int FORK_MAX = 63;
    private static final int ROUND_MAX = 1_000_000;

    /**
     * The slices of one run.
     *
     * @param scenario its name
     * @param forks of equal builds: their slices by round, null where a round has none
     */
    record Run(String scenario, List<List<Slice>> forks) {
        /** Rounds that all forks have been through. */
        int rounds() {
            return forks.stream().mapToInt(List::size).min().orElse(0);
        }
    }

    private final List<Run> runs = new ArrayList<>();
    private String scenario;
    private boolean equal;
    private Map<Side, Map<Integer, List<Slice>>> slices = new EnumMap<>(Side.class);

    private Recordings() {}

    /**
     * Reads a file. A run that was cut short keeps the rounds that it has.
     *
     * @throws IOException in words for an operator
     */
    static List<Run> read(Path file) throws IOException {
        Recordings recordings = new Recordings();
        JsonLines.read(file, recordings::line);
        recordings.endRun();
        if (recordings.runs.isEmpty()) {
            throw new IOException(file + ": no slices: record some with vblk regress --record");
        }
        return recordings.runs;
    }

    private void line(JsonLine line) throws IOException {
        if (line.text("vblk-regress-slices") != null) {
            if (line.whole("vblk-regress-slices") != Recording.VERSION) {
                throw new IOException("of another version");
            }
            endRun();
            scenario = line.text("scenario", "");
            equal = line.isTrue("equal");
            return;
        }
        if (scenario == null) {
            throw new IOException("a slice before the head of a run");
        }
        long fork = line.whole("fork");
        long round = line.whole("round");
        if (fork < 0 || fork > FORK_MAX || round < 0 || round > ROUND_MAX) {
            throw new IOException("of no fork or round: " + fork + ", " + round);
        }
        List<Slice> ofFork = slices
                .computeIfAbsent(Side.valueOf(line.text("side", "")), s -> new TreeMap<>())
                .computeIfAbsent((int) fork, f -> new ArrayList<>());
        while (ofFork.size() < round) {
            ofFork.add(null);
        }
        ofFork.add(Slice.readFrom(line));
    }

    private void endRun() {
        List<List<Slice>> forks = new ArrayList<>();
        slices.forEach((side, ofSide) -> {
            if (equal || side != Side.B) {
                forks.addAll(ofSide.values());
            }
        });
        if (!forks.isEmpty()) {
            runs.add(new Run(scenario, forks));
        }
        slices = new EnumMap<>(Side.class);
    }
}
