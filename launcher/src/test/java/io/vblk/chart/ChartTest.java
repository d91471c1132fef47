// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What holds of every chart, whatever its data. */
final class ChartTest {
    private static final Map<String, Chart> CHARTS = Samples.charts();

    static Stream<String> names() {
        return CHARTS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("names")
    void isWellFormedWithTitleAndDescription(String name) {
        Element root = Samples.parse(CHARTS.get(name).toFile()).getDocumentElement();

        assertEquals("svg", root.getTagName());
        assertEquals("title", root.getFirstChild().getNodeName());
        assertEquals("desc", root.getFirstChild().getNextSibling().getNodeName());
        assertEquals(0, root.getElementsByTagName("script").getLength());
    }

    @ParameterizedTest
    @MethodSource("names")
    void hasNumbersOnly(String name) {
        String svg = CHARTS.get(name).toSvg("c1");

        assertFalse(svg.contains("NaN"), svg);
        assertFalse(svg.contains("Infinity"), svg);
    }

    @ParameterizedTest
    @MethodSource("names")
    void everythingLiesInThePicture(String name) {
        Element root = Samples.parse(CHARTS.get(name).toFile()).getDocumentElement();
        double height = Double.parseDouble(root.getAttribute("height"));
        NodeList all = root.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            Element element = (Element) all.item(i);
            for (String x : new String[] {"x", "cx", "x1", "x2"}) {
                assertIn(element, x, Chart.WIDTH);
            }
            for (String y : new String[] {"y", "cy", "y1", "y2"}) {
                assertIn(element, y, height);
            }
        }
    }

    private static void assertIn(Element element, String attribute, double end) {
        if (element.hasAttribute(attribute)
                && !element.getAttribute("class").equals("paper")) {
            double value = Double.parseDouble(element.getAttribute(attribute));
            assertTrue(value >= 0 && value <= end, element.getTagName() + " "
                    + element.getTextContent() + " " + attribute + "=" + value);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void isOfBoundedSize(String name) {
        int bytes = CHARTS.get(name).toSvg("c1").length();
        int bound = name.equals("heat") ? 2 * 200_000 : 200_000;

        assertTrue(bytes < bound, bytes + " bytes");
    }

    @Test
    void saysWhenThereIsNothing() {
        CHARTS.forEach((name, chart) -> assertEquals(name.startsWith("no "),
                chart.toFile().contains("nothing was measured"), name));
    }

    @Test
    void aFileHasItsColoursAndAPageHasThemOnce() {
        Chart chart = CHARTS.get("curves");

        assertTrue(chart.toFile().contains("prefers-color-scheme:dark"));
        assertTrue(chart.toFile().contains("@media print"));
        assertFalse(chart.toSvg("c1").contains("<style"));
    }

    @Test
    void oneNoisyPanelStaysSmallAndKeepsItsRequests() {
        String svg = Samples.heatMap(Samples.noise("", 600, 5)).toSvg("c1");

        assertTrue(svg.length() < 200_000, svg.length() + " bytes");
        HeatCells cells = HeatCells.of(List.of(Samples.panelOf(601, 9, 3)), Samples.bounds(),
                150, 46);
        long sum = 0;
        for (int column = 0; column < cells.columns(); column++) {
            sum += cells.count(0, column);
        }
        assertEquals(601 * 3, sum);
        assertEquals(5, cells.merged());
    }

    @Test
    void aColumnsQuantilesLieInTheirClasses() {
        double[] bounds = Samples.bounds();
        long[] classes = new long[Samples.CLASSES];
        classes[10] = 98;
        classes[100] = 2;
        HeatCells cells = HeatCells.of(
                List.of(new HeatMap.Panel("", List.of(classes))), bounds, 150, 240);

        double median = cells.quantile(0, 0, 0.5);
        double p99 = cells.quantile(0, 0, 0.99);
        assertTrue(median >= bounds[10] && median <= bounds[11], "median " + median);
        assertTrue(p99 >= bounds[100] && p99 <= bounds[101], "p99 " + p99);
    }

    @Test
    void thinningKeepsTheExtremes() {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            points.add(new Point(i, i == 5_001 ? 999 : i == 7_003 ? -999 : i % 3));
        }
        Line thin = new Line("", points).thinned(100);

        assertTrue(thin.points().size() <= 100);
        assertTrue(thin.points().contains(new Point(5_001, 999)));
        assertTrue(thin.points().contains(new Point(7_003, -999)));
    }

    @Test
    void theFrontHasWhatNothingBeats() {
        List<ScatterChart.Item> items = List.of(item("a", 1, 9), item("b", 2, 5),
                item("c", 3, 5), item("d", 4, 6), item("e", 9, 1), item("f", 1, 9));

        assertEquals(List.of("a", "f", "b", "e"), ScatterChart.front(items).stream()
                .map(ScatterChart.Item::name).toList());
    }

    private static ScatterChart.Item item(String name, double x, double y) {
        return new ScatterChart.Item(name, "", x, y, false);
    }
}
