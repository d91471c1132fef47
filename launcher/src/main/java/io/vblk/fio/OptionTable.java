// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All options of a job: a command line and a job file go through the same rows. Thread: any. */
final class OptionTable {
    /** Rows by the title of what they are about, in the order of the documents. */
    static final Map<String, List<FioOption>> SECTIONS = sections();

    private static final Map<String, FioOption> BY_NAME = byName();
    private static final int DISTANCE_MAX = 3;

    private OptionTable() {}

    private static Map<String, List<FioOption>> sections() {
        Map<String, List<FioOption>> sections = new LinkedHashMap<>();
        sections.put("The job and its target", JobOptions.TARGET_ROWS);
        sections.put("What is done, and where", AccessOptions.ROWS);
        sections.put("Jobs and queues", JobOptions.JOB_ROWS);
        sections.put("Time, rates and goals", TimingOptions.ROWS);
        sections.put("Data, checks and flushes", DataOptions.ROWS);
        sections.put("Reports and logs", JobOptions.REPORT_ROWS);
        sections.put("Others of fio's", OtherOptions.ROWS);
        return Collections.unmodifiableMap(sections);
    }

    private static Map<String, FioOption> byName() {
        Map<String, FioOption> byName = new HashMap<>();
        SECTIONS.values().stream().flatMap(List::stream).forEach(row -> {
            names(row).forEach(name -> {
                FioOption other = byName.put(name, row);
                assert other == null : name + " stands twice";
            });
        });
        return byName;
    }

    private static List<String> names(FioOption row) {
        List<String> names = new ArrayList<>(row.aliases());
        names.add(0, row.name());
        return names;
    }

    /** The row of a name or alias, null if there is none. */
    static FioOption find(String name) {
        return BY_NAME.get(name);
    }

    /** The row of a name or alias, or an error that says which name may have been meant. */
    static FioOption require(String name) {
        FioOption row = find(name);
        if (row == null) {
            throw unknown(name, List.of());
        }
        return row;
    }

    /** What is said of a name that nobody has. */
    static JobSyntaxException unknown(String name, Collection<String> others) {
        String nearest = nearest(name, others);
        return new JobSyntaxException("unrecognized option '" + name + "'"
                + (nearest == null ? "" : ": did you mean '" + nearest + "'?"));
    }

    /**
     * The name that is least different, of several one that does something; null if all are quite
     * different.
     */
    private static String nearest(String name, Collection<String> others) {
        List<String> names = new ArrayList<>(BY_NAME.keySet());
        names.sort(Comparator.comparing((String other) -> find(other).role())
                .thenComparing(Comparator.naturalOrder()));
        names.addAll(0, others);
        String best = null;
        int least = Math.min(DISTANCE_MAX, name.length() / 2) + 1;
        for (String other : names) {
            int distance = Math.abs(other.length() - name.length()) >= least
                    ? least : distance(name, other);
            if (distance < least) {
                least = distance;
                best = other;
            }
        }
        return best;
    }

    /** Letters to add, remove or replace (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
