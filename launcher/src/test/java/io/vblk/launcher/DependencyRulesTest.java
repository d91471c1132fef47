// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each rule finds what is planted, and only that. */
final class DependencyRulesTest {
    private static JavaSource source(String module, String packageName, String body) {
        return new JavaSource(module + "/src/main/java/io/vblk/x/A.java",
                "package io.vblk." + packageName + ";\n" + body + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "event-loop, posix, aio.AioContext",
        "event-loop, uring, aio.AioContext",
        "event-loop, aio, virtio.Virtqueue",
        "virtqueue, virtio, block.BlockRequest",
        "block-backend, block, posix.Posix",
        "block-backend, block.engine, block.image.Images",
        "block-backend, block.image, virtioblk.VirtioBlkDevice",
        "block-backend, virtioblk, block.engine.IoEngine",
        "block-backend, virtioblk, block.image.Images",
        "launcher, bench, launcher.Main",
        "launcher, bench, block.engine.IoEngine"})
    void findsImportsAgainstTheOrder(String module, String from, String to) {
        List<Finding> findings = DependencyRules.packages(
                source(module, from, "import io.vblk." + to + ";"));

        assertEquals(List.of(2), findings.stream().map(Finding::line).toList());
    }

    @Test
    void findsStaticImportsAndFullNames() {
        assertEquals(1, DependencyRules.packages(source("event-loop", "posix",
                "import static io.vblk.aio.AioContext.create;")).size());
        assertEquals(1, DependencyRules.packages(source("event-loop", "posix",
                "class A { io.vblk.aio.AioContext context; }")).size());
    }

    @ParameterizedTest
    @CsvSource({
        "event-loop, aio, posix.Posix",
        "virtqueue, virtio, aio.AioContext",
        "block-backend, block.image, block.engine.IoEngine",
        "block-backend, virtioblk, virtio.Virtqueue",
        "launcher, launcher, uring.UringProbe",
        "event-loop, aio, aio.AioContext"})
    void importsDownwardsAreFine(String module, String from, String to) {
        assertEquals(List.of(), DependencyRules.packages(
                source(module, from, "import io.vblk." + to + ";")));
    }

    @Test
    void commentsAreNoUse() {
        assertEquals(List.of(), DependencyRules.packages(
                source("event-loop", "posix", "/** See io.vblk.aio.AioContext. */")));
    }

    @Test
    void findsUnknownAndMisplacedPackages() {
        assertEquals(1, DependencyRules.packages(source("event-loop", "fresh", "")).size());
        assertEquals(1, DependencyRules.packages(source("virtqueue", "aio", "")).size());
    }

    @Test
    void findsLibrariesWhereTheyDoNotBelong() {
        assertEquals(1, DependencyRules.libraries(
                source("event-loop", "aio", "import jnr.ffi.Pointer;")).size());
        assertEquals(1, DependencyRules.libraries(
                source("virtqueue", "virtio", "import org.agrona.UnsafeApi;")).size());
        assertEquals(1, DependencyRules.libraries(
                source("launcher", "bench", "import org.apache.commons.cli.Option;")).size());
        assertEquals(List.of(), DependencyRules.libraries(
                source("event-loop", "posix", "import jnr.ffi.Pointer;")));
    }

    @Test
    void findsModulesAgainstTheOrder() {
        String pom = """
                <dependencies>
                  <dependency>
                    <groupId>io.vblk</groupId>
                    <artifactId>%s</artifactId>
                  </dependency>
                </dependencies>
                """;

        List<Finding> findings =
                DependencyRules.modules("virtqueue", pom.formatted("block-backend"));
        assertEquals(List.of(2), findings.stream().map(Finding::line).toList());
        assertEquals(1, DependencyRules.modules("virtqueue", pom.formatted("virtqueue")).size());
        assertEquals(1, DependencyRules.modules("virtqueue", pom.formatted("new-one")).size());
        assertEquals(List.of(), DependencyRules.modules("virtqueue", pom.formatted("event-loop")));
    }

    @Test
    void findsModulesInAnotherOrder() {
        StringBuilder pom = new StringBuilder();
        SourceTree.MODULES.forEach(m -> pom.append("<module>").append(m).append("</module>\n"));
        assertEquals(List.of(), DependencyRules.moduleOrder(pom.toString()));

        pom.append("<module>util</module>");
        assertTrue(DependencyRules.moduleOrder(pom.toString()).get(0).message().contains("util"));
    }
}
