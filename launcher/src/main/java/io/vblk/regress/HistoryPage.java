// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.bench.Version;
import io.vblk.chart.HtmlPage;
import io.vblk.chart.SeriesChart;
import io.vblk.chart.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A history as a page: a chart for each series, with the places where it changed. Thread: any. */
final class HistoryPage {
    private HistoryPage() {}

    static String of(History history) {
        HtmlPage page = new HtmlPage("vblk regress: history");
        page.subtitle("How candidates differed from their baselines, run by run");
        if (history.series().isEmpty()) {
            page.text("No results yet.");
        }
        for (Map.Entry<String, List<History.Point>> series : history.series().entrySet()) {
            List<SeriesChart.Entry> entries = new ArrayList<>();
            for (History.Point point : series.getValue()) {
                entries.add(new SeriesChart.Entry(
                        point.date() + " " + point.commit() + " " + point.verdict(),
                        point.percent(), point.low(), point.high()));
            }
            List<SeriesChart.Change> changes = new ArrayList<>();
            for (ChangePoints.Change change : History.changes(series.getValue())) {
                changes.add(new SeriesChart.Change(change.index(), Units.percent(change.before())
                        + " to " + Units.percent(change.after())));
            }
            page.chart(new SeriesChart(series.getKey(),
                    "The candidate beside the baseline in percent, one dot for each run",
                    "change", Unit.PERCENT, entries, changes));
        }
        page.footer("vblk " + Version.TEXT, "");
        return page.toHtml();
    }
}
