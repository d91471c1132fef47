// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.launcher.SourceTree.TextFile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Documents name what is there, and what is there has its page. */
final class DocRules {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s#]+)(#[^)\\s]*)?\\)");
    private static final Pattern SCHEME = Pattern.compile("^[a-z][a-z+.-]*:");
    private static final Pattern PAGE = Pattern.compile("(?<![\\w./-])docs/[\\w./-]+\\.md\\b");
    private static final Pattern FENCE = Pattern.compile("^\\s*```");

    private DocRules() {}

    /** One page for each thing, and one thing for each page. */
    static List<Finding> parity(
            String directory, Collection<String> things, Collection<String> pages) {
        List<Finding> findings = new ArrayList<>();
        for (String thing : new TreeSet<>(things)) {
            if (!pages.contains(thing)) {
                findings.add(new Finding(
                        directory + "/" + thing + ".md", 1, "is missing: write the page"));
            }
        }
        for (String page : new TreeSet<>(pages)) {
            if (!things.contains(page)) {
                findings.add(new Finding(directory + "/" + page + ".md", 1,
                        "describes nothing that is there: remove the page"));
            }
        }
        return findings;
    }

    /**
     * Links of a document to files.
     *
     * @param exists tells of a path from the root whether there is such a file
     */
    static List<Finding> links(TextFile document, Predicate<String> exists) {
        List<Finding> findings = new ArrayList<>();
        String directory = document.path().contains("/")
                ? document.path().substring(0, document.path().lastIndexOf('/') + 1) : "";
        List<String> lines = document.text().lines().toList();
        boolean inFence = false;
        for (int i = 0; i < lines.size(); i++) {
            inFence ^= FENCE.matcher(lines.get(i)).find();
            Matcher link = LINK.matcher(inFence ? "" : lines.get(i));
            while (link.find()) {
                String target = link.group(1);
                if (!SCHEME.matcher(target).find() && !exists.test(directory + target)) {
                    findings.add(document.finding(i + 1, "link to " + target
                            + ", which is not there"));
                }
            }
        }
        return findings;
    }

    /** Pages below docs/ that are named anywhere: in documents, scripts, poms and comments. */
    static List<Finding> pages(TextFile file, Predicate<String> exists) {
        List<Finding> findings = new ArrayList<>();
        String text = file.isJava() ? JavaMask.of(file.text()).comments() : file.text();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            Matcher page = PAGE.matcher(lines.get(i));
            while (page.find()) {
                if (!exists.test(page.group())) {
                    findings.add(file.finding(i + 1,
                            page.group() + " is named, but not there"));
                }
            }
        }
        return findings;
    }
}
