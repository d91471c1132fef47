// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users of fio expect of options and figures. */
final class BenchAsFioTest {
    @TempDir
    private Path directory;

    private Path file() throws IOException {
        return Files.write(directory.resolve("disk"), new byte[1 << 20]);
    }

    @Test
    void aJobThatOnlyReadsAsksForHeadersStraightOnAFile() throws IOException {
        Path disk = file();
        VblkRun.of("bench", disk.toString(), "--allow-write", "--rw=write", "--verify=md5")
                .succeeded();
        String[] again = {"bench", "file:" + disk, "--rw=read", "--verify=md5"};
        VblkRun.of(again).succeeded();
        byte[] bytes = Files.readAllBytes(disk);
        bytes[40_960] ^= 1;
        Files.write(disk, bytes);

        VblkRun run = VblkRun.of(again);

        assertTrue(run.code() == 1 && run.err().contains("offset 40960"), run.err());
    }

    @Test
    void percentilesKeepTheirDecimals() {
        String out = VblkRun.of("bench", "null:1G", "--rw=read", "--number_ios=100",
                "--percentile_list=50:99.999").out();

        assertTrue(out.contains("50.000th=[") && out.contains("99.999th=["), out);
    }

    @Test
    void aLatencyTargetIsInNanosecondsAndItsWindowInMicroseconds() {
        String[] words = {"bench", "null:1G", "--rw=read", "--number_ios=100",
            "--latency_target=1ms", "--latency_window=100ms", "--iodepth=2"};
        String text = VblkRun.of(words).out();
        String[] json = Arrays.copyOf(words, words.length + 1);
        json[words.length] = "--output-format=json";

        assertTrue(text.contains("target=1000000, window=100000,"), text);
        String document = VblkRun.of(json).out();
        assertTrue(document.contains("\"latency_target\" : 1000000"), document);
        assertTrue(document.contains("\"latency_window\" : 100000"), document);
    }

    @Test
    void aJobFileIsLookedAtWithoutATarget() throws IOException {
        Path jobs = Files.writeString(directory.resolve("j.fio"), "[j]\nrw=read\n");

        VblkRun.of("bench", jobs.toString(), "--parse-only").succeeded();
    }

    @Test
    void aFailureHasNoErrnoOfAnotherOne() throws IOException {
        String err = VblkRun.of("bench", file().toString(), "--allow-write", "--rw=randrw",
                "--filter=error:write=1,errno=ENOSPC,after=50",
                "--filter=error:read=1,errno=EIO,count=1", "--continue_on_error=all").err();

        assertTrue(err.contains("read of 4096 bytes"), err);
        assertTrue(err.contains("answered with an I/O error"), err);
    }

    @Test
    void whatIsAboutOneTargetIsRefusedWithTwo() {
        for (String option : new String[] {"--stats", "--explain-tail"}) {
            VblkRun.of("bench", "null:1G", "null:2G", "--rw=read", option)
                    .failed(2, option + " is about one target");
        }
    }
}
