// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The processors of guests and event loops, lists for {@code iothread-cpus} and the worker's
 * guests; empty for any. Thread: any.
 */
record Placement(String guests, String iothreads) {
    /**
     * Places a scenario on the processors of this machine, from the last one down: the first has
     * most of the interrupts.
     *
     * @throws IllegalArgumentException if there are too few
     */
    static Placement of(Scenario scenario) throws ErrnoException {
        List<Integer> cpus = Posix.cpus().stream().boxed()
                .sorted((a, b) -> b - a).collect(Collectors.toCollection(ArrayList::new));
        return of(scenario, cpus);
    }

    /** The same on these processors, the best first. */
    static Placement of(Scenario scenario, List<Integer> cpus) {
        int loops = scenario.option("iothreads", 1);
        int guests = scenario.option("numjobs", 1);
        return switch (scenario.pin()) {
            case NONE -> new Placement("", "");
            case SAME -> new Placement(join(cpus, 0, 1, 1), join(cpus, 0, 1, loops));
            case PAIRS -> new Placement(join(cpus, 0, cpus.size(), guests),
                    join(cpus, 0, cpus.size(), loops));
            case APART -> {
                if (cpus.size() < 2) {
                    throw new IllegalArgumentException("pin=apart needs two processors");
                }
                int forLoops = Math.min(loops, cpus.size() - 1);
                yield new Placement(join(cpus, forLoops, cpus.size() - forLoops, guests),
                        join(cpus, 0, forLoops, loops));
            }
        };
    }

    private static String join(List<Integer> cpus, int first, int count, int wanted) {
        return IntStream.range(0, wanted).mapToObj(i -> cpus.get(first + i % count).toString())
                .collect(Collectors.joining(","));
    }

    /** The option that places the event loops. */
    Map<String, String> options() {
        return iothreads.isEmpty() ? Map.of() : Map.of("iothread-cpus", iothreads);
    }

    @Override
    public String toString() {
        return guests.isEmpty() ? "any" : "guests " + guests + ", event loops " + iothreads;
    }
}
