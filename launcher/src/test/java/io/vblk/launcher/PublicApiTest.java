// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The public types of all modules are those in public-types.txt, so that a new one is a visible
 * change. {@code mvn verify -Dvblk.publicTypes=write} writes the list anew.
 */
final class PublicApiTest {
    private static final String LIST = "launcher/src/test/resources/public-types.txt";
    private static final String SWITCH = "vblk.publicTypes";

    /** Words that say nothing of what is in a package. */
    private static final Set<String> EMPTY_WORDS = Set.of("util", "utils", "common", "core",
            "impl", "model", "helper", "helpers", "api", "service", "dto", "misc");

    private static SourceTree tree;

    @BeforeAll
    static void readCheckout() throws IOException {
        tree = SourceTree.read();
    }

    /** Lines of module and type, sorted. */
    static Set<String> publicTypes(List<JavaSource> mainSources) {
        Set<String> types = new TreeSet<>();
        for (JavaSource source : mainSources) {
            for (JavaMembers.Type type : source.types()) {
                if (type.exported()) {
                    types.add(source.module() + " " + source.packageName() + "." + type.name());
                }
            }
        }
        return types;
    }

    static List<Finding> emptyNames(List<JavaSource> sources) {
        return sources.stream()
                .filter(source -> List.of(source.packageName().split("\\.")).stream()
                        .anyMatch(EMPTY_WORDS::contains))
                .map(source -> source.finding(1, "package " + source.packageName()
                        + " says nothing: name it after what it does"))
                .toList();
    }

    @Test
    void publicTypesAreThoseOfTheList() throws IOException {
        String found = publicTypes(tree.mainSources()).stream()
                .map(line -> line + "\n").collect(Collectors.joining());
        Path list = SourceTree.root().resolve(LIST);
        if ("write".equals(System.getProperty(SWITCH))) {
            Files.writeString(list, found);
        }
        assertEquals(Files.readString(list), found,
                "public types have changed: if that is meant, run with -D" + SWITCH + "=write");
    }

    @Test
    void packageNamesSaySomething() {
        assertEquals(List.of(), emptyNames(tree.sources()));
    }

    @Test
    void findsPublicTypesAndNoOthers() {
        JavaSource source = new JavaSource("virtqueue/src/main/java/io/vblk/virtio/Ring.java", """
                package io.vblk.virtio;

                /** public class Comment {} */
                public final class Ring {
                    String text = "public class Text {}";
                    public record Part(int a) {}
                    static class Hidden {
                        public enum Deep { A, B { void f() {} } }
                    }
                    public interface Seen {
                        enum Implied { X }
                    }
                }

                class Beside {
                    public static class Inside {}
                }
                """);

        assertEquals(Set.of("virtqueue io.vblk.virtio.Ring", "virtqueue io.vblk.virtio.Ring.Part",
                "virtqueue io.vblk.virtio.Ring.Seen",
                "virtqueue io.vblk.virtio.Ring.Seen.Implied"), publicTypes(List.of(source)));
    }

    @Test
    void findsPackagesThatSayNothing() {
        JavaSource planted = new JavaSource("event-loop/src/main/java/io/vblk/aio/util/A.java",
                "package io.vblk.aio.util;\nclass A {}\n");
        JavaSource fine = new JavaSource("event-loop/src/main/java/io/vblk/aio/A.java",
                "package io.vblk.aio;\nclass A {}\n");

        assertEquals(1, emptyNames(List.of(planted, fine)).size());
    }
}
