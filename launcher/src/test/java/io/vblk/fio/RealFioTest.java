// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What we make of options and job files against what the installed fio makes of them. */
@Timeout(300)
final class RealFioTest {
    private static final Pattern SIZE =
            Pattern.compile("\\([RWT]\\) ([\\d.]+)(B|KiB|MiB)-([\\d.]+)(B|KiB|MiB)");

    @TempDir
    Path directory;

    @BeforeAll
    static void needsFio() {
        RealFio.require();
    }

    /** The options of each job; fio puts some behind others and keeps blanks. */
    private static List<List<String>> jobs(String command) {
        List<List<String>> jobs = new ArrayList<>(List.of(new ArrayList<>()));
        for (String word : (" " + command + " ").split("(?=\\s'?--\\w)")) {
            String option = word.strip().replaceAll("^'(.*)'$", "$1").replaceAll("^--", "")
                    .replaceAll("=\\s+", "=");
            if (option.startsWith("name=")) {
                jobs.add(new ArrayList<>());
            }
            if (option.startsWith("description=")) {
                option = option.replace("\"", "");
            }
            jobs.get(jobs.size() - 1).add(option);
        }
        jobs.forEach(job -> job.removeIf(option -> option.isEmpty() || option.equals("fio")));
        jobs.forEach(job -> job.sort(null));
        return jobs;
    }

    @Test
    void jobFilesMeanTheSameOptions() throws Exception {
        List<Path> files = JobFiles.all().stream().filter(JobFiles::isFios).toList();
        assertTrue(files.size() >= 15, files.size() + " files");
        List<String> words = new ArrayList<>(List.of("--showcmd"));
        files.forEach(file -> words.add(file.toString()));
        RealFio.Result fio = RealFio.run(directory, words.toArray(String[]::new));
        assertEquals(0, fio.exitCode(), fio.output());
        List<String> commands = fio.output().lines().toList();
        assertEquals(files.size(), commands.size(), fio.output());
        for (int i = 0; i < files.size(); i++) {
            assertEquals(jobs(commands.get(i)), jobs(JobFiles.plan(files.get(i)).command()),
                    files.get(i).toString());
        }
    }

