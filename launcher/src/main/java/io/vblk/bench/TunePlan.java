// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which settings are tried: all combinations of what decides most, and then, around the good ones,
 * what makes a small difference, one value at a time. Thread: any.
 *
 * @param sweep the values of each option that is tried
 * @param defaults the values that hold when nothing is said, where they are known
 */
public record TunePlan(Map<String, List<String>> sweep, Map<String, String> defaults) {
    /** Most settings of the first stage. */
    public static final int SETTINGS_MAX = 64;
    /** Options that only tune how polling follows the load. */
    public static final List<String> FINE =
            List.of("poll-grow", "poll-shrink", "poll-weight", "poll-policy");
    /** Longest polling; without polling the fine options mean nothing. */
    private static final String POLL_MAX_NS = "poll-max-ns";

    /** Checks that it is not too much. */
    public TunePlan {
        long product = 1;
        for (Map.Entry<String, List<String>> option : sweep.entrySet()) {
            product *= FINE.contains(option.getKey()) ? 1 : option.getValue().size();
            if (product > SETTINGS_MAX) {
                throw new IllegalArgumentException("sweep: more than " + SETTINGS_MAX
                        + " combinations of values: leave some out");
            }
        }
    }

    /** The settings of the first stage, the reference first. */
    List<TuneSetting> first() {
        List<TuneSetting> settings = new ArrayList<>(List.of(TuneSetting.REFERENCE));
        for (Map.Entry<String, List<String>> option : sweep.entrySet()) {
            if (!FINE.contains(option.getKey())) {
                List<TuneSetting> more = new ArrayList<>();
                for (TuneSetting setting : settings) {
                    for (String value : option.getValue()) {
                        more.add(setting.with(option.getKey(), value));
                    }
                }
                settings = more;
            }
        }
        Set<TuneSetting> distinct = new LinkedHashSet<>(List.of(TuneSetting.REFERENCE));
        settings.forEach(setting -> distinct.add(shortened(setting)));
        return List.copyOf(distinct);
    }

    /** How many settings the first stage has. */
    public int firstCount() {
        return first().size();
    }

    /** How many settings the second stage has around one of the first, at most. */
    public int fineCount() {
        return FINE.stream()
                .mapToInt(name -> sweep.getOrDefault(name, List.of()).size()).sum();
    }

    /** The settings of the second stage: around some of the first, without these. */
    List<TuneSetting> second(List<TuneSetting> bases) {
        Set<TuneSetting> distinct = new LinkedHashSet<>();
        for (TuneSetting base : bases) {
            for (String name : FINE) {
                for (String value : sweep.getOrDefault(name, List.of())) {
                    TuneSetting setting = shortened(base.with(name, value));
                    if (!"0".equals(value(base, POLL_MAX_NS)) && isOfUse(setting, name)) {
                        distinct.add(setting);
                    }
                }
            }
        }
        bases.forEach(distinct::remove);
        return List.copyOf(distinct);
    }

    /** The classic policy has no weights. */
    private boolean isOfUse(TuneSetting setting, String name) {
        return !name.equals("poll-weight") || !"classic".equals(value(setting, "poll-policy"));
    }

    private String value(TuneSetting setting, String name) {
        return setting.options().getOrDefault(name, defaults.get(name));
    }

    /** Without what holds anyway. */
    private TuneSetting shortened(TuneSetting setting) {
        Map<String, String> options = new LinkedHashMap<>(setting.options());
        options.entrySet().removeIf(
                option -> option.getValue().equals(defaults.get(option.getKey())));
        return new TuneSetting(options);
    }
}
