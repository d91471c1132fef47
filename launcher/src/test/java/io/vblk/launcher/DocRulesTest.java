// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vblk.launcher.SourceTree.TextFile;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each rule finds what is planted, and only that. */
final class DocRulesTest {
    private static final String PLACE = "do" + "cs/";

    private static List<String> places(List<Finding> findings) {
        return findings.stream().map(f -> f.path() + ":" + f.line()).toList();
    }

    @Test
    void findsMissingAndLeftOverPages() {
        assertEquals(List.of("d/b.md:1", "d/c.md:1"), places(
                DocRules.parity("d", List.of("a", "b"), List.of("a", "c"))));
        assertEquals(List.of(), DocRules.parity("d", List.of("a"), List.of("a")));
    }

    @Test
    void findsLinksThatLeadNowhere() {
        TextFile page = new TextFile("manual/a.md",
                "[one](b.md) and [two](../c.md#part), [three](gone.md)\n"
                + "[web](https://example.org/x.md) [here](#part)\n"
                + "```\n[not a link](gone.md)\n```\n[four](gone/x)\n");
        Set<String> there = Set.of("manual/b.md", "manual/../c.md");

        assertEquals(List.of("manual/a.md:1", "manual/a.md:6"),
                places(DocRules.links(page, there::contains)));
    }

    @Test
    void linksOfTheRootAreSeenFromThere() {
        TextFile page = new TextFile("README.md", "[a](LICENSE) [b](launcher/bin/x)\n");

        assertEquals(List.of("README.md:1"),
                places(DocRules.links(page, Set.of("LICENSE")::contains)));
    }

    @Test
    void findsNamedPagesThatAreNotThere() {
        TextFile comment = new TextFile("launcher/src/main/java/A.java",
                "// why: " + PLACE + "gone.md.\nString a = \"" + PLACE + "string.md\";\n");
        TextFile text = new TextFile("CONTRIBUTING.md",
                "see `" + PLACE + "there.md`, " + PLACE + "gone.md, " + PLACE + "x/<name>.md\n");

        assertEquals(List.of("launcher/src/main/java/A.java:1"),
                places(DocRules.pages(comment, path -> false)));
        assertEquals(List.of("CONTRIBUTING.md:1"),
                places(DocRules.pages(text, Set.of(PLACE + "there.md")::contains)));
    }
}
