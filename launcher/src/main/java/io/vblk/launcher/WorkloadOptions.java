// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.fio.FioOptions;
import io.vblk.fio.JobContext;
import io.vblk.fio.JobPlan;
import io.vblk.fio.NameValue;
import io.vblk.fio.WaitMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** What guests do, in fio's language: options of a command line, and job files. Thread: main. */
final class WorkloadOptions {
    /** Options of jobs that a command's own help shows; {@code --cmdhelp} has all. */
    static final Set<String> SHOWN = Set.of("name", "rw", "rwmixread", "bs", "bssplit", "iodepth",
            "numjobs", "size", "offset", "runtime", "time_based", "ramp_time", "rate_iops",
            "rate_process", "thinktime", "fsync", "random_distribution", "norandommap", "randseed",
            "verify", "wait", "stonewall", "group_reporting", "loops", "number_ios");
    private static final List<String> JOB_FILES = List.of(".fio", ".job", ".ini");
    private static final String STDIN = "-";

    private WorkloadOptions() {}

    /** Adds the options of jobs, and who may write. */
    static void addTo(Options options) {
        for (FioOptions.Row row : FioOptions.rows()) {
            add(options, row.name(), row);
            row.aliases().forEach(alias -> add(options, alias, row));
        }
        options.addOption(CommonOptions.flag("allow-write",
                "let the load overwrite an image that is not one of vblk's own"));
    }

    private static void add(Options options, String name, FioOptions.Row row) {
        if (!options.hasLongOption(name)) {
            options.addOption(Option.builder().longOpt(name).hasArg()
                    .optionalArg(row.isFlag()).argName(row.argument()).desc(row.help()).get());
        }
    }

    /** Whether a command's own help shows an option. */
    static boolean isShown(Option option) {
        return SHOWN.contains(option.getLongOpt()) || !FioOptions.has(option.getLongOpt());
    }

    /** What to say of an option that there is not, with the one that may have been meant. */
    static String unknown(String option, Options options) {
        String name = option.replaceAll("^-+", "").replaceAll("=.*", "");
        return FioOptions.unknown(name, options.getOptions().stream().map(Option::getLongOpt)
                .toList()).getMessage();
    }

    /** Whether a word of the command line is a job file. */
    static boolean isJobFile(String word) {
        return word.equals(STDIN) || JOB_FILES.stream().anyMatch(word::endsWith);
    }

    /** The words of a command line that are targets. */
    static List<String> targets(CommandLine line) {
        return line.getArgList().stream().filter(word -> !isJobFile(word)).toList();
    }

    /**
     * What the jobs are.
     *
     * @param wait how guests wait unless it is said
     */
    static JobPlan plan(CommandLine line, WaitMode wait) throws UsageException {
        Set<String> device = DeviceOptions.all().getOptions().stream()
                .map(Option::getLongOpt).collect(Collectors.toSet());
        JobContext context = new JobContext(device, wait, System.getenv());
        List<NameValue> options = new ArrayList<>();
        for (Option option : line.getOptions()) {
            String name = option.getLongOpt();
            if (FioOptions.has(name) && !device.contains(name)) {
                options.add(NameValue.of(name, option.getValue()));
            }
        }
        List<String> files = line.getArgList().stream().filter(WorkloadOptions::isJobFile).toList();
        if (files.isEmpty()) {
            return JobPlan.ofOptions(options, context);
        }
        if (files.size() > 1) {
            throw new UsageException("one job file at a time, not " + String.join(" and ", files));
        }
        List<String> sections = line.hasOption("section")
                ? Arrays.asList(line.getOptionValues("section")) : List.of();
        String file = files.get(0);
        return file.equals(STDIN)
                ? JobPlan.ofStream(System.in, options, sections, context)
                : JobPlan.ofFile(Path.of(file), options, sections, context);
    }
}
