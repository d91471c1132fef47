// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.image.SizeParser;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Options that commands share, defined once and parsed into records. Thread: main. */
final class CommonOptions {
    /** What an option without its optional value means, if not 1. */
    private static final Map<String, String> IMPLIED =
            Map.of(AnatomyOptions.INTERVAL, AnatomyOptions.IMPLIED);

    private CommonOptions() {}

    static Option value(String name, String argument, String text) {
        return Option.builder().longOpt(name).hasArg().argName(argument).desc(text).get();
    }

    static Option flag(String name, String text) {
        return Option.builder().longOpt(name).desc(text).get();
    }

    /** A flag that may be written with {@code =0} or {@code =1}, as fio's can. */
    static Option toggle(String name, String text) {
        return optionalValue(name, "0|1", text);
    }

    /** An option that means something without a value, too. */
    static Option optionalValue(String name, String argument, String text) {
        return Option.builder().longOpt(name).hasArg().optionalArg(true).argName(argument)
                .desc(text).get();
    }

    /** Gives options without a value the one that they mean, or they took the next word for it. */
    static String[] completeToggles(Options options, List<String> words) {
        return words.stream().map(word -> {
            Option option = word.startsWith("-") ? options.getOption(word) : null;
            return option != null && option.hasOptionalArg()
                    ? word + "=" + IMPLIED.getOrDefault(option.getLongOpt(), "1") : word;
        }).toArray(String[]::new);
    }

    static boolean isOn(CommandLine line, String name, boolean fallback) throws UsageException {
        String value = text(line, name, fallback ? "1" : "0");
        return switch (value) {
            case "0" -> false;
            case "1" -> true;
            default -> throw new UsageException(name + "=" + value + " is none of 0, 1");
        };
    }

    /** What an option was given, the last time if several times, as fio has it. */
    static String text(CommandLine line, String name, String fallback) {
        String[] values = line.getOptionValues(name);
        return values == null ? fallback : values[values.length - 1];
    }

    static int integer(CommandLine line, String name, int fallback) throws UsageException {
        long value = number(line, name, fallback);
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw new UsageException(name + "=" + value + " is too large");
        }
        return (int) value;
    }

    static long number(CommandLine line, String name, long fallback) throws UsageException {
        String text = text(line, name, null);
        if (text == null) {
            return fallback;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException(name + "=" + text + " is not a number");
        }
    }

    static long size(CommandLine line, String name, long fallback)
            throws UsageException {
        String text = text(line, name, null);
        if (text == null) {
            return fallback;
        }
        try {
            return SizeParser.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException(name + ": " + e.getMessage());
        }
    }
}
