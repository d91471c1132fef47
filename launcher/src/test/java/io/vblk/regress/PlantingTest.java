// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class PlantingTest {
    private static final int FORKS = 3;

    /** Forks whose tail is the slower of the machine's own and of delayed requests. */
    private static final class Model implements Planting.Forks {
        private static final Pattern DELAY = Pattern.compile("all=(\\d+)ns");

        private final Random random = new Random(7);
        private double p50Ns = 8_000;
        private double tailNs = 45_000;
        private boolean delaysAreLost;
        private double delayNs;
        private int slices;
        private int reopened;

        @Override
        public Slice slice(Side side, int number) {
            slices++;
            double delay = side == Side.B && !delaysAreLost ? delayNs : 0;
            double noise = 1 + 0.1 * random.nextGaussian();
            return new Slice(2_000, 25_000_000, Math.round(p50Ns), Math.round(p50Ns),
                    Math.round(noise * Math.max(tailNs, p50Ns + delay)), 1, 1, 0, 0, "", 0, 0);
        }

        @Override
        public void reopen(Side side, Scenario other) {
            assertEquals(Side.B, side);
            reopened++;
            Matcher matcher = DELAY.matcher(other.options().get(Plant.FILTER));
            assertTrue(matcher.find());
            delayNs = Double.parseDouble(matcher.group(1));
        }

        /** By how much B is slower, in percent. */
        double effect() {
            return 100 * (Math.max(tailNs, p50Ns + delayNs) / tailNs - 1);
        }
    }

    private final Model model = new Model();
    private final Planting planting;

    PlantingTest() throws IOException {
        planting = new Planting(Plant.parse("p99:30%"), Scenario.parse("x",
                new ByteArrayInputStream("image=null:1M\nrw=randread\n".getBytes(
                        StandardCharsets.UTF_8))), FORKS);
    }

    @Test
    void aDelayIsMadeThatSlowsTheTailAsMuchAsWasAskedFor() throws IOException {
        planting.fit(model);

        assertEquals(30, model.effect(), 6);
        assertTrue(planting.described().contains("all=" + Math.round(model.delayNs) + "ns"),
                planting.described());
    }

    @Test
    void aMachineThatChangesMeanwhileGetsAnotherDelay() throws IOException {
        planting.fit(model);
        model.tailNs = 57_000;
        assertTrue(model.effect() < 10, "the old delay is hidden in the new tail");

        planting.fit(model);

        assertEquals(30, model.effect(), 10);
    }

    @Test
    void aDelayThatCannotBeMendedOnTheWayIsSaid() throws IOException {
        planting.fit(model);
        assertTrue(!planting.described().contains("at worst"), planting.described());
        model.delaysAreLost = true;

        planting.fit(model);

        assertTrue(planting.described().contains("slower at worst"), planting.described());
    }

    @Test
    void aDelayThatStillFitsIsLeftAsItIs() throws IOException {
        planting.fit(model);
        int before = model.reopened;

        planting.fit(model);

        assertEquals(before, model.reopened);
    }

    @Test
    void whereNoDelayShowsThePlantIsRefused() {
        model.delaysAreLost = true;

        assertTrue(assertThrows(Fork.RefusedException.class, () -> planting.fit(model))
                .getMessage().contains("cannot be planted"));
        assertTrue(model.slices < 1_500, "tries are bounded");
    }
}
