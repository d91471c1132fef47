// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule finds what is planted, and only that. */
final class BarrierRulesTest {
    private static final String READER = """
            package io.vblk.virtio;
            class Reader {
                int read() {
                    // A: pairs with Writer.write, whose data it sees
                    return NativeMemory.getShortAcquire(at);
                }
            }
            """;
    private static final String WRITER = """
            package io.vblk.virtio;
            class Writer {
                void write() {
                    // A: pairs with Reader.read
                    NativeMemory.putShortRelease(at, 1);
                }
            }
            """;

    private static JavaSource source(String name, String text) {
        return new JavaSource("virtqueue/src/main/java/io/vblk/virtio/" + name + ".java", text);
    }

    private static List<Finding> pairs(String reader, String writer) {
        return BarrierRules.pairs(List.of(source("Reader", reader), source("Writer", writer)));
    }

    private static void oneSaying(String part, List<Finding> findings) {
        assertEquals(1, findings.size(), findings.toString());
        assertTrue(findings.get(0).message().contains(part), findings.toString());
    }

    @Test
    void pairsAreFine() {
        assertEquals(List.of(), pairs(READER, WRITER));
    }

    @Test
    void findsUnknownClasses() {
        List<Finding> findings = pairs(READER.replace("Writer.write", "Waiter.write"), WRITER);

        assertTrue(findings.get(0).message().contains("no class Waiter"), findings.toString());
    }

    @Test
    void findsClassesOfOtherPackages() {
        String elsewhere = WRITER.replace("io.vblk.virtio", "io.vblk.aio");

        assertTrue(pairs(READER, elsewhere).get(0).message().contains("no class Writer"));
    }

    @Test
    void findsUnknownMethods() {
        List<Finding> findings = pairs(READER.replace("Writer.write", "Writer.put"), WRITER);

        assertTrue(findings.get(0).message().contains("no method Writer.put"),
                findings.toString());
    }

    @Test
    void findsTheMissingOtherEnd() {
        oneSaying("Writer.write has no label A that names Reader.read",
                pairs(READER, WRITER.replace("// A: pairs with Reader.read", "// plain")));
    }

    @Test
    void findsAnotherLabelAtTheOtherEnd() {
        assertEquals(2, pairs(READER, WRITER.replace("// A:", "// B:")).size());
    }

    @Test
    void findsEndsThatNameSomebodyElse() {
        String reader = READER.replace("int read() {", "void other() {}\n    int read() {");

        assertEquals(2, pairs(reader, WRITER.replace("Reader.read", "Reader.other")).size());
    }

    @Test
    void findsLabelsOutsideOfMethods() {
        assertEquals(2, pairs(READER, "package io.vblk.virtio;\nclass Writer {\n"
                + "    // A: pairs with Reader.read\n    int a;\n    void write() {}\n}\n").size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"VarHandle.fullFence()", "VarHandle.acquireFence()",
        "NativeMemory.fullFence()", "HANDLE.getAcquire(this)", "HANDLE.setRelease(this, 1)",
        "NativeMemory.putShortRelease(a, 1)", "NativeMemory.getIntAcquire(a)",
        "HANDLE.weakCompareAndSetRelease(this, a, b)", "HANDLE.getAndSetAcquire(this, a)"})
    void findsBarriersWithoutLabel(String call) {
        String head = "class A {\n    void f() {\n";
        String label = "        // A: pairs with B.g\n";
        String use = "        " + call + ";\n    }\n}\n";

        oneSaying("without a label", BarrierRules.labels(source("A", head + use)));
        assertEquals(List.of(), BarrierRules.labels(source("A", head + label + use)));
        assertEquals(List.of(), BarrierRules.labels(
                source("A", head + label + "        // and more\n        int x;\n" + use)));
        oneSaying("without a label", BarrierRules.labels(
                source("A", head + label + "        int x;\n".repeat(3) + use)));
        oneSaying("without a label", BarrierRules.labels(
                source("A", head + "        f(\"// A: pairs with B.g\");\n" + use)));
        assertEquals(List.of(), BarrierRules.labels(source("NativeMemory", head + use)));
    }

    @Test
    void otherCallsNeedNoLabel() {
        assertEquals(List.of(), BarrierRules.labels(source("A", """
                class A {
                    void f() { lock.acquire(); lock.release(); HANDLE.getOpaque(this); }
                }
                """)));
    }
}