    /** fio says what sizes it will use when it starts. */
    private List<List<Long>> fiosSizes(List<String> jobs) throws Exception {
        List<String> words = new ArrayList<>();
        for (String job : jobs) {
            words.addAll(List.of("--name=x", "--ioengine=null", "--size=1m", "--number_ios=1"));
            Arrays.stream(job.split(" ")).map(option -> "--" + option).forEach(words::add);
        }
        RealFio.Result fio = RealFio.run(directory, words.toArray(String[]::new));
        Matcher matcher = SIZE.matcher(fio.output());
        List<List<Long>> result = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            List<Long> sizes = new ArrayList<>();
            while (sizes.size() < 6 && matcher.find()) {
                sizes.add(bytes(matcher.group(1), matcher.group(2)));
                sizes.add(bytes(matcher.group(3), matcher.group(4)));
            }
            result.add(sizes);
        }
        return result;
    }

    private static long bytes(String number, String unit) {
        return (long) (Double.parseDouble(number)
                * (unit.equals("B") ? 1 : unit.equals("KiB") ? 1 << 10 : 1 << 20));
    }

    @Test
    void sizesAreFios() throws Exception {
        List<String> jobs = List.of("bs=1k", "bs=1KB", "bs=1ki", "bs=1kib", "bs=0x400",
                "bs=1024b", "bs=1m", "bs=4k,8k", "bs=8k,", "bs=,8k", "bs=,8k,", "bs=,,8k",
                "bs=1k,2k,3k", "bs=8k bs=,2k", "bsrange=1k-4k", "bsrange=4k-1k",
                "bsrange=1k:4k", "bsrange=1k-4k,8k-16k", "bs=8k bsrange=1k-2k",
                "bsrange=1k-2k bs=8k", "bsrange=1k-2k, bs=8k", "bssplit=1k/60:2k/40 bs=8k",
                "bssplit=1k/60:2k:4k,8k/100 bs=512", "kb_base=1000 bs=1k",
                "kb_base=1000 bs=1ki", "kb_base=1000 bs=1kib");
        List<List<Long>> fios = fiosSizes(jobs);
        for (int i = 0; i < jobs.size(); i++) {
            BlockSizes sizes =
                    JobPlanTest.line(jobs.get(i).split(" ")).jobs().get(0).access().sizes();
            List<Long> ours = new ArrayList<>();
            for (SizeSplit split : List.of(sizes.read(), sizes.write(), sizes.trim())) {
                ours.add((long) split.minBytes());
                ours.add((long) split.maxBytes());
            }
            assertEquals(fios.get(i), ours, jobs.get(i));
        }
    }

    @Test
    void whatFioRefusesWeRefuse() throws Exception {
        for (String option : List.of("iodepth=0", "rwmixread=101", "rw=foo", "bsrange=4k",
                "random_distribution=zipf:1", "random_distribution=normal:200",
                "random_distribution=zoned:60/10:30/20", "steadystate=iops", "nosuchoption=1",
                "time_based=yes", "verify_pattern=abc")) {
            RealFio.Result fio = RealFio.run(directory, "--parse-only", "--name=x",
                    "--size=1m", "--" + option);
            assertTrue(fio.exitCode() != 0, option + ": fio takes it, " + fio.output());
            assertThrows(JobSyntaxException.class, () -> JobPlanTest.line(option), option);
        }
    }

    /** Each of fio's own options has a row, with the same aliases, and is a flag where fio's is. */
    @Test
    void everyOptionOfFiosIsKnown() throws Exception {
        List<String> names = RealFio.run(directory, "--cmdhelp=all").output().lines()
                .filter(line -> line.matches("\\s*[\\w-]+\\s*: .*"))
                .map(line -> line.substring(0, line.indexOf(':')).strip()).toList();
        assertTrue(names.size() > 200, names.size() + " options");
        TreeSet<String> missing = new TreeSet<>();
        for (String name : names) {
            FioOption row = OptionTable.find(name);
            if (row == null || !row.name().equals(name)) {
                missing.add(name);
            }
        }
        assertEquals(new TreeSet<String>(), missing);
    }

    /** fio shows an option under its own name; what it takes without a value is a flag. */
    @Test
    void aliasesAndFlagsAreFios() throws Exception {
        List<String> options = new ArrayList<>(List.of("readwrite=randread", "blocksize=8k",
                "blocksize_range=4k-8k", "io_limit=1m", "fileoffset=4k", "timeout=5",
                "ratemin=1k", "iodepth_batch_submit=2", "iodepth_batch_complete=1", "ss=iops:1%",
                "ss_dur=3", "ss_ramp=1", "write_bw_log", "write_lat_log", "write_iops_log",
                "write_hist_log", "rate=1m", "nr_files=1", "ratecycle=500", "iomem=malloc",
                "disable_bw=1", "blockalign=4k", "fill_fs=0", "blocksize_unaligned=0",
                "wait_for_previous"));
        for (String name : FioOptions.names()) {
            FioOption row = OptionTable.find(name);
            boolean ours = row.name().startsWith("libblkio") || name.equals("write_hdr_log");
            if (row.kind() == FioOption.Kind.FLAG && !ours) {
                options.add(name);
            }
        }
        Path file = directory.resolve("a.fio");
        Files.writeString(file, "[x]\nsize=1m\n" + String.join("\n", options) + "\n");
        RealFio.Result fio = RealFio.run(directory, "--showcmd", file.toString());
        assertEquals(0, fio.exitCode(), fio.output());
        List<String> names = new ArrayList<>(List.of("name", "size"));
        options.forEach(option -> names.add(OptionTable.find(option.split("=")[0]).name()));
        List<String> fios = new ArrayList<>();
        for (String option : jobs(fio.output()).get(1)) {
            fios.add(option.split("=")[0]);
        }
        names.sort(null);
        fios.sort(null);
        assertEquals(names, fios);
    }

    /** JSON has options under the same names, and none without a value. */
    @Test
    void jsonHasTheSameOptions() throws Exception {
        Path file = directory.resolve("j.fio");
        Files.writeString(file, """
                [global]
                ioengine=null
                size=1m
                number_ios=1
                [x]
                blocksize = 8k  ; cut
                readwrite=randread
                norandommap
                iodepth=2*$ncpus
                fileoffset=0
                """);
        String json = RealFio.run(directory, "--output-format=json", file.toString()).output();
        JobPlan plan = JobFiles.plan(file);
        assertEquals(pairs(json, "global options"), plan.globals().entrySet().stream()
                .map(Object::toString).collect(Collectors.toCollection(TreeSet::new)));
        assertEquals(pairs(json, "job options"), plan.jobs().get(0).options().entrySet().stream()
                .map(Object::toString).collect(Collectors.toCollection(TreeSet::new)));
        assertFalse(plan.jobs().get(0).options().isEmpty());
    }

    private static TreeSet<String> pairs(String json, String key) {
        int start = json.indexOf('{', json.indexOf('"' + key + '"'));
        Matcher pair = Pattern.compile("\"([^\"]+)\" : \"([^\"]*)\"")
                .matcher(json.substring(start, json.indexOf('}', start)));
        TreeSet<String> pairs = new TreeSet<>();
        while (pair.find()) {
            pairs.add(pair.group(1) + "=" + pair.group(2).strip());
        }
        return pairs;
    }
}
