// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

/** Hears how far a comparison is. Thread: control. */
public interface Watcher {
    /** Hears nothing. */
    Watcher NONE = (scenario, phase, done) -> { };

    /**
     * Something has gone on.
     *
     * @param scenario what is under way, with its place in the suite
     * @param phase what is being done, such as {@code round 12/80}
     * @param done share of the whole suite that is done, 0 to 1; an estimate
     */
    void hear(String scenario, String phase, double done);
}
