// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Revisions of a small repository, built by a script in place of Maven. */
final class BaselineBuilderTest {
    @TempDir
    private Path directory;
    private Path checkout;
    private Path cache;

    @BeforeEach
    void makeRepository() throws Exception {
        checkout = Files.createDirectory(directory.resolve("checkout"));
        cache = directory.resolve("cache");
        Assumptions.assumeTrue(
                new ProcessBuilder("git", "--version").start().waitFor() == 0, "no git");
        git("init", "-q");
        Files.writeString(checkout.resolve("what"), "first");
        git("add", "what");
        git("commit", "-q", "-m", "first");
        Files.writeString(checkout.resolve("what"), "second");
        git("commit", "-q", "-a", "-m", "second");
    }

    private String git(String... words) throws Exception {
        List<String> command = Stream.concat(
                Stream.of("git", "-c", "user.name=t", "-c", "user.email=t@t"),
                Stream.of(words)).toList();
        Process process = new ProcessBuilder(command).directory(checkout.toFile())
                .redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output.strip();
    }

    private BaselineBuilder builder(String script, StopSwitch stop) throws IOException {
        Path maven = directory.resolve("mvn");
        Files.writeString(maven, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new BaselineBuilder(checkout, cache, stop, Watcher.NONE, maven.toString());
    }

    private void assertNothingLeft() throws Exception {
        assertEquals(1, git("worktree", "list").lines().count());
        if (Files.exists(cache)) {
            try (Stream<Path> files = Files.list(cache)) {
                assertEquals(0, files.filter(file -> !file.toString().endsWith(".jar")).count());
            }
        }
    }

    @Test
    void buildsARevisionOnceAndLeavesNoWorktree() throws Exception {
        BaselineBuilder builder = builder(
                "mkdir -p launcher/target && cp what launcher/target/vblk.jar", new StopSwitch());
        Build build = builder.of("HEAD~1");

        assertEquals(git("rev-parse", "HEAD~1"), build.commit());
        assertEquals("first", Files.readString(Path.of(build.program().get(1))));
        assertNothingLeft();
        assertEquals(build, builder("exit 1", new StopSwitch()).of("HEAD~1"), "from the cache");
    }

    @Test
    void aBuildThatFailsIsSaidInOneLine() throws Exception {
        String said = assertThrows(IOException.class, () -> builder(
                "echo '[ERROR] no such symbol'; echo '[ERROR] '; exit 1", new StopSwitch())
                .of("HEAD")).getMessage();

        assertTrue(said.startsWith("baseline HEAD cannot be built"), said);
        assertTrue(said.endsWith("[ERROR] no such symbol"), said);
        assertNothingLeft();
        assertTrue(assertThrows(IOException.class, () -> builder("exit 0", new StopSwitch())
                .of("HEAD")).getMessage().contains("makes no launcher/target/vblk.jar"));
        assertNothingLeft();
    }

    @Test
    void aStopEndsTheBuildAndRemovesTheWorktree() throws Exception {
        StopSwitch stop = new StopSwitch();
        Path mark = directory.resolve("mark");
        Thread stopper = new Thread(() -> {
            while (!Files.exists(mark)) {
                Thread.onSpinWait();
            }
            stop.request();
        });
        stopper.start();
        assertThrows(StopSwitch.StoppedException.class,
                () -> builder("touch " + mark + "; sleep 600", stop).of("HEAD"));
        stopper.join();
        assertNothingLeft();
    }

    @Test
    void whatIsNeitherRevisionNorJarIsSaid() throws Exception {
        BaselineBuilder builder = builder("exit 1", new StopSwitch());

        assertTrue(assertThrows(IOException.class, () -> builder.of("nowhere")).getMessage()
                .startsWith("baseline nowhere is neither a revision"));
        assertTrue(assertThrows(IOException.class, () -> builder.of("no.jar")).getMessage()
                .startsWith("baseline no.jar: no such file"));
        assertThrows(IOException.class, () -> builder.of("--all"));
        BaselineBuilder outside = new BaselineBuilder(
                Files.createDirectory(directory.resolve("outside")), cache, new StopSwitch(),
                Watcher.NONE, "mvn");
        assertTrue(assertThrows(IOException.class, () -> outside.of("HEAD")).getMessage()
                .contains("no checkout"));
    }

    @Test
    void aBuildKnowsTheCommitOfItsCheckout() throws Exception {
        Path target = Files.createDirectories(checkout.resolve("launcher/target"));
        BaselineBuilder there = new BaselineBuilder(
                target, cache, new StopSwitch(), Watcher.NONE, "mvn");
        Build jar = Build.ofJar("this build", null, "vblk.jar");

        assertEquals(git("rev-parse", "HEAD"), there.withHead(jar).commit());
        assertEquals("this build", there.withHead(jar).name());
        Files.writeString(checkout.resolve("what"), "third");
        assertEquals("this build with changes", there.withHead(jar).name());
        assertNull(new BaselineBuilder(directory, cache, new StopSwitch(), Watcher.NONE, "mvn")
                .withHead(jar).commit());
    }
}
