// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule finds what is planted, and only that. */
final class CodeRulesTest {
    private static JavaSource source(String packageName, String className, String body) {
        String module = packageName.startsWith("io.vblk.block") ? "block-backend" : "event-loop";
        return new JavaSource(module + "/src/main/java/" + packageName.replace('.', '/') + "/"
                + className + ".java", "package " + packageName + ";\n" + body + "\n");
    }

    private static List<Finding> bans(String body) {
        return CodeRules.bans(source("io.vblk.aio", "A", body));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Thread.sleep(1);                       | latch",
        "TimeUnit.SECONDS.sleep(1);             | latch",
        "long t = System.currentTimeMillis();   | System.nanoTime",
        "Random r = new Random();               | new Random(seed)",
        "Random r = new Random( );              | new Random(seed)",
        "double d = Math.random();              | new Random(seed)",
        "int i = ThreadLocalRandom.current().nextInt(); | new Random(seed)",
        "synchronized void f() {}               | home thread",
        "var e = Executors.newCachedThreadPool(); | IoThread",
        "e.printStackTrace();                   | log one line",
        "System.exit(1);                        | Main",
        "import java.util.stream.Stream;        | loop",
        "list.stream().count();                 | loop",
        "import java.util.*;                    | name what is used",
        "import static java.lang.Math.*;        | name what is used",
        "import sun.misc.Unsafe;                | NativeMemory",
        "UnsafeApi.getInt(1);                   | NativeMemory"})
    void findsBannedCallsAndNamesTheReplacement(String planted, String replacement) {
        List<Finding> findings = bans("// one\n" + planted);

        assertEquals(List.of(3), findings.stream().map(Finding::line).toList());
        assertTrue(findings.get(0).message().contains(replacement), findings.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"// Thread.sleep(1)", "/* System.exit(1) */", "f(\"new Random()\");",
        "new Random(7);", "stream();", "int sleep = thread.sleep;", "executors.run();",
        "import java.util.List;", "import a.b; // *", "reactor.exit(1);"})
    void othersAreFine(String body) {
        assertEquals(List.of(), bans(body));
    }

    @Test
    void exceptionsHoldOnlyForTheClassesNamed() {
        String lock = "void f() { synchronized (this) { } }";
        for (String name : List.of("HandlerList", "IoThread")) {
            assertEquals(List.of(), CodeRules.bans(source("io.vblk.aio", name, lock)));
        }
        assertEquals(List.of(),
                CodeRules.bans(source("io.vblk.block.engine", "ThreadsEngine", lock)));
        assertEquals(List.of(),
                CodeRules.bans(source("io.vblk.launcher", "Main", "System.exit(1);")));
        assertEquals(List.of(),
                CodeRules.bans(source("io.vblk.posix", "NativeMemory", "UnsafeApi.f();")));
        assertEquals(1, CodeRules.bans(source("io.vblk.posix", "Main2", "System.exit(1);")).size());
    }

    @Test
    void streamsAreFineOffTheDataPath() {
        String body = "list.stream().count();";

        assertEquals(List.of(), CodeRules.bans(source("io.vblk.bench", "A", body)));
        assertEquals(List.of(), CodeRules.bans(source("io.vblk.block.image", "A", body)));
        for (String name : List.of("posix", "uring", "aio", "virtio", "block", "block.engine",
                "virtioblk")) {
            assertEquals(1, CodeRules.bans(source("io.vblk." + name, "A", body)).size(), name);
        }
    }

    @Test
    void findsLongMethods() {
        String start = "class A {\n    void brief() {}\n\n    void f() {\n";
        String fits = start + "        g();\n".repeat(68) + "    }\n}";
        String tooLong = start + "        g();\n".repeat(69) + "    }\n}";

        assertEquals(List.of(), CodeRules.methodLength(source("io.vblk.aio", "A", fits)));
        List<Finding> findings = CodeRules.methodLength(source("io.vblk.aio", "A", tooLong));
        assertEquals(List.of(5), findings.stream().map(Finding::line).toList());
        assertTrue(findings.get(0).message().startsWith("f has 71 lines"), findings.toString());
    }

    @Test
    void bracesInStringsAndCommentsDoNotCount() {
        String body = "class A {\n    void f() {\n        // }\n        g(\"}\");\n"
                + "        g();\n".repeat(70) + "    }\n}";

        assertEquals(1, CodeRules.methodLength(source("io.vblk.aio", "A", body)).size());
    }
}
