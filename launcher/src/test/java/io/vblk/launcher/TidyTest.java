// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.vblk.block.image.ImageFormat;
import io.vblk.launcher.SourceTree.TextFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the style of all modules: each rule over the whole checkout. */
final class TidyTest {
    private static SourceTree tree;

    @BeforeAll
    static void readCheckout() throws IOException {
        tree = SourceTree.read();
    }

    private static void noneIn(List<Finding> findings) {
        if (!findings.isEmpty()) {
            fail(findings.size() + " findings:\n" + findings.stream()
                    .map(Finding::toString).collect(Collectors.joining("\n")));
        }
    }

    private static void texts(Function<TextFile, List<Finding>> rule) {
        noneIn(tree.texts().stream().flatMap(file -> rule.apply(file).stream()).toList());
    }

    private static void sources(
            List<JavaSource> sources, Function<JavaSource, List<Finding>> rule) {
        noneIn(sources.stream().flatMap(source -> rule.apply(source).stream()).toList());
    }

    @Test
    void seesAllModules() {
        for (String module : SourceTree.MODULES) {
            assertTrue(tree.mainSources().stream().anyMatch(s -> s.module().equals(module)),
                    "no sources of " + module);
        }
        assertTrue(tree.texts().stream().anyMatch(TextFile::isScript), "no script");
        assertTrue(tree.exists("pom.xml"));
    }

    @Test
    void linesFitIntoTheColumns() {
        texts(TextRules::columns);
    }

    @Test
    void noTabsAndNoTrailingBlanks() {
        texts(TextRules::blanks);
    }

    @Test
    void filesBeginWithTheirLicence() {
        texts(TextRules::licence);
    }

    @Test
    void filesAreShort() {
        texts(TextRules::length);
    }

    @Test
    void noPathsOfOneMachine() {
        texts(TextRules::ownPaths);
    }

    @Test
    void nothingIsUnfinished() {
        texts(TextRules::unfinished);
    }

    @Test
    void methodsAreShort() {
        sources(tree.sources(), CodeRules::methodLength);
    }

    @Test
    void noBannedCalls() {
        sources(tree.sources(), CodeRules::bans);
    }

    @Test
    void packagesDependOneWay() {
        sources(tree.mainSources(), DependencyRules::packages);
        assertEquals(Set.of(), DependencyRules.packagesInCircles());
    }

    @Test
    void librariesStayWhereTheyBelong() {
        sources(tree.mainSources(), DependencyRules::libraries);
    }

    @Test
    void modulesDependOneWay() throws IOException {
        noneIn(DependencyRules.moduleOrder(tree.text("pom.xml")));
        for (String module : SourceTree.MODULES) {
            noneIn(DependencyRules.modules(module, tree.text(module + "/pom.xml")));
        }
    }

    @Test
    void barrierLabelsHaveTwoEnds() {
        noneIn(BarrierRules.pairs(tree.mainSources()));
    }

    @Test
    void barriersHaveLabels() {
        sources(tree.mainSources(), BarrierRules::labels);
    }

    @Test
    void eachCommandHasItsPage() {
        noneIn(DocRules.parity("docs/commands",
                Main.COMMANDS.stream().map(Command::name).toList(),
                tree.pages("docs/commands")));
    }

    @Test
    void eachFormatHasItsPage() {
        noneIn(DocRules.parity("docs/backends",
                Arrays.stream(ImageFormat.values()).map(ImageFormat::toString).toList(),
                tree.pages("docs/backends")));
    }

    @Test
    void linksLeadSomewhere() {
        assertTrue(tree.exists("README.md"), "no README.md");
        texts(file -> file.isDocument() ? DocRules.links(file, tree::exists) : List.of());
    }

    @Test
    void namedPagesAreThere() {
        texts(file -> DocRules.pages(file, tree::exists));
    }
}
