// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.bench.ComparedTarget.Figure;
import io.vblk.fio.Direction;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** What the slices of several targets measured, and their ratios. Immutable; thread: any. */
public final class ComparisonReport {
    private final List<ComparedTarget> targets;

    ComparisonReport(List<ComparedTarget> targets) {
        this.targets = List.copyOf(targets);
    }

    /** The reports of each target, its slices as one. */
    public List<JobReport> wholes() {
        return targets.stream().map(ComparedTarget::whole).filter(Objects::nonNull).toList();
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
        for (ComparedTarget target : targets) {
            target.failures().forEach(line -> lines.add(target.name() + ": " + line));
        }
        return lines;
    }

    /**
     * A page with pictures, whole in itself.
     *
     * @param before the machine before the runs
     * @param after the machine after them
     * @param command what repeats them
     */
    public String toHtml(Environment before, Environment after, String command) {
        HtmlReportData wholes = new HtmlReportSource(wholes(), before, after, command)
                .compared(targets.stream().map(ComparedTarget::name).toList(), toText());
        return new HtmlReport(wholes).write();
    }

    /** A table: medians over the slices, and ratios to the first target within each round. */
    public String toText() {
        StringBuilder text = new StringBuilder();
        int width = targets.stream().mapToInt(target -> target.name().length()).max().orElse(0);
        text.append(String.format(Locale.ROOT,
                "Comparison (%d slices of each, in turn; ratios to the first within each round):%n",
                targets.get(0).slices()));
        for (Direction kind : DirectionStats.KINDS) {
            if (isUsed(kind)) {
                for (Figure figure : Figure.values()) {
                    targets.forEach(target -> text.append(row(kind, figure, target, width)));
                }
            }
        }
        return text.toString();
    }

    private String row(Direction kind, Figure figure, ComparedTarget target, int width) {
        String row = String.format(Locale.ROOT, "  %-5s %-8s  %-" + width + "s %10s %-2s",
                kind.name().toLowerCase(Locale.ROOT), figure.label, target.name(),
                number(median(sorted(target.values(kind, figure)))), figure.unit);
        double[] ratios = ratios(kind, figure, target);
        return target == targets.get(0) || ratios.length == 0 ? row.stripTrailing() + "\n"
                : String.format(Locale.ROOT, "%s  x %.3f  [%.3f, %.3f]%n", row, median(ratios),
                        quantile(ratios, 0.25), quantile(ratios, 0.75));
    }

    private static String number(double value) {
        return value >= 100_000 ? FioFormat.count(value)
                : String.format(Locale.ROOT, value >= 100 ? "%.0f" : "%.2f", value);
    }

    private boolean isUsed(Direction kind) {
        return wholes().stream().anyMatch(whole -> whole.total().of(kind).ios > 0);
    }

    private double[] ratios(Direction kind, Figure figure, ComparedTarget target) {
        double[] first = targets.get(0).values(kind, figure);
        double[] own = target.values(kind, figure);
        double[] ratios = new double[Math.min(first.length, own.length)];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = own[i] / first[i];
        }
        return sorted(Arrays.stream(ratios).filter(Double::isFinite).toArray());
    }

    private static double[] sorted(double[] values) {
        Arrays.sort(values);
        return values;
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
            for (ComparedTarget target : targets) {
                json.writeStartObject();
                json.writeStringField("name", target.name());
                for (Direction kind : DirectionStats.KINDS) {
                    if (isUsed(kind)) {
                        writeKind(json, kind, target);
                    }
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return text.toString();
    }

    private void writeKind(JsonGenerator json, Direction kind, ComparedTarget target)
            throws IOException {
        json.writeObjectFieldStart(kind.name().toLowerCase(Locale.ROOT));
        for (Figure figure : Figure.values()) {
            String name = figure.label.replace(' ', '_')
                    + (figure.unit.isEmpty() ? "" : "_" + figure.unit);
            json.writeArrayFieldStart(name);
            for (double value : target.values(kind, figure)) {
                json.writeNumber(value);
            }
            json.writeEndArray();
            double[] ratios = ratios(kind, figure, target);
            if (ratios.length > 0) {
                json.writeNumberField(name + "_ratio", median(ratios));
            }
        }
        json.writeEndObject();
    }
}
