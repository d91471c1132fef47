// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The little reader of Java that the rules stand on. */
final class JavaMembersTest {
    private static List<String> methods(String text) {
        return new JavaSource("launcher/src/main/java/io/vblk/bench/A.java", text).methods()
                .stream()
                .map(m -> m.type() + "." + m.name() + " " + m.firstLine() + "-" + m.lastLine())
                .toList();
    }

    @Test
    void masksCommentsAndStrings() {
        String text = "int a; // b\n/* c\nd */ String e = \"f \\\" g\"; char h = '\"'; i();\n"
                + "String j = \"\"\"\n  k \" l\n  \"\"\";\n";
        JavaMask mask = JavaMask.of(text);

        assertEquals(text.length(), mask.code().length());
        assertEquals(text.length(), mask.comments().length());
        assertEquals("int a;     \n    \n     String e = \"      \"; char h = ' '; i();\n"
                + "String j = \"\"\"\n       \n  \"\"\";\n", mask.code());
        assertEquals("       // b\n/* c\nd */", mask.comments().stripTrailing());
    }

    @Test
    void commentsInStringsAreNone() {
        JavaMask mask = JavaMask.of("f(\"http://x /* y\"); g();");

        assertTrue(mask.code().endsWith("g();"));
        assertEquals("", mask.comments().strip());
    }

    @Test
    void findsMethodsOfAllKinds() {
        assertEquals(List.of("A.static 3-3", "A.A 5-7", "A.m 9-15", ".run 11-12", "B.B 17-17",
                "B.k 18-18", ".of 21-21", "C.of 22-22"), methods("""
                class A {
                    int[] x = {1, 2};
                    static { x(); }
                    @Deprecated(since = "{")
                    A(int a) {
                        if (a > 0) { a(); }
                    }

                    <T extends A> int m(T[] t) throws E {
                        Runnable r = new Runnable() {
                            public void run() {
                            }
                        };
                        for (int i = 0; i < 1; i++) { f(() -> { g(); }); }
                    }
                    record B(int q) {
                        B { q(); }
                        int k() { return switch (q) { case 1 -> { yield 2; } default -> 3; }; }
                    }
                    enum C {
                        ONE(1) { int of() { return 1; } }, TWO;
                        int of() { return 2; }
                    }
                }
                """));
    }

    @Test
    void namesNestedTypes() {
        JavaSource source = new JavaSource("launcher/src/main/java/io/vblk/bench/A.java", """
                public sealed interface A permits A.B {
                    final class B implements A {
                        Class<?> c = B.class;
                        private enum D { X }
                    }
                }
                @interface E {}
                """);

        assertEquals(List.of("A", "A.B", "A.B.D", "E"),
                source.types().stream().map(JavaMembers.Type::name).toList());
        assertTrue(source.types().get(1).exported());
        assertFalse(source.types().get(2).exported());
        assertFalse(source.types().get(3).exported());
    }
}
