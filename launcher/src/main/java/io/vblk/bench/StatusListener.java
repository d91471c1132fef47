// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import java.io.IOException;

/** Hears what a run that goes on has measured so far. Thread: that of the run. */
@FunctionalInterface
public interface StatusListener {
    /** Hears of a report; a failure ends the run. */
    void hear(JobReport report) throws IOException;
}
