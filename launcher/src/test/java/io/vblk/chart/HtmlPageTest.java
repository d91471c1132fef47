// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** A page stands for itself, whatever is written on it. */
final class HtmlPageTest {
    private static String page() {
        HtmlPage page = new HtmlPage(Samples.HOSTILE).subtitle(Samples.HOSTILE)
                .section("one", Samples.HOSTILE).text(Samples.HOSTILE).part(Samples.HOSTILE)
                .section("two", "Two").warning(Samples.HOSTILE).lines(Samples.HOSTILE)
                .section("three", "Three").facts(Map.of(Samples.HOSTILE, Samples.HOSTILE))
                .table(new HtmlTable().words(Samples.HOSTILE).numbers("n")
                        .row(HtmlTable.Mark.BAD, List.of(Samples.HOSTILE, "1")));
        Samples.charts().values().forEach(page::chart);
        return page.footer(Samples.HOSTILE, Samples.HOSTILE).toHtml();
    }

    @Test
    void isWellFormedAndHasNoScript() {
        Document document = Samples.parse(page());

        assertEquals("html", document.getDocumentElement().getTagName());
        NodeList all = document.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            Element element = (Element) all.item(i);
            assertFalse(element.getTagName().equalsIgnoreCase("script"));
            for (int a = 0; a < element.getAttributes().getLength(); a++) {
                assertFalse(element.getAttributes().item(a).getNodeName().startsWith("on"));
            }
        }
    }

    @Test
    void fetchesNothing() {
        String html = page();

        assertFalse(html.matches("(?s).*(src=|@import|url\\((?!#)).*"));
        assertEquals(0, Samples.parse(html).getElementsByTagName("link").getLength());
        assertTrue(html.contains("default-src 'none'"));
    }

    @Test
    void controlsNeverGetThrough() {
        String html = page();

        assertFalse(html.chars().anyMatch(
                c -> c < ' ' && c != '\n' || c == 0x202E || c == 0x7F || c == 0xD800));
        assertEquals("&lt;a href=&quot;x&quot;&gt; &amp; &#39;\ud83d\ude00",
                Markup.escape("<a href=\"x\"> & '\ud83d\ude00"));
    }

    @Test
    void idsAreUnlikeAndLinksLeadToThem() {
        Document document = Samples.parse(page());
        Set<String> ids = new HashSet<>();
        NodeList all = document.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            String id = ((Element) all.item(i)).getAttribute("id");
            assertTrue(id.isEmpty() || ids.add(id), id + " twice");
        }
        NodeList links = document.getElementsByTagName("a");
        assertEquals(3, links.getLength());
        for (int i = 0; i < links.getLength(); i++) {
            assertTrue(ids.contains(((Element) links.item(i)).getAttribute("href").substring(1)));
        }
    }

    @Test
    void aRowHasNoMoreCellsThanThereAreColumns() {
        HtmlTable table = new HtmlTable().words("one");

        assertThrows(IllegalArgumentException.class, () -> table.row("a", "b"));
    }
}
