// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vblk.fio.NameValue;
import java.util.List;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;

/** Options of jobs are taken out of a command line, in their order. */
final class JobArgumentsTest {
    private static final Options OWN = new Options()
            .addOption(CommonOptions.value("aio", "ENGINE", ""))
            .addOption(CommonOptions.toggle("packed", ""))
            .addOption(CommonOptions.flag("stats", ""));

    private static JobArguments split(String... words) throws UsageException {
        return JobArguments.split(List.of(words), OWN);
    }

    @Test
    void whatIsOfJobsIsTakenInItsOrder() throws UsageException {
        JobArguments result = split("disk.raw", "--name=a", "--rw", "randread", "--aio=threads",
                "--time_based", "--packed", "--name=b", "--bs=4k", "--aio", "sync");
        assertEquals(List.of(NameValue.of("name", "a"), NameValue.of("rw", "randread"),
                NameValue.of("time_based", null), NameValue.of("name", "b"),
                NameValue.of("bs", "4k")), result.job());
        assertEquals(List.of("disk.raw", "--aio=threads", "--packed", "--aio", "sync"),
                result.others());
    }

    @Test
    void theCommandsOwnOptionsComeFirst() throws UsageException {
        assertEquals(List.of("--stats"), split("--stats").others());
        assertEquals(List.of("-h", "-", "--", "--rw=read"),
                split("-h", "-", "--", "--rw=read").others());
    }

    @Test
    void aValueMayBeMissingAtTheEnd() throws UsageException {
        assertEquals(List.of(NameValue.of("rw", null)), split("--rw").job());
        assertEquals(List.of("--aio"), split("--aio").others());
    }

    @Test
    void unknownOnesAreRefusedWithTheNearest() {
        assertEquals("unrecognized option 'iodeph': did you mean 'iodepth'?",
                assertThrows(UsageException.class, () -> split("--iodeph=3")).getMessage());
        assertEquals("unrecognized option 'pakced': did you mean 'packed'?",
                assertThrows(UsageException.class, () -> split("--pakced")).getMessage());
    }
}
