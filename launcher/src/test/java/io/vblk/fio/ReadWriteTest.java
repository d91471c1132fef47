// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** fio's names of modes. */
final class ReadWriteTest {
    @Test
    void namesAreFios() {
        assertEquals(List.of("read", "write", "randread", "randwrite", "rw", "randrw",
                        "trim", "randtrim", "trimwrite", "randtrimwrite"),
                Arrays.stream(ReadWrite.values()).map(ReadWrite::fioName).toList());
        for (ReadWrite rw : ReadWrite.values()) {
            assertEquals(rw, ReadWrite.parse(rw.fioName()));
            assertTrue(rw.reads() || rw.writes() || rw.trims());
            assertEquals(rw.fioName().startsWith("rand"), rw.random());
        }
        assertEquals(ReadWrite.RW, ReadWrite.parse("readwrite"));
    }

    @Test
    void othersAreRefusedInOneLine() {
        for (String name : List.of("", "foo", "READ", "trims", "read:8", " read")) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> ReadWrite.parse(name));
            assertTrue(e.getMessage().startsWith("rw=" + name + " is none of read, write, "),
                    e.getMessage());
        }
    }
}
