// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** QEMU's key=value lists and their JSON form. */
final class KeyValuesTest {
    private static KeyValues parse(String text) throws UsageException {
        return KeyValues.parse("blockdev", text, "driver");
    }

    private static String refusal(String text) {
        String message =
                assertThrows(UsageException.class, () -> parse(text).finish()).getMessage();
        assertTrue(message.startsWith("--blockdev "), message);
        assertFalse(message.contains("\n"), message);
        return message;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "driver=file,a=b                       | file | b",
        "file,a=b                              | file | b",
        "a=b,driver=file                       | file | b",
        "driver=file,a=x,,y                    | file | x,y",
        "driver=file,a=x,,                     | file | x,",
        "driver=x,driver=file,a=b              | file | b",
        "driver=file,a=p=q                     | file | p=q",
        "file,a=b,                             | file | b",
        "driver=file,a=                        | file | ''",
        "{\"driver\": \"file\", \"a\": \"x,y\"}  | file | x,y",
        "{\"driver\": \"file\", \"a\": true}     | file | on",
        "{\"driver\": \"file\", \"a\": 17}       | file | 17"})
    void readsPairs(String text, String driver, String a) throws UsageException {
        KeyValues keys = parse(text);

        assertEquals(driver, keys.require("driver"));
        assertEquals(a, keys.take("a", null));
        keys.finish();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "raw,file.driver=file,file.cache.direct=on",
        "{\"driver\": \"raw\", \"file\": {\"driver\": \"file\", \"cache\": {\"direct\": true}}}"})
    void nestsKeysByDots(String text) throws UsageException {
        KeyValues keys = parse(text);
        KeyValues file = keys.takeNested("file");

        assertEquals("raw", keys.require("driver"));
        keys.finish();
        assertEquals("file", file.require("driver"));
        assertTrue(file.takeSwitch("cache.direct", false));
        file.finish();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "driver=file,a         | '=' is missing after 'a'",
        ",a=b                  | '=' is missing after ''",
        "file,=b               | a parameter has no name",
        "file,x=1              | parameter 'driver' is not one that vblk has",
        "{\"driver\": [1]}     | 'driver' is neither a word",
        "{\"driver\": null}    | 'driver' is neither a word",
        "{\"driver\": 1.5}     | 'driver' is neither a word",
        "{\"driver\": \"x\"    | is not JSON",
        "{} {}                 | something follows",
        "{driver: 1}           | is not JSON"})
    void refusesOther(String text, String words) {
        String message = refusal(text);
        assertTrue(message.contains(words), message);
    }

    @Test
    void jsonIsNotNestedForEver() {
        String message = refusal("{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000));
        assertTrue(message.endsWith("JSON is nested too deep"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "yes", "true", "y"})
    void switchesOn(String word) throws UsageException {
        assertTrue(parse("a=" + word).takeSwitch("a", false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "no", "false", "n"})
    void switchesOff(String word) throws UsageException {
        assertFalse(parse("a=" + word).takeSwitch("a", true));
    }

    @Test
    void refusesBadValues() throws UsageException {
        KeyValues keys = parse("a=maybe,b=1x,c=4294967296,d=,e=1Q");

        assertThrows(UsageException.class, () -> keys.takeSwitch("a", true));
        assertThrows(UsageException.class, () -> keys.takeNumber("b", 0));
        assertThrows(UsageException.class, () -> keys.takeInteger("c", 0));
        assertThrows(UsageException.class, () -> keys.require("d"));
        assertThrows(UsageException.class, () -> keys.takeSize("e", 0));
    }
}
