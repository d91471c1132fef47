// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Map;

/** A {@link TuneReport} for programs. Figures that are not known are null. Thread: control. */
final class TuneJson {
    private final TuneReport report;

    TuneJson(TuneReport report) {
        this.report = report;
    }

    String write() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
            out.useDefaultPrettyPrinter();
            out.writeStartObject();
            out.writeStringField("vblk version", Version.TEXT);
            out.writeStringField("target", report.rules.target());
            out.writeStringField("goal", report.rules.goal().toString());
            out.writeNumberField("cpu_limit_percent", report.rules.cpuLimitPercent());
            out.writeNumberField("budget_ns", report.rules.budgetNs());
            out.writeNumberField("took_ns", report.tookNs);
            out.writeNumberField("seed", report.rules.seed());
            out.writeNumberField("slice_ns", report.sliceNs);
            out.writeNumberField("rounds", report.rounds);
            out.writeArrayFieldStart("settings");
            for (TuneReport.Row row : report.rows()) {
                setting(out, row);
            }
            out.writeEndArray();
            recommendation(out);
            out.writeEndObject();
        }
        return text.toString();
    }

    private void setting(JsonGenerator out, TuneReport.Row row) throws IOException {
        TuneGoal goal = report.rules.goal();
        out.writeStartObject();
        options(out, row.entry().setting);
        double one = goal.shown(row.interval().low());
        double two = goal.shown(row.interval().high());
        number(out, "ratio", goal.shown(row.ratio()));
        number(out, "ratio_low", Math.min(one, two));
        number(out, "ratio_high", Math.max(one, two));
        out.writeNumberField("left_after_round", row.entry().outAfter);
        out.writeArrayFieldStart("slices");
        for (Map.Entry<Integer, TuneSlice> slice : row.entry().slices.entrySet()) {
            out.writeStartObject();
            out.writeNumberField("round", slice.getKey());
            number(out, "iops", slice.getValue().iops());
            number(out, "p50_ns", slice.getValue().p50Ns());
            number(out, "p99_ns", slice.getValue().p99Ns());
            number(out, "cpu_ns_per_request", slice.getValue().cpuNs());
            number(out, "cpu_percent", slice.getValue().cpuPercent());
            number(out, "poll_hits_per_request", slice.getValue().pollHits());
            number(out, "poll_skips_per_request", slice.getValue().pollSkips());
            number(out, "kicks_per_request", slice.getValue().kicks());
            out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    private void recommendation(JsonGenerator out) throws IOException {
        TuneVerdict verdict = report.verdict;
        if (verdict.chosen() == null) {
            out.writeNullField("recommended");
            return;
        }
        out.writeObjectFieldStart("recommended");
        options(out, verdict.chosen().setting);
        out.writeStringField("command_line", verdict.chosen().setting.commandLine());
        number(out, "confidence", verdict.confidence());
        out.writeNumberField("rounds", verdict.rounds());
        out.writeEndObject();
    }

    private static void options(JsonGenerator out, TuneSetting setting) throws IOException {
        out.writeObjectFieldStart("options");
        for (Map.Entry<String, String> option : setting.options().entrySet()) {
            out.writeStringField(option.getKey(), option.getValue());
        }
        out.writeEndObject();
    }

    private static void number(JsonGenerator out, String name, double value) throws IOException {
        if (Double.isFinite(value)) {
            out.writeNumberField(name, value);
        } else {
            out.writeNullField(name);
        }
    }
}
