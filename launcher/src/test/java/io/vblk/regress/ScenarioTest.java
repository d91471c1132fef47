// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scenario files: those of the program, and what is wrong with others. */
final class ScenarioTest {
    private static Scenario parse(String text) throws IOException {
        return Scenario.parse("s", new ByteArrayInputStream(
                text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void eachFileIsNamedAndMakesSense() throws IOException {
        Set<String> files;
        try (Stream<Path> all = Files.list(Path.of(
                System.getProperty("basedir", "")).resolve("src/regress"))) {
            files = all.map(file -> file.getFileName().toString())
                    .map(name -> name.replace(".scenario", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        assertEquals(files, new TreeSet<>(Scenarios.NAMES));
        assertEquals(Scenarios.NAMES.size(), Scenarios.named(Scenarios.NAMES).size());
    }

    @Test
    void whatIsNoKeyOfItsOwnIsAnOptionOfBench() throws IOException {
        Scenario scenario = parse("image=memory:1M\npin=same\nrw = randread \niodepth=4\n"
                + "gate=p50,cpu\ngate.p50=7\nslice-ms=30\n");

        assertEquals("memory:1M", scenario.image());
        assertEquals(Scenario.Pin.SAME, scenario.pin());
        assertEquals(Set.of("rw", "iodepth"), scenario.options().keySet());
        assertEquals("randread", scenario.options().get("rw"));
        assertEquals(4, scenario.option("iodepth", 1));
        assertEquals(30, scenario.sliceMs());
        assertEquals(List.of(new Gate(Metric.P50, 7), new Gate(Metric.CPU, 10)),
                scenario.gates());
    }

    @Test
    void aStartIsGatedByItsTimes() throws IOException {
        Scenario scenario = parse("image=memory:1M\nstart-requests=10\n");

        assertTrue(scenario.isStart());
        assertEquals(List.of(Metric.FIRST, Metric.START),
                scenario.gates().stream().map(Gate::metric).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw=read", "image=a\npin=here", "image=a\ngate=p51",
        "image=a\nslice-ms=-1", "image=a\nrate-share=101", "image=a\nstart-requests=x",
        "image=a\ngate.p50=5%"})
    void saysWhatIsWrong(String text) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> parse(text));
        assertTrue(e.getMessage().startsWith("scenario s: "), e.getMessage());
    }

    @Test
    void anImageThatIsMadeNeedsASize() throws IOException {
        assertEquals(16 << 20, parse("image=raw:16M").madeBytes());
        assertThrows(IllegalArgumentException.class, () -> parse("image=raw:16G").madeBytes());
        assertThrows(IllegalArgumentException.class, () -> parse("image=raw:").madeBytes());
    }

    @Test
    void aFileOfOnesOwnIsReadByItsPath(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("mine.scenario"), "image=memory:1M\n");

        assertEquals("mine", Scenarios.named(List.of(file.toString())).get(0).name());
        assertThrows(IllegalArgumentException.class,
                () -> Scenarios.named(List.of("no.scenario")));
        assertThrows(IllegalArgumentException.class, () -> Scenarios.named(List.of("qd2")));
    }

    @Test
    void guestsAndLoopsArePlacedFromTheLastProcessorDown() throws IOException {
        List<Integer> four = List.of(3, 2, 1, 0);
        List<Integer> two = List.of(1, 0);

        assertEquals(new Placement("3", "3"), Placement.of(parse("image=a\npin=same"), four));
        assertEquals(new Placement("2", "3"), Placement.of(parse("image=a\npin=apart"), four));
        assertEquals(new Placement("0,0", "1"),
                Placement.of(parse("image=a\npin=apart\nnumjobs=2"), two));
        assertEquals(new Placement("0", "1,1"),
                Placement.of(parse("image=a\npin=apart\niothreads=2"), two));
        assertEquals(new Placement("1,0,1", "1,0"),
                Placement.of(parse("image=a\npin=pairs\nnumjobs=3\niothreads=2"), two));
        assertEquals(new Placement("", ""), Placement.of(parse("image=a"), two));
        assertThrows(IllegalArgumentException.class,
                () -> Placement.of(parse("image=a\npin=apart"), List.of(0)));
    }

    @Test
    void aSlowdownIsAnOptionOfTheDisk() throws IOException {
        Scenario one = parse("image=a");
        Scenario deep = parse("image=a\niodepth=4");

        assertEquals("delay:all=800ns,spin=1", planted("p50:10%", one));
        assertEquals("delay:all=200ns,spin=1", planted("p50:10", deep));
        assertEquals("delay:all=57000ns,spin=1,probability=0.020000", planted("p99:30%", one));
        assertEquals("delay:all=57000ns,spin=1,probability=0.005000", planted("p99:30%", deep));
        assertThrows(IllegalArgumentException.class, () -> Plant.parse("p90:10%"));
        assertThrows(IllegalArgumentException.class, () -> Plant.parse("p50:0%"));
    }

    private static String planted(String text, Scenario scenario) {
        Plant plant = Plant.parse(text);
        assertNull(plant.unfit(scenario));
        return plant.in(scenario, plant.delayNs(scenario, 8_000, 50_000)).options().get("filter");
    }

    @Test
    void aSlowdownNeedsAPlaceAndAGate() throws IOException {
        Plant plant = Plant.parse("p50:10%");

        assertEquals("a slowdown cannot be planted: it has a filter",
                plant.unfit(parse("image=a\nfilter=x")));
        assertEquals("a slowdown cannot be planted: p50 is not compared",
                plant.unfit(parse("image=a\nstart-requests=10")));
    }
}
