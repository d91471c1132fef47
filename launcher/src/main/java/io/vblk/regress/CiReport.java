// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** The result for build servers. Thread: any. */
final class CiReport {
    private static final double PERCENT = 100;

    private CiReport() {}

    /** The table in Markdown, for a job's summary. */
    static String markdown(SuiteResult result) {
        StringBuilder out = new StringBuilder();
        out.append("### vblk regress: ").append(cell(TextReport.conclusion(result)))
                .append("\n\nbaseline ").append(cell(result.baseline().toString()))
                .append(", candidate ").append(cell(result.candidate().toString()))
                .append("\n\n");
        List<String> head = Arrays.asList(TextReport.HEAD);
        row(out, head);
        row(out, Collections.nCopies(head.size(), "---"));
        TextReport.rows(result).forEach(cells -> row(out, Arrays.asList(cells)));
        out.append('\n');
        TextReport.notes(result).forEach(note -> out.append("* ").append(cell(note)).append('\n'));
        return out.append("\nAgain: `").append(result.command()).append("`\n\n").toString();
    }

    private static void row(StringBuilder out, List<String> cells) {
        out.append(cells.stream().map(CiReport::cell)
                .collect(Collectors.joining(" | ", "| ", " |\n")));
    }

    private static String cell(String text) {
        return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;");
    }

    /** What GitHub shows beside a build: errors for regressions, warnings for open questions. */
    static String annotations(SuiteResult result) {
        StringBuilder out = new StringBuilder();
        for (ScenarioResult scenario : result.scenarios()) {
            String name = scenario.scenario().name();
            if (scenario.refused() != null) {
                annotation(out, "warning", name, scenario.refused());
            }
            for (Gate.Finding finding : scenario.findings()) {
                String text = finding.metric() + " " + Units.percent(
                        finding.metric().percent(finding.effect().hl())) + " "
                        + TextReport.interval(finding.metric(), finding.effect());
                if (finding.verdict() == Verdict.REGRESSED) {
                    annotation(out, "error", name, text);
                } else if (finding.verdict() == Verdict.INCONCLUSIVE) {
                    annotation(out, "warning", name, text + ": " + finding.doubt());
                }
            }
        }
        return out.toString();
    }

    /** A command of a workflow; line ends and its own signs are written as it wants them. */
    private static void annotation(StringBuilder out, String kind, String scenario, String text) {
        out.append("::").append(kind).append(" title=vblk regress ")
                .append(escaped(scenario).replace(":", "%3A").replace(",", "%2C"))
                .append("::").append(escaped(text)).append('\n');
    }

    private static String escaped(String text) {
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }

    /**
     * The candidate in percent of the baseline, as github-action-benchmark reads it
     * (customSmallerIsBetter); a rate the other way round.
     */
    static String ratios(SuiteResult result) throws IOException {
        StringWriter out = new StringWriter();
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).useDefaultPrettyPrinter()) {
            json.writeStartArray();
            for (ScenarioResult scenario : result.scenarios()) {
                for (Gate.Finding finding : scenario.findings()) {
                    if (finding.metric() != Metric.POLL_HITS && finding.effect().pairs() > 0) {
                        ratio(json, scenario, finding);
                    }
                }
            }
            json.writeEndArray();
        }
        return out + "\n";
    }

    private static void ratio(JsonGenerator json, ScenarioResult scenario, Gate.Finding finding)
            throws IOException {
        Effect effect = finding.effect();
        json.writeStartObject();
        json.writeStringField("name", scenario.scenario().name() + " " + finding.metric());
        json.writeStringField("unit", "% of the baseline's cost");
        json.writeNumberField("value", rounded(PERCENT * Math.exp(effect.hl())));
        json.writeStringField("range", rounded(PERCENT * Math.exp(effect.low())) + " to "
                + rounded(PERCENT * Math.exp(effect.high())));
        json.writeStringField("extra", finding.verdict().toString());
        json.writeEndObject();
    }

    private static double rounded(double percent) {
        return Math.rint(percent * PERCENT) / PERCENT;
    }
}
