// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** One command of the program. Thread: main. */
sealed interface Command permits BenchCommand, InfoCommand, ServeCommand {
    /** Its name on the command line. */
    String name();

    /** What it is called with, such as {@code IMAGE [OPTION]...}. */
    String synopsis();

    /** What it does, in one line. */
    String summary();

    /** Its options. */
    Options options();

    /**
     * Does the work.
     *
     * @return the exit code
     * @throws UsageException for a command line that makes no sense
     * @throws IOException if the image or the host says no, in words for an operator
     */
    int run(CommandLine line) throws UsageException, IOException;
}
