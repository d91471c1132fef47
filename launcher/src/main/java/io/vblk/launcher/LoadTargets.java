// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.FileSetup;
import io.vblk.bench.TargetSetup;
import io.vblk.block.image.ImageSpec;
import io.vblk.fio.Attachment;
import io.vblk.fio.JobSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** Where loads go: images, back-ends in other processes, files without a device. Thread: main. */
final class LoadTargets {
    private static final String FILE = "file:";

    private LoadTargets() {}

    /** The same jobs, those that name no target with this one. */
    static List<JobSpec> on(List<JobSpec> jobs, String target) {
        List<JobSpec> placed = new ArrayList<>();
        for (JobSpec job : jobs) {
            String name = job.target() == null ? target : job.target();
            boolean straight = job.target() == null && job.attachment().isStraight()
                    && !isFile(name) && !BackendTarget.isName(name);
            placed.add(job.withTarget(straight ? FILE + name : name));
        }
        return placed;
    }

    private static boolean isFile(String name) {
        return name.startsWith(FILE);
    }

    /** How each target of some jobs is opened, by its name. */
    static Map<String, TargetSetup> setups(CommandLine line, List<JobSpec> jobs)
            throws UsageException, IOException {
        Map<String, List<JobSpec>> byTarget = new LinkedHashMap<>();
        for (JobSpec job : jobs) {
            byTarget.computeIfAbsent(job.target(), name -> new ArrayList<>()).add(job);
        }
        Map<String, TargetSetup> setups = new LinkedHashMap<>();
        for (Map.Entry<String, List<JobSpec>> target : byTarget.entrySet()) {
            setups.put(target.getKey(), setup(
                    lineOf(line, target.getKey(), target.getValue()), target.getValue()));
        }
        return setups;
    }

    private static TargetSetup setup(CommandLine line, List<JobSpec> jobs)
            throws UsageException, IOException {
        String target = line.getArgList().get(0);
        if (BackendTarget.isNamed(line)) {
            return BackendTarget.setup(line, jobs);
        }
        boolean changes = jobs.stream().anyMatch(JobSpec::changesDisk);
        if (!isFile(target)) {
            ImageSpec image = ImageAccess.forLoad(line, target, changes);
            TargetSetup setup = DeviceOptions.setup(line, image, jobs);
            IdleOptions.warn(line, image.target());
            return setup;
        }
        ImageSpec image = ImageAccess.forLoad(line, target.substring(FILE.length()), changes);
        return new FileSetup(image, DeviceOptions.loop(line).options());
    }

    /**
     * The options of a target's device: those of its jobs' file, and of the command line, which
     * count more.
     */
    private static CommandLine lineOf(CommandLine line, String target, List<JobSpec> jobs)
            throws UsageException {
        checkAlike(line, target, jobs);
        Map<String, String> own = new LinkedHashMap<>();
        for (JobSpec job : jobs) {
            Map<String, String> asked = new LinkedHashMap<>(job.attachment().device());
            if (job.attachment().direct() != null && !asked.containsKey("cache")
                    && !line.hasOption("cache") && !BackendTarget.isName(target)) {
                asked.put("cache", job.attachment().direct() ? "none" : "writeback");
            }
            if (job.attachment().isSynchronous() && !line.hasOption("aio")) {
                asked.putIfAbsent("aio", "sync");
            }
            for (Map.Entry<String, String> option : asked.entrySet()) {
                String other = own.putIfAbsent(option.getKey(), option.getValue());
                if (other != null && !other.equals(option.getValue())) {
                    throw unlike(target, option.getKey() + "=" + other,
                            option.getKey() + "=" + option.getValue());
                }
            }
        }
        Options options = DeviceOptions.all();
        options.addOption(CommonOptions.flag("allow-write", ""));
        List<String> words = new ArrayList<>();
        own.forEach((name, value) -> words.add(word(options.getOption(name), value)));
        for (Option option : line.getOptions()) {
            if (options.hasLongOption(option.getLongOpt())) {
                words.add(word(option, option.getValue()));
            }
        }
        words.add("--");
        words.add(target);
        try {
            return DefaultParser.builder().setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false).get()
                    .parse(options, words.toArray(String[]::new));
        } catch (ParseException e) {
            throw new UsageException(target + ": " + e.getMessage());
        }
    }

    /**
     * Refuses what fio gives each job and a target has once: else a job without direct would be
     * past the page cache because another one is, and a deep queue one request at a time.
     */
    private static void checkAlike(CommandLine line, String target, List<JobSpec> jobs)
            throws UsageException {
        Attachment first = jobs.get(0).attachment();
        for (JobSpec job : jobs) {
            Attachment other = job.attachment();
            if (!line.hasOption("aio") && first.isSynchronous() != other.isSynchronous()) {
                throw unlike(target, engine(first), engine(other));
            }
            boolean cached = first.device().containsKey("cache")
                    || other.device().containsKey("cache") || line.hasOption("cache");
            if (!cached && isDirect(first) != isDirect(other)) {
                throw unlike(target, "direct=" + (isDirect(first) ? 1 : 0),
                        "direct=" + (isDirect(other) ? 1 : 0));
            }
        }
    }

    private static boolean isDirect(Attachment attachment) {
        return Boolean.TRUE.equals(attachment.direct());
    }

    private static String engine(Attachment attachment) {
        return attachment.ioengine() == null ? "no ioengine" : "ioengine=" + attachment.ioengine();
    }

    private static UsageException unlike(String target, String one, String other) {
        return new UsageException(target + " is one device for all of its jobs, and one has "
                + one + ", another " + other);
    }

    private static String word(Option option, String value) {
        return "--" + option.getLongOpt() + (option.hasArg() && value != null ? "=" + value : "");
    }
}
