// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Sections, globals, names and overrides, of files and of command lines. */
final class JobPlanTest {
    static final JobContext CONTEXT = new JobContext(
            Set.of("poll-max-ns", "cache"), WaitMode.POLL, Map.of("BS", "8k", "EMPTY", ""));

    static JobPlan file(String text, String... overrides) {
        return JobPlan.ofStream(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
                options(overrides), List.of(), CONTEXT);
    }

    static JobPlan line(String... words) {
        return JobPlan.ofOptions(options(words), CONTEXT);
    }

    static List<NameValue> options(String... words) {
        List<NameValue> options = new ArrayList<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            options.add(NameValue.of(equals < 0 ? word : word.substring(0, equals),
                    equals < 0 ? null : word.substring(equals + 1)));
        }
        return options;
    }

    static String refused(Runnable reading) {
        String message =
                assertThrows(JobSyntaxException.class, reading::run).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void globalsHoldForSectionsBelowAndAddUp() {
        JobPlan plan = file("""
                [global]
                bs=8k
                iodepth=4
                [a]
                [global]
                iodepth=2
                rw=randread
                [b]
                bs=1k
                """);
        JobSpec a = plan.jobs().get(0);
        JobSpec b = plan.jobs().get(1);
        assertEquals(List.of("a", "b"), plan.jobs().stream().map(JobSpec::name).toList());
        assertEquals(8192, a.access().unitBytes());
        assertEquals(4, a.iodepth());
        assertEquals(ReadWrite.READ, a.rw());
        assertEquals(1024, b.access().unitBytes());
        assertEquals(2, b.iodepth());
        assertEquals(ReadWrite.RANDREAD, b.rw());
        assertEquals(Map.of("bs", "8k", "iodepth", "2", "rw", "randread"), plan.globals());
        assertEquals(Map.of("bs", "1k"), b.options());
    }

    @Test
    void commentsAreCutAsFioCutsThem() {
        JobPlan plan = file("""
                ; a comment
                # another
                  [a] ; behind a section
                 iodepth = 3   # behind an option
                description=x#y
                \tbs\t=\t2k;k
                """);
        JobSpec job = plan.jobs().get(0);
        assertEquals(3, job.iodepth());
        assertEquals(2048, job.access().unitBytes());
        assertEquals("x", job.options().get("description"));
    }

    @Test
    void laterOptionsAndOverridesWin() {
        JobPlan plan = file("[a]\niodepth=1\niodepth=7\nbs=4k\n[a]\nbs=2k\n", "bs=16k");
        assertEquals(2, plan.jobs().size());
        assertEquals(7, plan.jobs().get(0).iodepth());
        assertEquals(16384, plan.jobs().get(0).access().unitBytes());
        assertEquals(16384, plan.jobs().get(1).access().unitBytes());
        assertEquals("16k", plan.jobs().get(1).options().get("bs"));
    }

    @Test
    void optionsAreShownAsFioShowsThem() {
        JobPlan plan = file("[a]\nblocksize=8k\ntime_based=0\nnorandommap\nbs=${BS}\n");
        assertEquals(Map.of("bs", "8k", "time_based", "0"), plan.jobs().get(0).options());
        assertFalse(plan.jobs().get(0).access().randomMap());
    }

    @Test
    void environmentAndMachineAreFilledIn() {
        int cpus = Runtime.getRuntime().availableProcessors();
        JobPlan plan = file("[a]\nbs=${NOPE}4k\niodepth=$ncpus\n[b]\nbs=${BS}\n"
                + "iodepth=2*$ncpus\nsize=2*$pagesize\n[c]\ndescription=$ncpus processors\n"
                + "size=($ncpus*1k)\n");
        assertEquals(4096, plan.jobs().get(0).access().unitBytes());
        assertEquals(cpus, plan.jobs().get(0).iodepth());
        assertEquals(8192, plan.jobs().get(1).access().unitBytes());
        assertEquals(2 * cpus, plan.jobs().get(1).iodepth());
        assertEquals(0, plan.jobs().get(1).extent().size().bytes() % 8192);
        assertEquals(cpus + " processors", plan.jobs().get(2).options().get("description"));
        assertEquals(cpus * 1024L, plan.jobs().get(2).extent().size().bytes());
        assertEquals("standard input:2: option bs needs a value",
                refused(() -> file("[a]\nbs=${EMPTY}\n")));
    }

    @Test
    void namesBeginJobsOnACommandLine() {
        JobPlan one = line("rw=randread", "bs=8k");
        assertEquals("vblk", one.jobs().get(0).name());
        assertEquals(Map.of(), one.globals());
        assertEquals(Map.of("rw", "randread", "bs", "8k"), one.jobs().get(0).options());

        JobPlan two = line("bs=8k", "name=a", "bs=16k", "name=global", "iodepth=2", "name=b");
        assertEquals(List.of("a", "b"), two.jobs().stream().map(JobSpec::name).toList());
        assertEquals(16384, two.jobs().get(0).access().unitBytes());
        assertEquals(1, two.jobs().get(0).iodepth());
        assertEquals(8192, two.jobs().get(1).access().unitBytes());
        assertEquals(2, two.jobs().get(1).iodepth());
        assertEquals(Map.of("bs", "8k", "iodepth", "2"), two.globals());
    }

    @Test
    void unknownOptionsAreNamedWithTheNearest() {
        assertEquals("standard input:2: unrecognized option 'iodeph': did you mean 'iodepth'?",
                refused(() -> file("[a]\niodeph=3\n")));
        assertEquals("unrecognized option 'xyzzy'", refused(() -> line("xyzzy=3")));
        assertEquals("unrecognized option 'cahce': did you mean 'cache'?",
                FioOptions.unknown("cahce", List.of("cache")).getMessage());
    }

    @Test
    void optionsOfTheDeviceAreKeptForTheCaller() {
        JobSpec job = file("[global]\ncache=none\n[a]\npoll-max-ns=0\ndirect=1\n").jobs().get(0);
        assertEquals(Map.of("cache", "none", "poll-max-ns", "0"), job.attachment().device());
        assertEquals(true, job.attachment().direct());
        assertNull(file("[a]\n").jobs().get(0).attachment().direct());
    }

    @Test
    void whatDoesNothingIsSaidOnce() {
        JobPlan plan = file("[global]\nthread\ninvalidate=1\ngtod_reduce=1\n[a]\n[b]\n");
        assertEquals(List.of("without effect here: gtod_reduce, invalidate"), plan.warnings());
        assertEquals("standard input:2: exit_what=all is not supported: exitall ends a group",
                refused(() -> file("[a]\nexit_what=all\n")));
        assertEquals(List.of(), file("[a]\nexit_what=group\nnr_files=1\n").warnings());
    }

    @Test
    void processorsAreNumbersAndRanges() {
        String[] texts = {"cpus_allowed=0-2,5", "cpus_allowed=0:1:2:5", "cpumask=0x27"};
        for (String text : texts) {
            Cpus cpus = file("[a]\n" + text + "\n").jobs().get(0).attachment().cpus();
            assertEquals("{0, 1, 2, 5}", cpus.allowed().toString(), text);
            assertEquals(cpus.allowed(), cpus.of(7), "shared");
        }
        Cpus split = file("[a]\ncpus_allowed=1,4\ncpus_allowed_policy=split\n").jobs().get(0)
                .attachment().cpus();
        assertEquals("{1} {4} {1}", split.of(0) + " " + split.of(1) + " " + split.of(2));
        assertTrue(file("[a]\n").jobs().get(0).attachment().cpus().of(0).isEmpty());
        for (String wrong : List.of("", "2-1", "1024", "a", "0,", "99999")) {
            assertTrue(refused(() -> file("[a]\ncpus_allowed=" + wrong + "\n"))
                    .contains("cpus_allowed"), wrong);
        }
    }

    @Test
    void sectionsCanBeChosen() {
        String text = "[global]\nbs=1k\n[a]\n[b]\niodepth=2\n[c]\n";
        JobPlan plan = JobPlan.ofStream(
                new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), List.of(),
                List.of("b"), CONTEXT);
        assertEquals(List.of("b"), plan.jobs().stream().map(JobSpec::name).toList());
        assertEquals("--bs=1k --name=b --iodepth=2", plan.command());
        assertEquals("standard input: there is no section [x], but a, b, c", refused(
                () -> JobPlan.ofStream(
                        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
                        List.of(), List.of("x"), CONTEXT)));
    }

    @Test
    void aCommandThatIsShownGivesTheSameJobs() {
        JobPlan plan = file("[global]\nbs=8k\nnorandommap\n[a b]\nrw=randread\n[global]\n"
                + "iodepth=2\n[it's]\ntime_based=0\nname=c\n");
        assertEquals("--bs=8k --norandommap '--name=a b' --rw=randread --name=global "
                + "--iodepth=2 --name=c --time_based=0", plan.command());
        JobPlan again = line("bs=8k", "norandommap", "name=a b", "rw=randread", "name=global",
                "iodepth=2", "name=c", "time_based=0");
        assertEquals(plan.globals(), again.globals());
        assertEquals(plan.jobs().get(1).access(), again.jobs().get(1).access());
        assertEquals(plan.command(), again.command());
        assertTrue(again.jobs().get(0).name().equals("a b"));
    }

    @Test
    void malformedFilesAreRefusedWithTheirLine() {
        Map<String, String> files = Map.of(
                "", "standard input: there is no job",
                "[global]\nbs=4k\n", "standard input: there is no job",
                "bs=4k\n", "standard input:1: an option outside of a section",
                "[a\n", "standard input:1: a section is not closed",
                "[a]b\n", "standard input:1: is not a section",
                "[]\n", "standard input:1: is not a section",
                "\n[a]\n=3\n", "standard input:3: an option has no name",
                "[a]\ninclude no-such.fio\n", "standard input:2: there is no file no-such.fio",
                "[a]\nbs=4k\0\n", "standard input:2: is not a text",
                "[a]\nverify=pattern\n", "standard input:1: verify=pattern needs a");
        files.forEach((text, message) -> {
            String said = refused(() -> file(text));
            assertTrue(said.startsWith(message), said);
        });
    }
}
