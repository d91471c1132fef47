// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines of JSON there and back, and what is none. */
final class JsonLineTest {
    @Test
    void comesBackAsItWas() throws IOException {
        JsonLine line = new JsonLine().with("do", "open").with("count", 3).with("ok", true)
                .with("share", 0.25).with("path", "a \"b\"\n.raw").with("none", null)
                .with("nan", Double.NaN).withAll("options", Map.of("rw", "randread"));
        JsonLine back = JsonLine.parse(line.toString());

        assertEquals("{\"do\":\"open\",\"count\":3,\"ok\":true,\"share\":0.25,"
                + "\"path\":\"a \\\"b\\\"\\n.raw\",\"options\":{\"rw\":\"randread\"}}",
                line.toString());
        assertEquals(line.toString(), back.toString());
        assertEquals(Map.of("rw", "randread"), back.below("options"));
        assertEquals(3, back.whole("count"));
        assertEquals(0.25, back.number("share"));
        assertTrue(back.isTrue("ok"));
        assertNull(back.text("none"));
    }

    @Test
    void wordsThatLookLikeNumbersStayWhatTheyAre() throws IOException {
        for (String word : new String[] {"007", "1e", "0,2-3", "+5", "-", "1.",
            "12345678901234567890", "NaN", "0x10", "1e9", "-0.5"}) {
            assertEquals(word, JsonLine.parse(new JsonLine().with("a", word).toString()).text("a"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "vblk: hello", "[]", "{\"a\":[1]}", "{", "{} {}", "3",
        "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}}"})
    void refusesWhatIsNoObject(String text) {
        assertThrows(IOException.class, () -> JsonLine.parse(text));
    }

    @Test
    void aNumberThatIsMissingIsNamed() throws IOException {
        JsonLine line = JsonLine.parse("{\"a\":\"x\",\"b\":1.5}");

        assertTrue(assertThrows(IOException.class, () -> line.number("a")).getMessage()
                .contains("'a'"));
        assertThrows(IOException.class, () -> line.whole("b"));
        assertThrows(IOException.class, () -> line.whole("c"));
    }
}
