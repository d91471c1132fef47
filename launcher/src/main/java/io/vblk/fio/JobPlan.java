// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that a command line or a job file asks for. Thread: any.
 *
 * @param jobs the jobs in their order
 * @param globals what holds for all of them, name to value, as JSON shows it
 * @param warnings what was taken and does nothing or may surprise, a line each
 * @param command the same jobs as words of a command line
 */
public record JobPlan(List<JobSpec> jobs, Map<String, String> globals, List<String> warnings,
        String command) {
    /** Name of a job that has none. */
    public static final String NAME_DEFAULT = "vblk";

    /** Options of all jobs together, those of [global] once for each: a second's work. */
    private static final int OPTIONS_MAX = 200_000;

    /** Copies the lists. */
    public JobPlan {
        jobs = List.copyOf(jobs);
        globals = Collections.unmodifiableMap(new LinkedHashMap<>(globals));
        warnings = List.copyOf(warnings);
    }

    /**
     * The jobs of a file.
     *
     * @param overrides options of the command line: they hold for each job, after its own
     * @param sections names of the sections to take; empty for all
     * @throws JobSyntaxException with file and line, in one line
     */
    public static JobPlan ofFile(Path file, List<NameValue> overrides, List<String> sections,
            JobContext context) {
        return of(JobFile.read(file, Substitution.of(context)), file.toString(), overrides,
                sections, context);
    }

    /** The same of what a stream has, such as that of fio's {@code -}. */
    public static JobPlan ofStream(InputStream stream, List<NameValue> overrides,
            List<String> sections, JobContext context) {
        String name = "standard input";
        return of(JobFile.read(stream, name, Substitution.of(context)), name, overrides, sections,
                context);
    }

    /**
     * The jobs of a command line. Each {@code name} begins one; what stands before the first, and
     * what follows {@code name=global}, holds for all that come after. Without any name it is one
     * job, {@link #NAME_DEFAULT}.
     *
     * @throws JobSyntaxException in one line
     */
    public static JobPlan ofOptions(List<NameValue> options, JobContext context) {
        Substitution substitution = Substitution.of(context);
        List<JobFile.Section> sections = new ArrayList<>();
        boolean named = options.stream().anyMatch(option -> option.name().equals("name"));
        sections.add(section(named ? JobFile.GLOBAL : NAME_DEFAULT));
        for (NameValue option : options) {
            NameValue expanded = option.value() == null
                    ? option : option.withValue(substitution.in(option.value()));
            boolean begins = option.name().equals("name") && option.value() != null;
            if (begins) {
                sections.add(section(expanded.value().strip()));
            }
            if (!begins || !expanded.value().strip().equals(JobFile.GLOBAL)) {
                sections.get(sections.size() - 1).options().add(expanded);
            }
        }
        return of(sections, null, List.of(), List.of(), context);
    }

    private static JobFile.Section section(String name) {
        return new JobFile.Section(name, new ArrayList<>(), null);
    }

    private static JobPlan of(List<JobFile.Section> sections, String file,
            List<NameValue> overrides, List<String> wanted, JobContext context) {
        checkWanted(sections, file, wanted);
        List<NameValue> globals = new ArrayList<>();
        List<JobSpec> jobs = new ArrayList<>();
        Set<String> warnings = new LinkedHashSet<>();
        TreeSet<String> withoutEffect = new TreeSet<>();
        int options = 0;
        for (JobFile.Section section : sections) {
            options += globals.size() + section.options().size() + overrides.size();
            if (options > OPTIONS_MAX) {
                throw JobSyntaxException.at(section.where(), "more than " + OPTIONS_MAX
                        + " options, those of [global] counted for each job");
            }
            if (section.isGlobal()) {
                globals.addAll(section.options());
            } else if (wanted.isEmpty() || wanted.contains(section.name())) {
                JobBuilder builder = new JobBuilder(context, section.name());
                jobs.add(job(builder, section, globals, overrides));
                warnings.addAll(builder.warnings);
                withoutEffect.addAll(builder.withoutEffect);
            }
        }
        if (jobs.isEmpty()) {
            throw JobSyntaxException.at(file, "there is no job: write a section such as [name]");
        }
        if (!withoutEffect.isEmpty()) {
            warnings.add("without effect here: " + String.join(", ", withoutEffect));
        }
        return new JobPlan(jobs, written(globals), List.copyOf(warnings),
                CommandText.of(sections, overrides, wanted));
    }

    private static JobSpec job(JobBuilder builder, JobFile.Section section,
            List<NameValue> globals, List<NameValue> overrides) {
        List<NameValue> own = new ArrayList<>(section.options());
        own.addAll(overrides);
        List<NameValue> all = new ArrayList<>(globals);
        all.addAll(own);
        builder.apply(all);
        try {
            return builder.build(written(own));
        } catch (IllegalArgumentException e) {
            String where = section.where() == null ? "job " + builder.name : section.where();
            throw JobSyntaxException.at(where, e.getMessage());
        }
    }

    private static void checkWanted(
            List<JobFile.Section> sections, String file, List<String> wanted) {
        List<String> names = sections.stream().filter(section -> !section.isGlobal())
                .map(JobFile.Section::name).distinct().toList();
        for (String name : wanted) {
            if (!names.contains(name)) {
                throw JobSyntaxException.at(file, "there is no section [" + name + "], but "
                        + String.join(", ", names));
            }
        }
    }

    /** As fio writes them into JSON: its own names, and none without a value. */
    private static Map<String, String> written(List<NameValue> options) {
        Map<String, String> map = new LinkedHashMap<>();
        for (NameValue option : options) {
            FioOption row = OptionTable.find(option.name());
            if (option.value() != null) {
                map.put(row == null ? option.name() : row.name(), option.value().strip());
            }
        }
        return map;
    }

    /** Jobs by when they run: those of a list run together, up to one with a stonewall. */
    public static List<List<JobSpec>> phases(List<JobSpec> jobs) {
        List<List<JobSpec>> phases = new ArrayList<>();
        for (JobSpec job : jobs) {
            if (phases.isEmpty() || job.stonewall()) {
                phases.add(new ArrayList<>());
            }
            phases.get(phases.size() - 1).add(job);
        }
        return phases;
    }
}
