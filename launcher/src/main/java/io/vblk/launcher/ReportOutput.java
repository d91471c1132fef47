// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.bench.ComparisonReport;
import io.vblk.bench.JobReport;
import io.vblk.files.WholeFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * Reports in the formats asked for, on stdout or in a file. Several come in fio's order: terse,
 * JSON, text. Thread: main.
 */
final class ReportOutput implements AutoCloseable {
    private static final int TERSE_DEFAULT = 3;
    private static final int TERSE_MIN = 3;
    private static final int TERSE_MAX = 5;
    private static final long INTERVAL_MIN_NS = 500_000_000L;

    /** How a report is written; the order is that of the output. */
    private enum Format {
        TERSE("terse"),
        JSON("json"),
        JSON_PLUS("json+"),
        JSON_LINES("jsonl"),
        NORMAL("normal");

        private final String word;

        Format(String word) {
            this.word = word;
        }

        static Format parse(String word) throws UsageException {
            for (Format format : values()) {
                if (format.word.equals(word)) {
                    return format;
                }
            }
            throw new UsageException("output-format=" + word + " is none of "
                    + Arrays.stream(values()).map(format -> format.word)
                            .collect(Collectors.joining(", ")));
        }
    }

    private final Set<Format> formats;
    private final int terseVersion;
    private final Map<String, String> globals;
    private final long intervalNs;
    /** Null for stdout. */
    private final WholeFile file;

    private ReportOutput(Set<Format> formats, int terseVersion, Map<String, String> globals,
            long intervalNs, WholeFile file) {
        this.formats = formats;
        this.terseVersion = terseVersion;
        this.globals = globals;
        this.intervalNs = intervalNs;
        this.file = file;
    }

    static void addTo(Options options) {
        options.addOption(CommonOptions.value("output-format", "FORMAT[,FORMAT]...",
                "normal, terse, json, json+ (with bins of latencies), in fio's shape, or jsonl, a "
                        + "line of JSON for each report; default: normal"));
        options.addOption(CommonOptions.toggle("minimal", "the same as output-format=terse"));
        options.addOption(CommonOptions.value("terse-version", "N",
                "3, 4 (with trims) or 5 (with IOPS); default: 3"));
        options.addOption(CommonOptions.value("output", "FILE",
                "write the report there and not to stdout; the file is replaced when it is whole"));
        options.addOption(CommonOptions.value("status-interval", "TIME",
                "also report what was measured so far, once in that time, in each format"));
    }

    /**
     * Reads the options and begins the file, so that what is wrong with them is said before a load.
     *
     * @param globals options of [global]
     * @param used what the load works with
     */
    static ReportOutput open(CommandLine line, Map<String, String> globals, List<String> used)
            throws UsageException, IOException {
        Set<Format> formats = EnumSet.noneOf(Format.class);
        String words = CommonOptions.text(line, "output-format", "normal");
        for (String word : words.split(",", -1)) {
            formats.add(Format.parse(word.strip().toLowerCase(Locale.ROOT)));
        }
        if (CommonOptions.isOn(line, "minimal", false)) {
            formats = EnumSet.of(Format.TERSE);
        }
        int version = CommonOptions.integer(line, "terse-version", TERSE_DEFAULT);
        if (version < TERSE_MIN || version > TERSE_MAX) {
            throw new UsageException("terse-version=" + version + " is not " + TERSE_MIN + " to "
                    + TERSE_MAX);
        }
        String name = CommonOptions.text(line, "output", null);
        return new ReportOutput(formats, version, globals,
                interval(CommonOptions.text(line, "status-interval", "0")),
                name == null ? null : file(name, used));
    }

    private static WholeFile file(String name, List<String> used)
            throws UsageException, IOException {
        OutputPath.checkOther("output", name, used);
        return WholeFile.open(OutputPath.of("output", name));
    }

    private static long interval(String text) throws UsageException {
        try {
            long ns = Durations.parseNs(text);
            if (ns == 0 || ns >= INTERVAL_MIN_NS) {
                return ns;
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException("status-interval: " + e.getMessage());
        }
        throw new UsageException("status-interval=" + text + " is too short: 500ms is the least");
    }

    /** How often what was measured so far is reported, in nanoseconds; 0 for at the end only. */
    long intervalNs() {
        return intervalNs;
    }

    /** Whether people are to read it. */
    boolean isNormal() {
        return formats.contains(Format.NORMAL);
    }

    /** Writes something for people, if there is to be such. */
    void note(String text) throws IOException {
        if (isNormal()) {
            write(text);
        }
    }

    private void write(String text) throws IOException {
        if (file != null) {
            file.write(text);
        } else {
            System.out.print(text);
            System.out.flush();
        }
    }

    /** Writes a report in each format. */
    void write(JobReport report) throws IOException {
        for (Format format : formats) {
            write(switch (format) {
                case TERSE -> report.toTerse(globals, terseVersion);
                case JSON -> report.toJson(globals, false, false) + "\n";
                case JSON_PLUS -> report.toJson(globals, true, false) + "\n";
                case JSON_LINES -> report.toJson(globals, false, true) + "\n";
                case NORMAL -> "\n" + report.toText(globals);
            });
        }
    }

    /** Writes a comparison: terse has only what it is made of. */
    void write(ComparisonReport report) throws IOException {
        for (Format format : formats) {
            switch (format) {
                case TERSE -> write(report.toTerse(globals, terseVersion));
                case JSON, JSON_PLUS -> write(report.toJson() + "\n");
                case JSON_LINES -> write(report.toJson().replaceAll("\\s*\n\\s*", "") + "\n");
                case NORMAL -> {
                    for (JobReport whole : report.wholes()) {
                        write("\n" + whole.toText(globals));
                    }
                    write("\n" + report.toText());
                }
            }
        }
    }

    /** Everything is written. */
    void finish() throws IOException {
        if (file != null) {
            file.finish();
        }
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
