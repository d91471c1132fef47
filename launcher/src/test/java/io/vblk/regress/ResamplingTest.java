// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Comparisons made of recorded slices. */
final class ResamplingTest {
    @TempDir
    private Path directory;

    private Path recorded(boolean equal, double times) throws IOException {
        Path file = directory.resolve("slices.jsonl");
        Build other = equal ? Results.BASELINE : Results.CANDIDATE;
        SplittableRandom random = new SplittableRandom(5);
        try (Recording recording = Recording.to(file)) {
            recording.begin(Scenarios.named(List.of("qd1-polled")).get(0),
                    Map.of(Side.A, Results.BASELINE, Side.B, other), false, 1, 25);
            for (int round = 0; round < 40; round++) {
                for (Side side : Side.values()) {
                    for (int fork = 0; fork < 3; fork++) {
                        recording.add(side, fork, round, Results.slice(
                                side == Side.B ? 8_000 * times : 8_000, random));
                    }
                }
            }
        }
        return file;
    }

    private static String run(Resampling resampling, int code) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertEquals(code, resampling.run(new PrintStream(bytes, true, StandardCharsets.UTF_8)));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void equalBuildsRaiseNoAlarm() throws IOException {
        String text = run(new Resampling(recorded(true, 1), 20, null, 1), 0);

        assertTrue(text.lines().anyMatch(line ->
                line.matches("qd1-polled +p50 +20 +0 +0 +0 +\\S+")), text);
    }

    @Test
    void aSlowdownPutInIsFound() throws IOException {
        String text = run(new Resampling(recorded(true, 1), 20, Plant.parse("p99:30%"), 1), 0);

        assertTrue(text.lines().anyMatch(line ->
                line.matches("qd1-polled +p99 +20 +20 +20 +0 +\\S+")), text);
    }

    @Test
    void aSlowdownThatIsTooSmallIsNotFound() throws IOException {
        run(new Resampling(recorded(true, 1), 20, Plant.parse("p50:2%"), 1), 1);
    }

    @Test
    void slicesOfAnotherBuildDoNotCount() throws IOException {
        Path file = recorded(false, 3);

        assertEquals(6, Recordings.read(file).get(0).forks().size());
        run(new Resampling(file, 20, null, 1), 0);
    }

    @Test
    void aRecordingThatWasCutShortIsReadAsFarAsItGoes() throws IOException {
        Path file = recorded(true, 1);
        List<String> lines = Files.readAllLines(file);
        Files.write(file, lines.subList(0, 200));

        assertEquals(22, Recordings.read(file).get(0).rounds());
        Files.writeString(file, lines.get(1) + "\n");
        assertThrows(IOException.class, () -> Recordings.read(file));
        Files.writeString(file, "{\"side\":\"A\"");
        assertThrows(IOException.class, () -> Recordings.read(file));
    }
}
