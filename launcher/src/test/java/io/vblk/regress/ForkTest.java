// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the harness says of a build that does not do as it should. */
final class ForkTest {
    @TempDir
    private Path directory;

    private Fork start(String mode, StopSwitch stop) throws IOException {
        return Fork.start(FakeWorker.build(mode), stop, directory, mode);
    }

    @ParameterizedTest
    @CsvSource({"old, old has no regress-worker: it is older", "newer, newer speaks version 2",
        "garbage, garbage has no regress-worker: it said Hello"})
    void refusesABuildByName(String mode, String message) throws IOException {
        try (Fork fork = start(mode, new StopSwitch())) {
            String said = assertThrows(IOException.class, fork::greet).getMessage();

            assertTrue(said.startsWith(message), said);
            assertEquals(1, said.lines().count(), said);
        }
    }

    @Test
    void whatABuildDoesNotKnowIsItsRefusal() throws IOException {
        try (Fork fork = start("refuses", new StopSwitch())) {
            fork.greet();
            String said = assertThrows(Fork.RefusedException.class,
                    () -> fork.open("memory:1M", "", Map.of("x", "1"))).getMessage();

            assertEquals("refuses: Unrecognized option: --x", said);
        }
    }

    @Test
    void aWorkerThatDiesHasTheLastWord() throws IOException {
        try (Fork fork = start("dies", new StopSwitch())) {
            fork.greet();
            String said = assertThrows(IOException.class,
                    () -> fork.slice(1_000_000, 0)).getMessage();

            assertEquals("dies: the worker ended: the last word", said);
        }
    }

    @Test
    void anAnswerThatIsNoneIsShown() throws IOException {
        try (Fork fork = start("mumbles", new StopSwitch())) {
            fork.greet();
            String said = assertThrows(IOException.class,
                    () -> fork.slice(1_000_000, 0)).getMessage();

            assertTrue(said.startsWith("mumbles: the answer is no JSON"), said);
            assertTrue(said.endsWith("not JSON"), said);
        }
    }

    @Test
    void aHistogramThatIsNoneIsSaidAtOnce() throws IOException {
        try (Fork fork = start("scrawls", new StopSwitch())) {
            fork.greet();
            String said = assertThrows(IOException.class,
                    () -> fork.slice(1_000_000, 0)).getMessage();

            assertTrue(said.startsWith("scrawls: the answer is the histogram"), said);
        }
    }

    /** Its answers would fill the heap, and each would be that to the next question. */
    @Test
    void whoSaysWhatItWasNotAskedIsEnded() throws IOException {
        try (Fork fork = start("floods", new StopSwitch())) {
            fork.greet();
            String said = assertThrows(IOException.class, () -> {
                while (true) {
                    fork.open("memory:1M", "", Map.of());
                }
            }).getMessage();

            assertTrue(said.startsWith("floods: it said what it was not asked: {"), said);
        }
    }

    @Test
    void aLineWithoutEndAndMuchOnStderrAreNotKept() throws IOException {
        try (Fork endless = start("endless", new StopSwitch());
                Fork loud = start("loud", new StopSwitch())) {
            String said = assertThrows(IOException.class, endless::greet).getMessage();
            assertTrue(said.startsWith("endless has no regress-worker: it said"), said);

            said = assertThrows(IOException.class, loud::greet).getMessage();
            assertEquals("loud has no regress-worker: it said the last word", said);
        }
    }

    @Test
    void aStopEndsAWorkerThatIsSilent() throws Exception {
        StopSwitch stop = new StopSwitch();
        try (Fork fork = start("silent", stop)) {
            fork.greet();
            Thread other = new Thread(stop::request);
            other.start();
            assertThrows(StopSwitch.StoppedException.class, () -> fork.slice(1_000_000, 0));
            other.join();
            assertThrows(StopSwitch.StoppedException.class, () -> start("silent", stop));
        }
    }

    @Test
    void aWorkerThatAStopEndsIsNoBuildWithoutOne() throws IOException {
        StopSwitch stop = new StopSwitch();
        try (Fork fork = start("mute", stop)) {
            stop.request();
            assertThrows(StopSwitch.StoppedException.class, fork::greet);
        }
    }
}
