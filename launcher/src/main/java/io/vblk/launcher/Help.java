// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** Help texts in the manner of fio and QEMU: one option a line, its value named. */
final class Help {
    private static final int COLUMNS = 80;
    private static final int TEXT_COLUMN = 27;

    private static final String VERBOSE_TEXT = "log more, and show where an error came from";

    private Help() {}

    static String program(List<Command> commands) {
        StringBuilder out = new StringBuilder();
        out.append("usage: vblk COMMAND [IMAGE] [OPTION]...\n\n")
                .append("A virtio-blk back-end emulator: serves a disk image through virtqueues\n")
                .append("to virtual machines or simulated guests, and measures it.\n\n");
        for (Command command : commands) {
            row(out, command.name(), command.summary());
        }
        out.append('\n');
        row(out, "COMMAND --help", "options of a command");
        row(out, "--version", "version of this program");
        row(out, "--verbose", VERBOSE_TEXT);
        out.append("\nIMAGE is a raw disk image, a block device, null:SIZE (a disk without\n")
                .append("storage) or memory:SIZE.\n");
        return out.toString();
    }

    static String command(Command command) {
        StringBuilder out = new StringBuilder();
        out.append("usage: vblk ").append(command.name()).append(' ')
                .append(command.synopsis()).append("\n\n")
                .append(command.summary()).append(".\n\n");
        for (Option option : command.options().getOptions()) {
            if (command.shows(option)) {
                row(out, "--" + option.getLongOpt() + value(option), option.getDescription());
            }
        }
        row(out, "--verbose", VERBOSE_TEXT);
        row(out, "--help", "this text");
        return out.toString();
    }

    private static String value(Option option) {
        if (!option.hasArg()) {
            return "";
        }
        return option.hasOptionalArg()
                ? "[=" + option.getArgName() + "]" : "=" + option.getArgName();
    }

    private static void row(StringBuilder out, String left, String text) {
        List<String> lines = wrap(text, COLUMNS - TEXT_COLUMN);
        String format = "  %-" + (TEXT_COLUMN - 3) + "s %s%n";
        if (left.length() > TEXT_COLUMN - 3) {
            out.append("  ").append(left).append('\n');
            out.append(String.format(Locale.ROOT, format, "", lines.get(0)));
        } else {
            out.append(String.format(Locale.ROOT, format, left, lines.get(0)));
        }
        for (String more : lines.subList(1, lines.size())) {
            out.append(String.format(Locale.ROOT, format, "", more));
        }
    }

    private static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (line.length() > 0 && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
