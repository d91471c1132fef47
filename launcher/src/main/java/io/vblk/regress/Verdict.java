// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.util.Locale;

/** What a comparison came to, the worst last. Thread: any. */
public enum Verdict {
    /** Better by more than the threshold. */
    IMPROVED,
    /** Nothing to be seen. */
    NO_CHANGE,
    /** A difference, and a smaller one than the threshold. */
    WITHIN_NOISE,
    /** The machine was too restless to tell, or the two cannot be compared. */
    INCONCLUSIVE,
    /** Worse by more than the threshold, twice. */
    REGRESSED;

    /** The worse of the two. */
    public Verdict or(Verdict other) {
        return compareTo(other) >= 0 ? this : other;
    }

    /** As people read it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
