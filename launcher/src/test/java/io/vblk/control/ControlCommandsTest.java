// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.PollingOptions;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lines and their replies. */
class ControlCommandsTest {
    private FakeServer server;
    private ControlCommands commands;

    @BeforeEach
    void open() throws Exception {
        server = new FakeServer();
        commands = new ControlCommands(server);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private Map<?, ?> reply(String line) throws Exception {
        String reply = commands.reply(line);
        assertFalse(reply.contains("\n"), reply);
        return (Map<?, ?>) Json.parse(reply);
    }

    private Object value(String line) throws Exception {
        Map<?, ?> reply = reply(line);
        assertTrue(reply.containsKey("return"), reply.toString());
        return reply.get("return");
    }

    private void assertError(String line, String errorClass, String... parts) throws Exception {
        Map<?, ?> error = (Map<?, ?>) reply(line).get("error");
        assertNotNull(error, line);
        assertEquals(errorClass, error.get("class"));
        for (String part : parts) {
            assertTrue(error.get("desc").toString().contains(part), error.toString());
        }
    }

    private static String execute(String command, String arguments) {
        return "{\"execute\":\"" + command + "\",\"arguments\":{" + arguments + "}}";
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "x                                       | not JSON",
        "{                                       | not JSON",
        "{\"execute\":\"quit\"                   | not JSON",
        "[]                                      | JSON object",
        "\"quit\"                                | JSON object",
        "17                                      | JSON object",
        "null                                    | JSON object",
        "{}                                      | needs 'execute'",
        "{\"id\":1}                              | needs 'execute'",
        "{\"execute\":7}                         | must be a string",
        "{\"execute\":null}                      | must be a string",
        "{\"execute\":[\"quit\",[{}]]}           | must be a string",
        "{\"execute\":\"quit\",\"execute\":\"x\"}| Duplicate",
        "{\"execute\":\"quit\"} {}               | nothing behind it",
        "{\"execute\":\"quit\"}}                 | not JSON",
        "{\"exec\":\"quit\",\"execute\":\"quit\"}| 'exec' is no part",
        "{\"execute\":\"quit\",\"x\":{\"y\":[1]}}| 'x' is no part",
        "{\"execute\":\"quit\",\"arguments\":[]} | must be an object",
        "{\"execute\":\"hold\",\"arguments\":{\"disk\":null}} | argument 'disk'",
        "{\"execute\":\"hold\",\"arguments\":{\"disk\":[\"a\"]}} | argument 'disk'",
        "{\"execute\":\"hold\",\"arguments\":{\"disk\":{\"a\":1}}} | argument 'disk'",
        "{\"execute\":\"hold\",\"arguments\":{\"disk\":1.5}} | argument 'disk'",
        "{\"execute\":\"grow\",\"arguments\":{\"size\":99999999999999999999}} | 2^63",
        "{\"execute\":\"hold\",\"arguments\":{\"disk\":7}} | 'disk' must be a string",
        "{\"execute\":\"hold\",\"arguments\":{\"disk\":\"a\",\"disk\":\"b\"}} | Duplicate",
        "{\"execute\":\"hold\",\"arguments\":{\"disc\":\"a\"}} | no argument 'disc', but disk",
        "{\"execute\":\"quit\",\"arguments\":{\"now\":true}} | no argument 'now'",
        "{\"execute\":\"set-latency\"}           | needs 'enable'",
        "{\"execute\":\"set-latency\",\"arguments\":{\"enable\":\"yes\"}} | true or false",
        "{\"execute\":\"set-polling\"}           | at least one of",
        "{\"execute\":\"set-polling\",\"arguments\":{\"poll-max-ns\":-1}} | 0 to 1000000000",
        "{\"execute\":\"set-polling\",\"arguments\":{\"poll-weight\":4294967299}} | 0 to 63",
        "{\"execute\":\"set-polling\",\"arguments\":{\"poll-grow\":\"2\"}} | whole number",
        "{\"execute\":\"grow\"}                  | needs 'disk'",
        "{\"execute\":\"grow\",\"arguments\":{\"disk\":\"a\",\"size\":\"big\"}} | not a size",
        "{\"execute\":\"grow\",\"arguments\":{\"disk\":\"a\",\"size\":0}} | 0 bytes",
        "{\"execute\":\"grow\",\"arguments\":{\"disk\":\"a\",\"size\":-5}} | -5 bytes",
        "{\"execute\":\"grow\",\"arguments\":{\"disk\":\"a\",\"size\":512}} | would shrink"})
    void whatMakesNoSenseIsAnError(String line, String part) throws Exception {
        assertError(line, "GenericError", part);
        assertEquals(1, server.quit.getCount(), "and nothing is done");
        assertFalse(server.disks.stream().anyMatch(disk -> disk.state().held()));
    }

