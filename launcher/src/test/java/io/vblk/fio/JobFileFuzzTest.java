// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing but jobs, or one line of what is wrong, comes of any file. {@code -Dfuzz.seconds},
 * {@code -Dfuzz.seed}.
 */
@Timeout(300)
final class JobFileFuzzTest {
    private static final int FILES_AT_LEAST = 1500;
    private static final String[] VALUES = {"0", "1", "-1", "4k", "1.5", "20%", "randrw:8", "zipf",
        "zipf:1.2:2", "normal:NaN", "zoned:50/50:50/50", "4k/60:8k", "4k-8k,:1m", ",,,", "(1+",
        "()",
        "(2^9999)", "$ncpus*$ncpus", "${HOME}", "${", "${}", "$", "\"", "%o\"x\"-1", "0x", "md5",
        "pattern", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "1e999",
        "iops:1%", "lat:1s", "10:99", "io_uring", "libblkio", "null", "\u0664", "\uD83D\uDE00",
        "vhost-user:", "a:b", "   ", "4k;x", "1000", "1024", "loop", "poisson", "all"};

    private static JobPlan read(byte[] bytes) {
        return JobPlan.ofStream(new ByteArrayInputStream(bytes), List.of(), List.of(),
                JobPlanTest.CONTEXT);
    }

    @Test
    void anyFileGivesJobsOrOneLine() {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        long endNs = System.nanoTime() + Long.getLong("fuzz.seconds", 1) * 1_000_000_000L;
        SplittableRandom random = new SplittableRandom(seed);
        List<String> names = new ArrayList<>(FioOptions.names());
        names.addAll(List.of("readwrite", "blocksize", "ss", "nosuch", "cache", "include", ""));
        int files = 0;
        int good = 0;
        byte[] file = {};
        try {
            for (; files < FILES_AT_LEAST || System.nanoTime() - endNs < 0; files++) {
                file = file(random, names);
                good += isGood(file) ? 1 : 0;
            }
        } catch (Throwable t) {
            throw new AssertionError("fuzz.seed " + seed + ", file " + files + ":\n"
                    + new String(file, StandardCharsets.UTF_8), t);
        }
        assertTrue(good > files / 50 && good < files, good + " good ones of " + files
                + ", fuzz.seed " + seed);
    }

    private static boolean isGood(byte[] file) {
        try {
            JobPlan plan = read(file);
            assertTrue(!plan.jobs().isEmpty());
            assertTrue(plan.warnings().stream().allMatch(line -> line.lines().count() == 1));
            return true;
        } catch (JobSyntaxException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            assertTrue(e.getMessage().length() < 1000, e.getMessage());
            return false;
        }
    }

