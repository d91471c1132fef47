// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.IOException;

/** Where settings are tried. Thread: control, except where it says any. */
public interface TuneBench extends AutoCloseable {
    /**
     * Runs the load for a short time with a setting.
     *
     * @param round number of the round, from 0: slices of a round ask for the same blocks
     * @param lengthNs how long, with the part at the start that does not count
     * @return what it measured; null if it was stopped meanwhile
     * @throws IOException if the image, the back-end or the host says no, in words for an operator
     */
    TuneSlice slice(TuneSetting setting, int round, long lengthNs) throws IOException;

    /** A setting that will not be tried again for long. */
    void leave(TuneSetting setting) throws IOException;

    /** Ends the present slice, and those to come at once. Thread: any. */
    void stop();

    /** Puts everything back as it was found. */
    @Override
    void close() throws IOException;
}
