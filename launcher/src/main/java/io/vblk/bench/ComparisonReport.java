// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.fio.Direction;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What the slices of several targets measured, and their ratios. Immutable; thread: any. */
public final class ComparisonReport {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_US = 1e3;
    private static final double P50 = 50;
    private static final double P99 = 99;
    private static final List<Direction> KINDS =
            List.of(Direction.READ, Direction.WRITE, Direction.TRIM);

    private final List<String> names;
    private final List<List<JobReport>> slices;

    ComparisonReport(List<String> names, List<List<JobReport>> slices) {
        this.names = names;
        this.slices = slices;
    }

    /** A figure of a slice. */
    private record Figure(String name, String unit, ToDoubleFunction<JobStats> of) {}

    private static List<Figure> figures(Direction kind) {
        return List.of(
                new Figure("iops", "", job -> job.of(kind).ios / (job.elapsedNs
                        / NANOS_PER_SECOND)),
                new Figure("clat p50", "us",
                        job -> job.of(kind).clat.getValueAtPercentile(P50) / NANOS_PER_US),
                new Figure("clat p99", "us",
                        job -> job.of(kind).clat.getValueAtPercentile(P99) / NANOS_PER_US));
    }

    /** The reports of each target, its slices as one. */
    public List<JobReport> wholes() {
        List<JobReport> wholes = new ArrayList<>();
        for (List<JobReport> target : slices) {
            target.stream().reduce(JobReport::with).ifPresent(wholes::add);
        }
        return wholes;
    }

    /** fio's terse lines of all targets; those without a description have their target's name. */
    public String toTerse(Map<String, String> globals, int version) {
        StringBuilder text = new StringBuilder();
        for (JobReport whole : wholes()) {
            Map<String, String> named = new HashMap<>(globals);
            named.putIfAbsent("description", whole.rows().get(0).target().name());
            text.append(whole.toTerse(named, version));
        }
        return text.toString();
    }

    /** What went wrong, a line each, for the operator. */
    public List<String> failures() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            for (JobReport slice : slices.get(i)) {
                for (String line : slice.failures()) {
                    lines.add(names.get(i) + ": " + line);
                }
            }
        }
        return lines.stream().distinct().toList();
    }

    /**
     * A page with pictures, whole in itself.
     *
     * @param before the machine before the runs
     * @param after the machine after them
     * @param command what repeats them
     */
    public String toHtml(Environment before, Environment after, String command) {
        HtmlReportData wholes =
                new HtmlReportSource(wholes(), before, after, command).compared(names, toText());
        return new HtmlReport(wholes).write();
    }

    /** A table: medians over the slices, and ratios to the first target within each round. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        int width = names.stream().mapToInt(String::length).max().orElse(0);
        text.append(String.format(Locale.ROOT,
                "Comparison (%d slices of each, in turn; ratios to the first within each round):%n",
                slices.get(0).size()));
        for (Direction kind : KINDS) {
            if (!isUsed(kind)) {
                continue;
            }
            for (Figure figure : figures(kind)) {
                for (int i = 0; i < names.size(); i++) {
                    text.append(row(kind, figure, i, width));
                }
            }
        }
        return text.toString();
    }

    private String row(Direction kind, Figure figure, int target, int width) {
        double[] values = values(figure, target);
        String row = String.format(Locale.ROOT, "  %-5s %-8s  %-" + width + "s %10s %-2s",
                kind.name().toLowerCase(Locale.ROOT), figure.name, names.get(target),
                number(median(values)), figure.unit);
        double[] ratios = ratios(figure, target);
        return target == 0 || ratios.length == 0 ? row.stripTrailing() + "\n"
                : String.format(Locale.ROOT, "%s  x %.3f  [%.3f, %.3f]%n", row, median(ratios),
                        quantile(ratios, 0.25), quantile(ratios, 0.75));
    }

    private static String number(double value) {
        return value >= 100_000 ? FioFormat.count(value)
                : String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
    }

    private boolean isUsed(Direction kind) {
        return slices.stream().flatMap(List::stream)
                .anyMatch(slice -> slice.total().of(kind).ios > 0);
    }

    private double[] values(Figure figure, int target) {
        return slices.get(target).stream()
                .mapToDouble(slice -> figure.of.applyAsDouble(slice.total())).sorted().toArray();
    }

    private double[] ratios(Figure figure, int target) {
        int rounds = Math.min(slices.get(0).size(), slices.get(target).size());
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            double first = figure.of.applyAsDouble(slices.get(0).get(i).total());
            ratios[i] = figure.of.applyAsDouble(slices.get(target).get(i).total()) / first;
        }
        double[] finite = Arrays.stream(ratios).filter(Double::isFinite).toArray();
        Arrays.sort(finite);
        return finite;
    }

    private static double median(double[] sorted) {
        return quantile(sorted, 0.5);
    }

    private static double quantile(double[] sorted, double share) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        double at = share * (sorted.length - 1);
        int low = (int) at;
        int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }

    /** The same with the values of each slice. */
    public String toJson() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json =
                new JsonFactory().createGenerator(text).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeArrayFieldStart("targets");
            for (int i = 0; i < names.size(); i++) {
                json.writeStartObject();
                json.writeStringField("name", names.get(i));
                for (Direction kind : KINDS) {
                    if (isUsed(kind)) {
                        writeKind(json, kind, i);
                    }
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return text.toString();
    }

    private void writeKind(JsonGenerator json, Direction kind, int target) throws IOException {
        json.writeObjectFieldStart(kind.name().toLowerCase(Locale.ROOT));
        for (Figure figure : figures(kind)) {
            String name = figure.name.replace(' ', '_')
                    + (figure.unit.isEmpty() ? "" : "_" + figure.unit);
            json.writeArrayFieldStart(name);
            for (JobReport slice : slices.get(target)) {
                json.writeNumber(figure.of.applyAsDouble(slice.total()));
            }
            json.writeEndArray();
            double[] ratios = ratios(figure, target);
            if (ratios.length > 0) {
                json.writeNumberField(name + "_ratio", median(ratios));
            }
        }
        json.writeEndObject();
    }
}
