// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** The picture of the stages. */
final class AnatomyPictureTest {
    private static final AnatomyPicture PICTURE = new AnatomyPicture("a < b & \"c\"",
            List.of("kick", "disk"), List.of(
                    new AnatomyPicture.Bar("p0-p50", 50, new double[] {100, 300}),
                    new AnatomyPicture.Bar("> p99.9", 1, new double[] {0, 4_000})));

    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)));
    }

    private static List<Element> parts(Document document) {
        NodeList all = document.getElementsByTagName("rect");
        return java.util.stream.IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .filter(rect -> rect.getAttribute("class").equals("part")).toList();
    }

    private static double width(Element part) {
        return Double.parseDouble(part.getAttribute("width"));
    }

    @Test
    void barsAreAsLongAsTheirTimesAndThenAllAlike() throws Exception {
        List<Element> parts = parts(parsed(PICTURE.toSvg()));
        assertEquals(6, parts.size(), "a part without length is not drawn");
        double whole = width(parts.get(2));
        assertEquals(whole * 0.025, width(parts.get(0)), 0.01);
        assertEquals(whole * 0.075, width(parts.get(1)), 0.01);
        assertEquals(whole * 0.25, width(parts.get(3)), 0.01);
        assertEquals(whole * 0.75, width(parts.get(4)), 0.01);
        assertEquals(whole, width(parts.get(5)), 0.01);
    }

    @Test
    void eachPartSaysWhatItIs() throws Exception {
        Document document = parsed(PICTURE.toSvg());
        assertEquals("p0-p50, disk: 0.30 us, 75.0 %",
                parts(document).get(1).getElementsByTagName("title").item(0).getTextContent());
        assertEquals("a < b & \"c\"",
                document.getElementsByTagName("title").item(0).getTextContent());
    }

    @Test
    void nothingIsFetchedFromElsewhere() {
        String svg = PICTURE.toSvg().replace("http://www.w3.org/2000/svg", "");
        for (String way : List.of("http", "href", "<script", "@import", "url(")) {
            assertTrue(!svg.contains(way), way);
        }
    }

    @Test
    void severalStandBelowEachOther() throws Exception {
        Document document = parsed(AnatomyPicture.column(List.of(PICTURE, PICTURE)));
        assertEquals(12, parts(document).size());
        double one = Double.parseDouble(
                parsed(PICTURE.toSvg()).getDocumentElement().getAttribute("height"));
        assertEquals(2 * one,
                Double.parseDouble(document.getDocumentElement().getAttribute("height")));
    }

    @Test
    void aBarWithoutTimeIsEmpty() throws Exception {
        AnatomyPicture none = new AnatomyPicture("none", List.of("kick"),
                List.of(new AnatomyPicture.Bar("p0-p50", 1, new double[] {0})));
        assertEquals(0, parts(parsed(none.toSvg())).size());
    }
}
