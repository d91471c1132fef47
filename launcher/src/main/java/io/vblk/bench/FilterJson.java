// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import com.fasterxml.jackson.core.JsonGenerator;
import io.vblk.block.filter.FilterReport;
import java.io.IOException;
import java.util.List;

/** What filters have done, as JSON. Thread: any. */
public final class FilterJson {
    private FilterJson() {}

    /**
     * Writes the member "filters" of an object; nothing if there are none.
     *
     * @param hyphen what stands between the words of a name
     */
    public static void write(JsonGenerator json, List<FilterReport> filters, char hyphen)
            throws IOException {
        if (filters.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("filters");
        for (FilterReport filter : filters) {
            json.writeStartObject();
            json.writeStringField("filter", filter.filter());
            for (FilterReport.Count count : filter.counts()) {
                json.writeNumberField(count.name().replace('-', hyphen), count.value());
            }
            for (FilterReport.Times times : filter.times()) {
                write(json, times, hyphen);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, FilterReport.Times times, char hyphen)
            throws IOException {
        json.writeObjectFieldStart(times.kind().toString());
        json.writeNumberField("requests", times.requests());
        json.writeNumberField("errors", times.errors());
        json.writeNumberField("bytes", times.bytes());
        json.writeNumberField("mean" + hyphen + "ns", times.meanNs());
        json.writeNumberField("p50" + hyphen + "ns", times.p50Ns());
        json.writeNumberField("p90" + hyphen + "ns", times.p90Ns());
        json.writeNumberField("p99" + hyphen + "ns", times.p99Ns());
        json.writeNumberField("p99.9" + hyphen + "ns", times.p999Ns());
        json.writeNumberField("max" + hyphen + "ns", times.maxNs());
        json.writeEndObject();
    }
}
