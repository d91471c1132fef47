// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.bench.Version;
import java.io.IOException;
import java.io.StringWriter;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/** The result for programs. Thread: any. */
final class JsonReport {
    /** Changes when a field gets another meaning. */
    private static final int FORMAT = 1;
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};

    private final JsonGenerator json;

    private JsonReport(JsonGenerator json) {
        this.json = json;
    }

    static String of(SuiteResult result) throws IOException {
        StringWriter out = new StringWriter();
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
            new JsonReport(json).write(result);
        }
        return out + "\n";
    }

    private void write(SuiteResult result) throws IOException {
        Settings settings = result.settings();
        json.writeStartObject();
        json.writeNumberField("format", FORMAT);
        json.writeStringField("vblk", Version.TEXT);
        json.writeStringField(
                "date", result.began().format(DateTimeFormatter.ISO_OFFSET_DATE_TIME));
        json.writeStringField("verdict", result.verdict().toString());
        json.writeStringField("command", result.command());
        build("baseline", result.baseline());
        build("candidate", result.candidate());
        json.writeObjectFieldStart("settings");
        json.writeNumberField("forks", settings.forks());
        json.writeNumberField("rounds", settings.rounds());
        json.writeNumberField("max-rounds", settings.roundsMax());
        json.writeNumberField("warm-up-ms", settings.warmUpMs());
        json.writeNumberField("seed", settings.seed());
        if (settings.plant() != null) {
            json.writeStringField("plant", settings.plant().toString());
        }
        json.writeEndObject();
        environment(result.environment());
        json.writeArrayFieldStart("scenarios");
        for (ScenarioResult scenario : result.scenarios()) {
            scenario(scenario);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void build(String field, Build build) throws IOException {
        json.writeObjectFieldStart(field);
        json.writeStringField("name", build.name());
        if (build.commit() != null) {
            json.writeStringField("commit", build.commit());
        }
        json.writeEndObject();
    }

    private void environment(Environment environment) throws IOException {
        json.writeObjectFieldStart("machine");
        json.writeStringField("fingerprint", environment.fingerprint());
        json.writeStringField("cpu", environment.cpu());
        json.writeNumberField("cpus", environment.cpus());
        json.writeStringField("kernel", environment.kernel());
        json.writeStringField("jdk", environment.jdk());
        json.writeStringField("governor", environment.governor());
        json.writeStringField("load", environment.load());
        json.writeEndObject();
    }

    private void scenario(ScenarioResult result) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", result.scenario().name());
        json.writeStringField("verdict", result.verdict().toString());
        if (result.refused() != null) {
            json.writeStringField("refused", result.refused());
            json.writeEndObject();
            return;
        }
        SliceTable table = result.table();
        json.writeNumberField("runs", result.runs());
        json.writeNumberField("rounds", table.rounds());
        json.writeNumberField("slice-ms", result.sliceMs());
        json.writeNumberField("samples-per-slice", table.samples());
        json.writeStringField("processors", result.placement());
        if (result.planted() != null) {
            json.writeStringField("planted", result.planted());
        }
        json.writeNumberField("seconds", rounded(result.seconds()));
        json.writeNumberField("steal-percent", rounded(result.stealPercent()));
        json.writeObjectFieldStart("slow-slices");
        json.writeNumberField("baseline", rounded(table.slowShare(Side.A)));
        json.writeNumberField("candidate", rounded(table.slowShare(Side.B)));
        json.writeEndObject();
        json.writeArrayFieldStart("metrics");
        for (Gate.Finding finding : result.findings()) {
            finding(finding, table);
        }
        json.writeEndArray();
        json.writeObjectFieldStart("latency-ns");
        for (Map.Entry<Side, Percentiles> side : result.percentiles().entrySet()) {
            json.writeObjectFieldStart(side.getKey() == Side.A ? "baseline" : "candidate");
            json.writeNumberField("samples", side.getValue().count());
            for (double percentile : PERCENTILES) {
                json.writeNumberField("p" + (percentile == Math.rint(percentile)
                        ? Long.toString((long) percentile) : Double.toString(percentile)),
                        side.getValue().at(percentile));
            }
            json.writeNumberField("max", side.getValue().maxNs());
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private void finding(Gate.Finding finding, SliceTable table) throws IOException {
        Metric metric = finding.metric();
        Effect effect = finding.effect();
        json.writeStartObject();
        json.writeStringField("name", metric.toString());
        json.writeStringField("verdict", finding.verdict().toString());
        if (finding.doubt() != null) {
            json.writeStringField("doubt", finding.doubt());
        }
        json.writeStringField("unit", metric.unit());
        number("baseline", table.median(Side.A, metric));
        number("candidate", table.median(Side.B, metric));
        number("percent", metric.percent(effect.hl()));
        number("percent-low", Math.min(
                metric.percent(effect.low()), metric.percent(effect.high())));
        number("percent-high", Math.max(
                metric.percent(effect.low()), metric.percent(effect.high())));
        number("quartile-percent", metric.percent(effect.q25()));
        if (finding.equal() != null) {
            number("baseline-again-percent", metric.percent(finding.equal().hl()));
        }
        number("limit-percent", metric.percent(finding.threshold()));
        number("wilcoxon-p", effect.probability());
        json.writeNumberField("pairs", effect.pairs());
        json.writeEndObject();
    }

    /** A number that JSON knows; another one is left out. */
    private void number(String field, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumberField(field, rounded(value));
        }
    }

    private static double rounded(double value) {
        double thousand = 1_000;
        return Math.abs(value) < 1e-3 ? value : Math.rint(value * thousand) / thousand;
    }
}
