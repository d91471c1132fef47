// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What simulations have come across, counted by name: what is never seen is not tested. */
final class SimulationCoverage {
    private static final List<String> RINGS = List.of("split", "packed");
    private static final List<String> EVENTS = List.of("flags", "event-idx");
    private static final List<String> LAYOUTS = List.of("direct", "indirect");
    private static final List<String> ORDERS = List.of("any-order", "in-order");

    private final Map<String, Long> counts = new TreeMap<>();

    /** The name of a ring with these features, bit 0 packed, then event index and so on. */
    static String ring(int shape) {
        return RINGS.get(shape & 1) + " " + EVENTS.get(shape >> 1 & 1) + " "
                + LAYOUTS.get(shape >> 2 & 1) + " " + ORDERS.get(shape >> 3 & 1);
    }

    void add(String what, long times) {
        counts.merge(what, times, Long::sum);
    }

    /** Fails unless all that a default run is for has happened. */
    void assertWhole() {
        List<String> wanted = new ArrayList<>(List.of(
                "cache off", "cache on", "power cut", "power cut with the cache off",
                "sectors lost by power cuts", "BUSY", "EIO", "ENOSPC", "short transfer",
                "overtaking", "queue stopped and started", "slept until called",
                "flush covers another queue's write",
                "layout DIRECT", "layout INDIRECT", "layout TAIL"));
        for (int shape = 0; shape < DeviceSimulation.SHAPES; shape++) {
            wanted.add(ring(shape) + " OrdinaryGuest");
            wanted.add(ring(shape) + " OddGuest");
        }
        for (String ring : RINGS) {
            for (DiskModel.Kind kind : DiskModel.Kind.values()) {
                wanted.add(ring + " " + kind + " OK");
                if (kind != DiskModel.Kind.GET_ID) {
                    wanted.add(ring + " " + kind + " IOERR");
                }
            }
            wanted.add(ring + " calls at once");
            wanted.add(ring + " calls held back");
        }
        wanted.removeIf(what -> counts.getOrDefault(what, 0L) > 0);
        assertEquals(List.of(), wanted, "never happened");
    }

    @Override
    public String toString() {
        return counts.toString();
    }
}
