// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** A command line as text that a shell takes back. */
final class CommandText {
    private CommandText() {}

    /** bench, called so. */
    static String of(CommandLine line) {
        List<String> words = new ArrayList<>(List.of("vblk", "bench"));
        line.getArgList().forEach(word -> words.add(quoted(word)));
        for (Option option : line.getOptions()) {
            String name = option.getLongOpt() == null
                    ? "-" + option.getOpt() : "--" + option.getLongOpt();
            words.add(quoted(option.getValue() == null ? name : name + "=" + option.getValue()));
        }
        return String.join(" ", words);
    }

    /** A word as the shell's (POSIX, 2.2.2), quoted only if it has to be. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+")
                ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
