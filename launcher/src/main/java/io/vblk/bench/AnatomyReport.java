// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.virtioblk.PollState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Where the requests of a run spent their time. Immutable, but for histograms that nobody changes;
 * thread: any.
 *
 * @param interval one request of so many was looked at
 * @param sampled requests looked at
 * @param lost further ones of which the device has no record, since others had overtaken them
 * @param kept those of the sampled ones that everything here is about, a fair draw
 * @param stages each stage, in the order of the requests' way
 * @param total the requests from start to end
 * @param totalMeanNs their mean, exactly that of all stages together
 * @param bands the same by how long requests took
 * @param why the reason of the 99th percentile; null without samples
 * @param cost what looking cost
 */
record AnatomyReport(int interval, long sampled, long lost, int kept, List<Stage> stages,
        Histogram total, double totalMeanNs, List<Band> bands, AnatomyWhy why, AnatomyCost cost) {
    private static final double NANOS_PER_US = 1e3;
    private static final double PERCENT = 100;

    /**
     * A stage.
     *
     * @param meanNs mean in nanoseconds, exact
     * @param share of the mean of a request, 0 to 1
     */
    record Stage(AnatomyStage stage, Histogram histogram, double meanNs, double share) {}

    /**
     * Requests between two percentiles of the time from start to end.
     *
     * @param meansNs mean of each stage
     */
    record Band(double fromPercentile, double toPercentile, int requests, double[] meansNs) {
        double totalNs() {
            double sum = 0;
            for (double ns : meansNs) {
                sum += ns;
            }
            return sum;
        }

        String label() {
            return toPercentile == PERCENT
                    ? "> p" + number(fromPercentile)
                    : "p" + number(fromPercentile) + "-p" + number(toPercentile);
        }

        private static String number(double percentile) {
            return percentile == Math.rint(percentile)
                    ? Long.toString((long) percentile) : Double.toString(percentile);
        }
    }

    /** Whether the device's stages are known. */
    boolean ofDevice() {
        return stages.size() == AnatomyStage.WITH_DEVICE.size();
    }

    /** What jobs have found; null if nobody has looked. */
    static AnatomyReport of(List<AnatomySamples> jobs) {
        if (jobs.isEmpty()) {
            return null;
        }
        long sampled = 0;
        long lost = 0;
        boolean ofDevice = true;
        for (AnatomySamples job : jobs) {
            sampled += job.offered();
            lost += job.lost();
            ofDevice &= job.ofDevice();
        }
        AnatomyData data = new AnatomyData(
                ofDevice ? AnatomyStage.WITH_DEVICE : AnatomyStage.OF_GUEST, jobs);
        return new AnatomyReport(jobs.get(0).sampling().interval(), sampled, lost, data.size(),
                data.stages(), data.total(), data.totalMeanNs(), data.bands(), data.why(),
                AnatomyCost.of(jobs));
    }

    // ------------------------------------------------------------------ text

    /** The table and the answer; {@code of} names what it is about, if there is more than one. */
    String toText(String of) {
        StringBuilder out = new StringBuilder();
        line(out, "");
        line(out, "Anatomy of a request%s (%s: %d looked at%s%s):", of.isEmpty() ? "" : " of " + of,
                interval == 1 ? "each one" : "one of " + interval, sampled,
                kept < sampled ? ", " + kept + " of them drawn for this" : "",
                lost > 0 ? ", " + lost + " more lost sight of" : "");
        line(out, "  %-8s %6s %11s %11s %11s %11s  (usec)", "stage", "share", "mean", "p50",
                "p99", "p99.9");
        for (Stage stage : stages) {
            row(out, stage.stage.key(), stage.share, stage.meanNs, stage.histogram,
                    stage.stage.text());
        }
        row(out, "total", kept == 0 ? 0 : 1, totalMeanNs, total, "");
        if (!ofDevice()) {
            line(out, "  No device in this process tells when it did what: only the guest's own "
                    + "stages are known.");
        }
        if (why != null) {
            writeWhy(out);
        }
        line(out, "  cost         : %s", costInWords());
        return out.toString();
    }

    private static void row(StringBuilder out, String name, double share, double meanNs,
            Histogram histogram, String text) {
        line(out, "  %-8s %5.1f%% %11.3f %11.3f %11.3f %11.3f  %s", name, PERCENT * share,
                meanNs / NANOS_PER_US, us(histogram, 50), us(histogram, 99), us(histogram, 99.9),
                text);
    }

    private static double us(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / NANOS_PER_US;
    }

    private void writeWhy(StringBuilder out) {
        line(out, "  why this p99 : %s.", why.sentence());
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            if (why.shares()[i] >= 0.005) {
                parts.add(String.format(Locale.ROOT, "%s=%.0f%%", stages.get(i).stage.key(),
                        PERCENT * why.shares()[i]));
            }
        }
        line(out, "     longer in : %s", parts.isEmpty() ? "nothing" : String.join(", ", parts));
        if (why.slow() != null) {
            writeGroup(out, "slowest", why.slow());
            writeGroup(out, "all", why.all());
        }
    }

    private static void writeGroup(StringBuilder out, String name, AnatomyWhy.Group group) {
        line(out, "     %-9s : %d requests, polled=%.1f%%, woken=%.1f%%, missed=%.1f%%, "
                        + "behind=%.1f, batch=%.1f, not at once=%.1f%%", name, group.requests(),
                PERCENT * group.of(PollState.POLLED), PERCENT * group.of(PollState.WOKEN),
                PERCENT * group.of(PollState.MISSED), group.ahead(), group.together(),
                PERCENT * group.queued());
    }

    private String costInWords() {
        return cost.isKnown()
                ? String.format(Locale.ROOT, "%.1f %% of the time of a request (95 %%: %.1f to "
                        + "%.1f), %.0f ns; by %d slices of the run without it", cost.percent(),
                        cost.lowPercent(), cost.highPercent(), cost.requestNs(), cost.slices())
                : "not known: at a rate, or within a short run, it cannot be told";
    }

    private static void line(StringBuilder out, String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments).stripTrailing()).append('\n');
    }

    // ------------------------------------------------------------------ the picture

    /** The picture. */
    AnatomyPicture picture(String title) {
        List<String> names = new ArrayList<>();
        for (Stage stage : stages) {
            names.add(stage.stage.key());
        }
        List<AnatomyPicture.Bar> bars = new ArrayList<>();
        for (Band band : bands) {
            bars.add(new AnatomyPicture.Bar(band.label(), band.requests, band.meansNs));
        }
        return new AnatomyPicture(title, names, bars);
    }

    // ------------------------------------------------------------------ JSON

    /** Writes it as the object "anatomy". */
    void writeTo(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("anatomy");
        json.writeNumberField("interval", interval);
        json.writeNumberField("sampled", sampled);
        json.writeNumberField("kept", kept);
        json.writeNumberField("lost", lost);
        json.writeBooleanField("device_looked_at", ofDevice());
        json.writeArrayFieldStart("stages");
        for (Stage stage : stages) {
            json.writeStartObject();
            json.writeStringField("stage", stage.stage.key());
            json.writeNumberField("share", stage.share);
            writeTimes(json, stage.meanNs, stage.histogram);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("total");
        writeTimes(json, totalMeanNs, total);
        json.writeEndObject();
        writeBands(json);
        if (why != null) {
            writeWhy(json);
        }
        if (cost.isKnown()) {
            json.writeObjectFieldStart("cost");
            json.writeNumberField("percent", cost.percent());
            json.writeNumberField("percent_low", cost.lowPercent());
            json.writeNumberField("percent_high", cost.highPercent());
            json.writeNumberField("request_ns", cost.requestNs());
            json.writeNumberField("slices", cost.slices());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void writeTimes(JsonGenerator json, double meanNs, Histogram histogram)
            throws IOException {
        json.writeNumberField("mean_ns", meanNs);
        json.writeNumberField("p50_ns", histogram.getValueAtPercentile(50));
        json.writeNumberField("p99_ns", histogram.getValueAtPercentile(99));
        json.writeNumberField("p99_9_ns", histogram.getValueAtPercentile(99.9));
        json.writeNumberField("max_ns", histogram.getMaxValue());
    }

    private void writeBands(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("bands");
        for (Band band : bands) {
            json.writeStartObject();
            json.writeNumberField("from_percentile", band.fromPercentile);
            json.writeNumberField("to_percentile", band.toPercentile);
            json.writeNumberField("requests", band.requests);
            writeByStage(json, "mean_ns", band.meansNs);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeByStage(JsonGenerator json, String name, double[] values)
            throws IOException {
        json.writeObjectFieldStart(name);
        for (int i = 0; i < values.length; i++) {
            json.writeNumberField(stages.get(i).stage.key(), values[i]);
        }
        json.writeEndObject();
    }

    private void writeWhy(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("why_p99");
        json.writeNumberField("p50_ns", why.medianNs());
        json.writeNumberField("p99_ns", why.p99Ns());
        json.writeStringField("stage", why.stage().key());
        json.writeNumberField("share", why.share());
        writeByStage(json, "shares", why.shares());
        json.writeStringField("sentence", why.sentence());
        if (why.slow() != null) {
            writeGroup(json, "slowest", why.slow());
            writeGroup(json, "all", why.all());
        }
        json.writeEndObject();
    }

    private static void writeGroup(JsonGenerator json, String name, AnatomyWhy.Group group)
            throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("requests", group.requests());
        for (PollState state : PollState.values()) {
            json.writeNumberField(state.name().toLowerCase(Locale.ROOT), group.of(state));
        }
        json.writeNumberField("taken_before", group.ahead());
        json.writeNumberField("shown_together", group.together());
        json.writeNumberField("queued", group.queued());
        json.writeEndObject();
    }
}
