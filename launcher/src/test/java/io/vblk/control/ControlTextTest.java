// SPDX-License-Identifier: Apache-2.0
package io.vblk.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Replies as people read them. */
class ControlTextTest {
    @Test
    void tablesAlignNumbersToTheRight() throws Exception {
        assertEquals("name   n\na      5\nbb    17\n",
                ControlText.of("query-iothreads",
                        "{\"return\":[{\"name\":\"a\",\"n\":5},{\"name\":\"bb\",\"n\":17}]}"));
    }

    @Test
    void errorsAreThrown() throws Exception {
        String reply = "{\"error\":{\"class\":\"DeviceNotFound\",\"desc\":\"no disk\"}}";
        assertTrue(ControlText.isError(reply));
        assertEquals("no disk", assertThrows(ControlException.class,
                () -> ControlText.of("hold", reply)).getMessage());
    }

    /** Of another version, or by somebody who would like to steer the terminal. */
    @Test
    void odderRepliesAreOneLineOrHarmless() throws Exception {
        String[] commands = {"query-commands", "query-disks", "query-stats", "query-latency",
            "query-iothreads"};
        for (String command : commands) {
            for (String value : new String[] {"5", "[5]", "{}", "[{}]", "null", "\"x\""}) {
                try {
                    ControlText.of(command, "{\"return\":" + value + "}");
                } catch (IOException e) {
                    assertFalse(e.getMessage().contains("\n"), e.getMessage());
                }
            }
        }
        String table = ControlText.of("query-iothreads",
                "{\"return\":[{\"name\":\"\\u001b[2J\\r\\n\"}]}");
        assertEquals("name\n?[2J??\n", table);
        for (String odd : new String[] {"5", "[]", "{}", "", "{\"return\""}) {
            assertThrows(IOException.class, () -> ControlText.of("hold", odd), odd);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> stats(String text) throws IOException {
        return (Map<String, Object>) Json.parse(text.replace('\'', '"'));
    }

    @Test
    void watchesRatesBetweenTwoLooks() throws Exception {
        String disk = "'name':'d','errors':0,'bytes-written':0,";
        String before = "{'time-ns':0,'disks':[{" + disk + "'requests':10,'bytes-read':0,"
                + "'kicks':1,'calls':0,'batches':1}],'iothreads':[{'name':'l','iterations':0,"
                + "'poll-vain-ns':0,'wait-ns':0,'poll-ns':1}]}";
        String after = "{'time-ns':2000000000,'disks':[{" + disk + "'requests':2010,"
                + "'bytes-read':8388608,'kicks':1001,'calls':500,'batches':501}],"
                + "'iothreads':[{'name':'l','iterations':4000,'poll-vain-ns':500000000,"
                + "'wait-ns':1000000000,'poll-ns':4096},{'name':'new','iterations':0,"
                + "'poll-vain-ns':0,'wait-ns':0,'poll-ns':1}]}";
        String[] lines = ControlWatch.view(stats(before), stats(after)).split("\n");
        assertEquals("d 1000 4.0 0.0 0 0.500 0.250 4.000", lines[1].replaceAll(" +", " "));
        assertEquals("l 2000 25.0 50.0 25.0 4096", lines[3].replaceAll(" +", " "));
        assertEquals("new 0 0.0 - - 1", lines[4].replaceAll(" +", " "));
    }
}