    @Test
    void namesWhatIsNotThere() throws Exception {
        assertError("{\"execute\":\"reboot\"}", "CommandNotFound", "'reboot'", "query-disks");
        assertError(execute("hold", "\"disk\":\"c\""), "DeviceNotFound", "'c'");
        assertError(execute("set-polling", "\"iothread\":\"c\",\"poll-grow\":1"),
                "DeviceNotFound", "'c'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "7 | 7", "\"x\\u0000y\" | \"x\\u0000y\"", "null | null", "[1,{\"a\":[]}] | [1,{\"a\":[]}]",
        "1.50 | 1.5"})
    void theIdComesBack(String id, String expected) throws Exception {
        String reply = commands.reply("{\"id\":" + id + ",\"execute\":\"query-version\"}");
        assertTrue(reply.endsWith(",\"id\":" + expected + "}"), reply);
        reply = commands.reply("{\"id\":" + id + ",\"execute\":\"nothing\"}");
        assertTrue(reply.contains("\"error\"") && reply.endsWith(",\"id\":" + expected + "}"),
                reply);
        reply = commands.reply("{\"execute\":5,\"id\":" + id + "}");
        assertTrue(reply.contains("\"error\"") && reply.endsWith(",\"id\":" + expected + "}"),
                reply);
    }

    @Test
    void listsDisksWithWhatTheyAre() throws Exception {
        List<?> disks = (List<?>) value("{\"execute\":\"query-disks\"}");
        assertEquals(2, disks.size());
        Map<?, ?> first = (Map<?, ?>) disks.get(0);
        assertEquals("a", first.get("name"));
        assertEquals("a \"image\".raw", first.get("image"));
        assertEquals(1L << 20, first.get("size"));
        assertEquals(2L, first.get("rings-running"));
        assertEquals(false, first.get("held"));
    }

    @Test
    void holdsAndResumesOneDiskOrAll() throws Exception {
        assertEquals(Map.of(), value(execute("hold", "\"disk\":\"b\"")));
        assertFalse(server.disks.get(0).state().held());
        assertTrue(server.disks.get(1).state().held());
        value("{\"execute\":\"hold\"}");
        assertTrue(server.disks.get(0).state().held());
        value("{\"execute\":\"resume\"}");
        assertFalse(server.disks.stream().anyMatch(disk -> disk.state().held()));
    }

    @Test
    void changesOnlyTheParametersThatAreNamed() throws Exception {
        value(execute("set-polling", "\"iothread\":\"vblk-iothread-1\",\"poll-grow\":4"));
        PollingOptions other = server.loops().get(0).context().polling();
        PollingOptions changed = server.loops().get(1).context().polling();
        assertEquals(PollingOptions.DEFAULT, other);
        assertEquals(4, changed.pollGrow());
        assertEquals(PollingOptions.DEFAULT.pollMaxNs(), changed.pollMaxNs());
        List<?> all = (List<?>) value(execute("set-polling", "\"poll-max-ns\":0"));
        assertEquals(2, all.size());
        assertEquals(0, server.loops().get(0).context().polling().pollMaxNs());
        assertEquals(4, server.loops().get(1).context().polling().pollGrow());
    }

    @Test
    void growsToASizeInAnyOfItsSpellings() throws Exception {
        assertEquals(Map.of("size", 1L << 20), value(execute("grow", "\"disk\":\"a\"")));
        value(execute("grow", "\"disk\":\"a\",\"size\":\"2M\""));
        value(execute("grow", "\"disk\":\"a\",\"size\":3145728"));
        assertEquals(List.of("a grow 0", "a grow 2097152", "a grow 3145728"), server.told);
    }

