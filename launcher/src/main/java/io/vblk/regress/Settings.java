// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

/**
 * How two builds are compared.
 *
 * @param forks JVMs of each side
 * @param rounds rounds of a run; each fork has a slice in each
 * @param roundsMax rounds of a run that does not come to a conclusion before
 * @param warmUpMs time that each fork runs before anything counts, in milliseconds
 * @param seed of the order of slices and of the intervals
 * @param confirm whether a regression has to show up again in new forks
 * @param plant a slowdown of the candidate, to see whether it is found; null for none
 */
public record Settings(int forks, int rounds, int roundsMax, int warmUpMs, long seed,
        boolean confirm, Plant plant) {
    /** As the method has it. */
    public static final Settings DEFAULT = new Settings(3, 80, 240, 2_000, 1, true, null);

    private static final int FORKS_MAX = 8;
    private static final int ROUNDS_MAX = 10_000;
    private static final int WARM_UP_MS_MAX = 600_000;

    /** Checks the ranges. */
    public Settings {
        require(forks >= 1 && forks <= FORKS_MAX, "forks must be 1 to " + FORKS_MAX + ": " + forks);
        require(rounds >= 1 && rounds <= ROUNDS_MAX,
                "rounds must be 1 to " + ROUNDS_MAX + ": " + rounds);
        require(roundsMax >= rounds && roundsMax <= ROUNDS_MAX,
                "max-rounds must be " + rounds + ", the rounds, to " + ROUNDS_MAX + ": "
                        + roundsMax);
        require(warmUpMs >= 1 && warmUpMs <= WARM_UP_MS_MAX,
                "warm-up must be 1ms to " + WARM_UP_MS_MAX / 1_000 + "s");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** The same with another planted slowdown. */
    Settings with(Plant other) {
        return new Settings(forks, rounds, roundsMax, warmUpMs, seed, confirm, other);
    }

    /** The same with another seed. */
    Settings withSeed(long other) {
        return new Settings(forks, rounds, roundsMax, warmUpMs, other, confirm, plant);
    }
}
