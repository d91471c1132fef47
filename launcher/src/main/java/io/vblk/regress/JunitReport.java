// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.StringWriter;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * The result in the form that build servers read of JUnit: a case for each metric of each scenario,
 * a regression failed, and what nobody can tell skipped. Thread: any.
 */
final class JunitReport {
    private static final String SUITE = "vblk regress";

    private final XMLStreamWriter xml;

    private JunitReport(XMLStreamWriter xml) {
        this.xml = xml;
    }

    static String of(SuiteResult result) {
        StringWriter out = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(out);
            new JunitReport(xml).write(result);
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("a string cannot fail", e);
        }
        return out.toString();
    }

    private void write(SuiteResult result) throws XMLStreamException {
        long cases = 0;
        long failed = 0;
        long skipped = 0;
        double seconds = 0;
        for (ScenarioResult scenario : result.scenarios()) {
            seconds += scenario.seconds();
            cases += Math.max(1, scenario.findings().size());
            skipped += scenario.refused() == null ? 0 : 1;
            for (Gate.Finding finding : scenario.findings()) {
                failed += finding.verdict() == Verdict.REGRESSED ? 1 : 0;
                skipped += finding.verdict() == Verdict.INCONCLUSIVE ? 1 : 0;
            }
        }
        xml.writeStartDocument("UTF-8", "1.0");
        line("");
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", SUITE);
        xml.writeAttribute("tests", Long.toString(cases));
        xml.writeAttribute("failures", Long.toString(failed));
        xml.writeAttribute("errors", "0");
        xml.writeAttribute("skipped", Long.toString(skipped));
        xml.writeAttribute("time", seconds(seconds));
        xml.writeAttribute("timestamp", result.began().toLocalDateTime().withNano(0)
                .format(DateTimeFormatter.ISO_LOCAL_DATE_TIME));
        properties(result);
        for (ScenarioResult scenario : result.scenarios()) {
            scenario(scenario);
        }
        line("");
        xml.writeEndElement();
        line("");
        xml.writeEndDocument();
    }

    private void properties(SuiteResult result) throws XMLStreamException {
        line("  ");
        xml.writeStartElement("properties");
        property("baseline", result.baseline().toString());
        property("candidate", result.candidate().toString());
        property("machine", result.environment().toString());
        property("seed", Long.toString(result.settings().seed()));
        line("  ");
        xml.writeEndElement();
    }

    private void property(String name, String value) throws XMLStreamException {
        line("    ");
        xml.writeEmptyElement("property");
        xml.writeAttribute("name", name);
        xml.writeAttribute("value", value);
    }

    private void scenario(ScenarioResult scenario) throws XMLStreamException {
        String name = scenario.scenario().name();
        if (scenario.refused() != null) {
            begin(name, "all", 0);
            outcome("skipped", scenario.refused());
            end();
        }
        for (Gate.Finding finding : scenario.findings()) {
            begin(name, finding.metric().toString(),
                    scenario.seconds() / scenario.findings().size());
            if (finding.verdict() == Verdict.REGRESSED) {
                outcome("failure", said(finding));
            } else if (finding.verdict() == Verdict.INCONCLUSIVE) {
                outcome("skipped", said(finding));
            }
            line("    ");
            xml.writeStartElement("system-out");
            xml.writeCharacters(said(finding));
            xml.writeEndElement();
            end();
        }
    }

    private static String said(Gate.Finding finding) {
        Metric metric = finding.metric();
        return metric + " " + finding.verdict() + ": "
                + Units.percent(metric.percent(finding.effect().hl())) + " "
                + TextReport.interval(metric, finding.effect()) + ", lower quartile "
                + Units.percent(metric.percent(finding.effect().q25())) + ", limit "
                + Units.percent(metric.percent(finding.threshold()))
                + (finding.doubt() == null ? "" : ": " + finding.doubt());
    }

    private void begin(String scenario, String metric, double seconds) throws XMLStreamException {
        line("  ");
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", "vblk.regress." + scenario);
        xml.writeAttribute("name", metric);
        xml.writeAttribute("time", seconds(seconds));
    }

    private void end() throws XMLStreamException {
        line("  ");
        xml.writeEndElement();
    }

    private void outcome(String element, String message) throws XMLStreamException {
        line("    ");
        xml.writeEmptyElement(element);
        xml.writeAttribute("message", message);
    }

    private void line(String indentation) throws XMLStreamException {
        xml.writeCharacters("\n" + indentation);
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.3f", seconds);
    }
}
