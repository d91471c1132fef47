// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.fio.FioOptions;
import io.vblk.fio.NameValue;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/**
 * The words of a command line, parted into options of jobs, in their order, and all others. An
 * option that the command itself has stays with the others. Thread: main.
 *
 * @param job options of jobs
 * @param others what is left
 */
record JobArguments(List<NameValue> job, List<String> others) {
    /**
     * Parts words: {@code --name=value}, {@code --name value} and {@code --flag}.
     *
     * @param own options of the command
     * @throws UsageException for an option that neither has, with the name that may have been meant
     */
    static JobArguments split(List<String> words, Options own) throws UsageException {
        JobArguments result = new JobArguments(new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--")) {
                result.others.addAll(words.subList(i, words.size()));
                break;
            }
            if (!word.startsWith("--")) {
                result.others.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String name = word.substring(2, equals < 0 ? word.length() : equals);
            Option option = own.getOption(name);
            boolean isJobs = option == null && FioOptions.has(name);
            if (option == null && !isJobs) {
                throw unknown(name, own);
            }
            boolean takesNext = equals < 0 && i + 1 < words.size() && (isJobs
                    ? !FioOptions.isFlag(name) : option.hasArg() && !option.hasOptionalArg());
            String next = takesNext ? words.get(++i) : null;
            if (isJobs) {
                result.job.add(NameValue.of(
                        name, equals < 0 ? next : word.substring(equals + 1)));
            } else {
                result.others.add(word);
                if (takesNext) {
                    result.others.add(next);
                }
            }
        }
        return result;
    }

    private static UsageException unknown(String name, Options own) {
        List<String> names = own.getOptions().stream().map(Option::getLongOpt).toList();
        return new UsageException(FioOptions.unknown(name, names).getMessage());
    }
}
