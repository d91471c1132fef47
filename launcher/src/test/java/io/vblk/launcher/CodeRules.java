// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Rules for what stands in Java code. */
final class CodeRules {
    private static final int METHOD_LINES_MAX = 70;

    private static final Set<String> DATA_PATH = Set.of("io.vblk.posix", "io.vblk.uring",
            "io.vblk.aio", "io.vblk.virtio", "io.vblk.block", "io.vblk.block.engine",
            "io.vblk.virtioblk");
    private static final Set<String> LOCKING =
            Set.of("HandlerList", "HostFile", "IoThread", "RangeLock", "ThreadsEngine");

    /** What may not be used where, and what to use instead. */
    private record Ban(Pattern pattern, Predicate<JavaSource> where, String message) {}

    private static final List<Ban> BANS = List.of(
            ban("\\bThread\\s*\\.\\s*sleep\\b|\\bTimeUnit\\.\\w+\\.sleep\\b", everywhere(),
                    "Thread.sleep: wait for the event itself, with a latch, a join or the loop"),
            ban("\\bcurrentTimeMillis\\b", everywhere(),
                    "System.currentTimeMillis: use NanoClock or System.nanoTime, which never jump"),
            ban("\\bnew\\s+Random\\s*\\(\\s*\\)|\\bMath\\.random\\b|\\bThreadLocalRandom\\b",
                    everywhere(),
                    "random numbers without a seed: use new Random(seed), and print the seed"),
            ban("\\bsynchronized\\b",
                    source -> source.isMain() && !LOCKING.contains(source.className()),
                    "synchronized: use a home thread, a bottom half or an immutable object"),
            ban("\\bExecutors\\s*\\.", everywhere(),
                    "Executors: use an IoThread, or a Thread with a name"),
            ban("\\bprintStackTrace\\b", everywhere(),
                    "printStackTrace: throw it on, or log one line"),
            ban("\\bSystem\\s*\\.\\s*exit\\b", source -> !source.className().equals("Main"),
                    "System.exit: throw, or return a code; only Main ends the process"),
            ban("\\bjava\\.util\\.stream\\b|\\.\\s*(parallelS|s)tream\\s*\\(",
                    source -> source.isMain() && DATA_PATH.contains(source.packageName()),
                    "a stream on the data path: use a loop, which allocates nothing"),
            ban("^\\s*import\\s[^;]*\\*\\s*;", everywhere(),
                    "wildcard import: name what is used"),
            ban("\\bUnsafe(Api)?\\b", source -> !source.className().equals("NativeMemory"),
                    "Unsafe: use NativeMemory, the one class that touches raw addresses"));

    private CodeRules() {}

    private static Ban ban(String pattern, Predicate<JavaSource> where, String message) {
        return new Ban(Pattern.compile(pattern), where, message);
    }

    private static Predicate<JavaSource> everywhere() {
        return source -> true;
    }

    static List<Finding> bans(JavaSource source) {
        List<Finding> findings = new ArrayList<>();
        for (Ban ban : BANS) {
            if (!ban.where.test(source)) {
                continue;
            }
            for (int i = 0; i < source.code().size(); i++) {
                if (ban.pattern.matcher(source.code().get(i)).find()) {
                    findings.add(source.finding(i + 1, ban.message));
                }
            }
        }
        return findings;
    }

    static List<Finding> methodLength(JavaSource source) {
        return source.methods().stream()
                .filter(method -> method.lines() > METHOD_LINES_MAX)
                .map(method -> source.finding(method.firstLine(), method.name() + " has "
                        + method.lines() + " lines: a method has at most " + METHOD_LINES_MAX
                        + ", split it"))
                .toList();
    }
}
