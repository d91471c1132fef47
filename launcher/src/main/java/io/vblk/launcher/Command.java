// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** One command of the program. Thread: main. */
sealed interface Command
        permits BenchCommand, CtlCommand, InfoCommand, RegressCommand, ServeCommand,
                StorageDaemonCommand, TuneCommand {
    /** Its name on the command line. */
    String name();

    /** What it is called with, such as {@code IMAGE [OPTION]...}. */
    String synopsis();

    /** What it does, in one line. */
    String summary();

    /** Its options. */
    Options options();

    /** What to say of an option that it has not, as it was written. */
    default String unknown(String option) {
        return "unrecognized option: " + option;
    }

    /** Whether its own help shows an option; the others are explained elsewhere. */
    default boolean shows(Option option) {
        return true;
    }

    /** Whether operators want to read what happens meanwhile, when called with these words. */
    default boolean logsForOperators(List<String> words) {
        return false;
    }

    /**
     * Checks the words that are no options: one image, unless a command says otherwise.
     *
     * @throws UsageException if they make no sense
     */
    default void checkArguments(CommandLine line) throws UsageException {
        if (line.getArgList().size() != 1) {
            throw new UsageException(name() + " takes one image, not "
                    + line.getArgList().size() + ": vblk " + name() + " " + synopsis());
        }
        if (line.getArgList().get(0).isEmpty()) {
            throw new UsageException(
                    name() + ": the image has no name: vblk " + name() + " " + synopsis());
        }
    }

    /**
     * Does the work.
     *
     * @return the exit code
     * @throws UsageException for a command line that makes no sense
     * @throws IOException if the image or the host says no, in words for an operator
     */
    int run(CommandLine line) throws UsageException, IOException;
}