    private static byte[] file(SplittableRandom random, List<String> names) {
        StringBuilder text = new StringBuilder(random.nextInt(8) == 0 ? "" : "[a]\n");
        for (int lines = random.nextInt(5); lines > 0; lines--) {
            if (random.nextInt(5) == 0) {
                text.append(random.nextBoolean() ? "[global]\n" : "[b]\n");
            }
            text.append(names.get(random.nextInt(names.size())));
            if (random.nextInt(6) > 0) {
                text.append('=').append(VALUES[random.nextInt(VALUES.length)]);
            }
            text.append(random.nextInt(9) == 0 ? "\r\n" : "\n");
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        for (int spoil = random.nextInt(6) - 3; spoil > 0 && bytes.length > 0; spoil--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    private static String refused(byte[] file) {
        return assertThrows(JobSyntaxException.class, () -> read(file)).getMessage();
    }

    @Test
    void hugeFilesAndLinesAreRefused() throws IOException {
        String line = "[a]\ndescription=" + "x".repeat(100_000) + "\n";
        assertEquals("standard input:2: a value is longer than 65536 characters",
                refused(line.getBytes(StandardCharsets.UTF_8)));
        assertEquals("standard input: a job file has at most 1048576 bytes",
                refused("[a]\n;".concat("x".repeat(2 << 20)).getBytes(StandardCharsets.UTF_8)));
        assertEquals("standard input:4098: more than 4096 options",
                refused(("[a]\n" + "bs=4k\n".repeat(9000)).getBytes(StandardCharsets.UTF_8)));
        assertEquals("standard input:513: more than 512 sections",
                refused("[a]\n".repeat(2000).getBytes(StandardCharsets.UTF_8)));
        String unknown = refused(("[a]\n" + "y".repeat(60_000) + "=1\n")
                .getBytes(StandardCharsets.UTF_8));
        assertTrue(unknown.length() < 1000, unknown);
        try (InputStream endless = Files.newInputStream(Path.of("/dev/zero"))) {
            assertThrows(JobSyntaxException.class, () -> JobPlan.ofStream(
                    endless, List.of(), List.of(), JobPlanTest.CONTEXT));
        }
    }

    @Test
    void variablesDoNotMakeAValueGrowWithoutBound() {
        JobContext context = new JobContext(
                Set.of(), WaitMode.POLL, Map.of("X", "y".repeat(10_000)));
        for (String text : List.of("[a]\ndescription=" + "${X}".repeat(10_000) + "\n",
                "[a]\n" + "description=${X}\n".repeat(4_000))) {
            ByteArrayInputStream file =
                    new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
            String message = assertThrows(JobSyntaxException.class, () -> JobPlan.ofStream(
                    file, List.of(), List.of(), context)).getMessage();
            assertTrue(message.contains("longer than"), message);
        }
    }

    @Test
    @Timeout(60)
    void manyOptionsForManySectionsAreReadInTimeOrRefused() {
        String option = "iodepth=4\n";
        String sections = "[a]\nbs=4k\n".repeat(511);
        assertEquals(511, read(("[global]\n" + option.repeat(380) + sections)
                .getBytes(StandardCharsets.UTF_8)).jobs().size());
        String message = refused(("[global]\n" + option.repeat(3_500) + sections)
                .getBytes(StandardCharsets.UTF_8));
        assertTrue(message.endsWith("options, those of [global] counted for each job"), message);
    }

    @Test
    void whatIsNoTextIsRefused() {
        assertEquals("standard input: is not a text in UTF-8",
                refused(new byte[] {'[', 'a', ']', '\n', (byte) 0xff, '='}));
        assertEquals("standard input: is not a text in UTF-8",
                refused(new byte[] {'[', 'a', ']', '\n', 'x', '=', (byte) 0xc3}));
    }

    @TempDir
    Path directory;

    private String refusedFile(Path file) {
        return assertThrows(JobSyntaxException.class, () -> JobPlan.ofFile(
                file, List.of(), List.of(), JobPlanTest.CONTEXT)).getMessage()
                .replace(directory + "/", "");
    }

    @Test
    void filesThatIncludeThemselvesEnd() throws IOException {
        Path file = Files.writeString(directory.resolve("a.fio"), "[a]\ninclude b.inc\n");
        Files.writeString(directory.resolve("b.inc"), "bs=4k\ninclude b.inc\ninclude b.inc\n");
        assertEquals("b.inc:2: more than 16 files within each other: does one include itself?",
                refusedFile(file));
    }

    @Test
    void filesThatIncludeManyEnd() throws IOException {
        Path file = Files.writeString(directory.resolve("a.fio"), "[a]\ninclude 1.inc\n");
        for (int i = 1; i <= 12; i++) {
            Files.writeString(directory.resolve(i + ".inc"),
                    ("include " + (i + 1) + ".inc\n").repeat(2));
        }
        Files.writeString(directory.resolve("13.inc"), "bs=4k\n");
        assertTrue(refusedFile(file).endsWith(": more than 256 files are included"),
                refusedFile(file));
    }

    @Test
    void whatCannotBeIncludedIsSaidWithItsPlace() throws IOException {
        Path file = directory.resolve("a.fio");
        assertEquals("there is no file a.fio", refusedFile(file));
        Files.writeString(file, "[a]\ninclude " + directory.getFileName() + "/..\n");
        assertTrue(refusedFile(file).startsWith("a.fio:2: "), refusedFile(file));
        Files.writeString(directory.resolve("s.inc"), "\n[x]\n");
        Files.writeString(file, "[a]\ninclude s.inc\n");
        assertEquals("s.inc:2: an included file has no sections", refusedFile(file));
        Files.writeString(file, "[a]\ninclude .\n");
        assertTrue(refusedFile(file).startsWith("a.fio:2: file"), refusedFile(file));
    }
}
