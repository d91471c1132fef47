// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has no effect is said, and nothing else is. */
final class IdleOptionsTest {
    private static List<String> find(String target, String... words) throws Exception {
        CommandLine line = new DefaultParser().parse(new BenchCommand().options(), words);
        return IdleOptions.find(line, target);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "d         | --aio=sync --thread-pool-max=4    | --thread-pool-max | --aio=sync",
        "d         | --aio=sync --aio-max-batch=4      | --aio-max-batch   | --aio=sync",
        "./null:1G | --aio=sync --thread-pool-min=4    | --thread-pool-min | --aio=sync",
        "null:1G   | --aio=sync --thread-pool-min=4 --format=raw "
            + "| --thread-pool-min | --aio=sync",
        "memory:1G | --thread-pool-max=4 | --thread-pool-max | a disk that is no file",
        "d         | --poll-policy=classic --poll-weight=1 | --poll-weight | --poll-policy=classic",
        "d         | --poll-max-ns=0 --poll-grow=2     | --poll-grow       | --poll-max-ns=0",
        "d         | --poll-max-ns=0 --poll-policy=classic | --poll-policy | --poll-max-ns=0",
        "d         | --delay-seed=2                    | --delay-seed      | no --delay-us",
        "d         | --call-batch-max=2                | --call-batch-max  | no --call-delay-us",
        "d         | --rate_process=poisson            | --rate_process    | no --rate_iops",
        "d         | --read-only --discard=ignore      | --discard         | --read-only",
        "d         | --read-only --detect-zeroes=on    | --detect-zeroes   | --read-only"})
    void whatHasNoEffectIsSaid(String target, String words, String option, String beside)
            throws Exception {
        assertEquals(List.of(option + " has no effect with " + beside),
                find(target, words.split(" ")));
    }

    @Test
    void nothingIsSaidOfWhatHasAnEffect() throws Exception {
        assertEquals(List.of(), find("d"));
        assertEquals(List.of(), find("null:1G", "--aio=sync"));
        assertEquals(List.of(), find("d", "--aio=threads", "--thread-pool-min=1",
                "--thread-pool-max=4", "--aio-max-batch=8", "--poll-max-ns=1000", "--poll-grow=4",
                "--poll-shrink=2", "--poll-weight=5", "--poll-policy=weighted", "--delay-us=5",
                "--delay-seed=2", "--call-delay-us=50", "--call-batch-max=8", "--discard=unmap",
                "--detect-zeroes=on"));
        assertEquals(List.of(), find("d", "--poll-weight=5"));
    }
}