    @Test
    void countersAreAllThere() throws Exception {
        Map<?, ?> stats = (Map<?, ?>) value(execute("query-stats", "\"disk\":\"b\""));
        Map<?, ?> disk = (Map<?, ?>) ((List<?>) stats.get("disks")).get(0);
        assertEquals("b", disk.get("name"));
        assertEquals(List.of(10L, 4096L, 8192L, 4L, 1L, 2L, 3L, 5L, 6L, 7L, 8L, 9L),
                disk.values().stream().skip(1).toList());
        assertEquals(2, ((List<?>) stats.get("iothreads")).size());
        assertTrue(stats.get("time-ns") instanceof Long);
    }

    @Test
    void countersOfFiltersStandWithThoseOfTheirDisk() throws Exception {
        String request = execute("query-stats", "\"disk\":\"a\"");
        Map<?, ?> stats = (Map<?, ?>) value(request);
        List<?> filters = (List<?>) ((Map<?, ?>) ((List<?>) stats.get("disks")).get(0))
                .get("filters");
        assertEquals(Map.of("filter", "delay:all=1ms", "delay-ns", 42L), filters.get(0));
        Map<?, ?> reads = (Map<?, ?>) ((Map<?, ?>) filters.get(1)).get("read");
        assertEquals(List.of(3L, 1L, 8192L, 1_500L, 1_000L, 2_000L, 2_000L, 2_000L, 2_500L),
                List.copyOf(reads.values()));
        String text = ControlText.of("query-stats", commands.reply(request));
        assertTrue(text.contains("  filter delay:all=1ms:\n    delay-ns        : 42\n"), text);
        assertTrue(text.contains("  filter stats:\n"), text);
        assertTrue(text.matches("(?s).*read +3 +1 +8192 +1\\.5 +1\\.0 +2\\.0 +2\\.0.*"), text);
    }

    @Test
    void resetsLatenciesOnlyWhenAsked() throws Exception {
        value("{\"execute\":\"query-latency\"}");
        value(execute("query-latency", "\"disk\":\"a\",\"reset\":true"));
        assertEquals(List.of("a latency reset=false", "b latency reset=false",
                "a latency reset=true"), server.told);
        value(execute("set-latency", "\"enable\":true"));
        assertTrue(server.disks.stream().allMatch(disk -> disk.state().measured()));
    }

    /** Every line has one reply, which is JSON on one line, whatever was sent. */
    @Test
    void repliesToAnything() throws Exception {
        long seed = Long.getLong("control.seed", System.nanoTime());
        System.out.println("ControlCommandsTest: -Dcontrol.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        String[] words = {"{", "}", "[", "]", ":", ",", "\"", "\\", "\\u00", "1", "-", "1e999", ".",
            "true", "null", " ", "\t", "\"execute\"", "\"arguments\"", "\"id\"", "\"quit\"",
            "\"query-stats\"", "\"query-latency\"", "\"set-polling\"", "\"poll-max-ns\"",
            "\"disk\"", "\"a\"", "\u0000", "\ud800", "\u00e9",
            "99999999999999999999999", "//", "'", "NaN"};
        for (int i = 0; i < 20_000; i++) {
            StringBuilder line = new StringBuilder();
            if (random.nextInt(2) == 0) {
                line.append("{\"execute\":\"query-version\"");
            }
            int count = random.nextInt(12);
            for (int j = 0; j < count; j++) {
                line.append(words[random.nextInt(words.length)]);
            }
            Map<?, ?> reply = reply(line.toString());
            assertTrue(reply.containsKey("return") ^ reply.containsKey("error"), line.toString());
        }
        assertError("[".repeat(15_000), "GenericError", "JSON object");
        assertError("{\"execute\":\"quit\",\"id\":" + "[".repeat(15_000), "GenericError",
                "not JSON");
        assertError("{\"execute\":\"quit\",\"x\":" + "{\"a\":".repeat(3_000), "GenericError",
                "not JSON");
    }
}
