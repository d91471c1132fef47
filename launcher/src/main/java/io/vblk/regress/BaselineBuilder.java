// SPDX-License-Identifier: Apache-2.0
package io.vblk.regress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Builds a revision in a worktree of its own that is gone afterwards, and keeps the jar by its
 * commit. Thread: control.
 */
public final class BaselineBuilder {
    private static final String JAR_END = ".jar";
    private static final String BUILT = "launcher/target/vblk.jar";
    private static final long BUILD_MINUTES = 30;
    private static final long GIT_SECONDS = 60;
    private static final int SHOWN_MAX = 300;

    private final Path checkout;
    private final Path cache;
    private final StopSwitch stop;
    private final Watcher watcher;
    private final String maven;

    /**
     * A builder with the Maven on PATH.
     *
     * @param checkout any directory of the repository
     * @param cache where jars are kept; made if it is not there
     */
    public BaselineBuilder(Path checkout, Path cache, StopSwitch stop, Watcher watcher) {
        this(checkout, cache, stop, watcher, "mvn");
    }

    /** The same with another program for Maven. */
    BaselineBuilder(Path checkout, Path cache, StopSwitch stop, Watcher watcher, String maven) {
        this.checkout = checkout.toAbsolutePath();
        this.cache = cache.toAbsolutePath();
        this.stop = stop;
        this.watcher = watcher;
        this.maven = maven;
    }

    /** Where jars are kept if nobody says otherwise (XDG base directories). */
    public static Path cacheOfUser() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("vblk").resolve("regress");
    }

    /**
     * A jar by its path, or a revision of git.
     *
     * @throws IOException if there is no such, or it cannot be built, in words for an operator
     */
    public Build of(String name) throws IOException {
        if (name.endsWith(JAR_END)) {
            Path jar = Path.of(name);
            if (!Files.isReadable(jar)) {
                throw new IOException("baseline " + name + ": no such file");
            }
            return Build.ofJar(name, null, jar.toString());
        }
        String commit = commit(name);
        Path jar = cache.resolve(commit + JAR_END);
        if (!Files.exists(jar)) {
            build(name, commit, jar);
        }
        return Build.ofJar(name, commit, jar.toString());
    }

    /**
     * A build of the checkout, with the commit that is checked out.
     *
     * @param build what was built there
     */
    public Build withHead(Build build) throws IOException {
        try {
            Run place = git("rev-parse", "--show-prefix");
            if (place.code != 0 || !BUILT.startsWith(place.output.strip())
                    || place.output.isBlank()) {
                return build;
            }
            Run head = git("rev-parse", "HEAD");
            Run changes = git("status", "--porcelain", "--untracked-files=no");
            boolean changed = changes.code != 0 || !changes.output.isBlank();
            return new Build(build.name() + (changed ? " with changes" : ""),
                    head.output.strip(), build.program());
        } catch (StopSwitch.StoppedException e) {
            throw e;
        } catch (IOException e) {
            // Without git it is a build all the same.
            return build;
        }
    }

    private Run git(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(words));
        return run(checkout, GIT_SECONDS, TimeUnit.SECONDS, command);
    }

    private String commit(String name) throws IOException {
        if (name.startsWith("-")) {
            throw new IOException("baseline " + name + " is no revision");
        }
        Run inside = git("rev-parse", "--is-inside-work-tree");
        if (inside.code != 0) {
            throw new IOException("baseline " + name + ": this is no checkout of vblk, so only a"
                    + " path that ends in .jar can be a baseline");
        }
        Run found = git("rev-parse", "--verify", "--quiet", name + "^{commit}");
        if (found.code != 0) {
            throw new IOException("baseline " + name
                    + " is neither a revision of this repository nor a path that ends in .jar");
        }
        return found.output.strip();
    }

    private void build(String name, String commit, Path jar) throws IOException {
        try {
            Files.createDirectories(cache);
        } catch (IOException e) {
            throw new IOException("cache=" + cache + " is no directory and cannot be made one", e);
        }
        Path tree = Files.createTempDirectory("vblk-baseline").resolve("tree");
        watcher.hear("baseline", "building " + name, 0);
        try {
            check("git", git("worktree", "add", "--detach", "--quiet", tree.toString(), commit),
                    name);
            // Tests are compiled, not run: the modules lend each other their test fixtures.
            check("mvn", run(tree, BUILD_MINUTES, TimeUnit.MINUTES,
                    List.of(maven, "-B", "-q", "-ntp", "-DskipTests", "package")), name);
            if (!Files.exists(tree.resolve(BUILT))) {
                throw new IOException("baseline " + name + ": its build makes no " + BUILT);
            }
            Path part = Files.createTempFile(cache, commit, ".part");
            try {
                Files.copy(tree.resolve(BUILT), part, StandardCopyOption.REPLACE_EXISTING);
                Files.move(part, jar, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } finally {
            remove(tree);
        }
    }

    private void check(String program, Run run, String name) throws IOException {
        if (run.code != 0) {
            stop.checkSoon();
            String last = run.output.strip().lines()
                    .filter(line -> !line.contains("[Help ") && !line.contains("Re-run Maven")
                            && !line.contains("To see the full") && !line.contains("For more info")
                            && !line.matches("(\\[ERROR\\])?\\s*"))
                    .reduce((first, second) -> second).orElse("exit code " + run.code);
            throw new IOException("baseline " + name + " cannot be built: " + program + ": "
                    + (last.length() <= SHOWN_MAX ? last : last.substring(0, SHOWN_MAX)));
        }
    }

    /** Also after a stop: a worktree that nobody has asked for is in the way of git. */
    private void remove(Path tree) throws IOException {
        Path parent = tree.getParent();
        if (Files.exists(tree)) {
            start(checkout, List.of("git", "worktree", "remove", "--force", tree.toString()),
                    parent.resolve("output"), false, GIT_SECONDS, TimeUnit.SECONDS);
        }
        try (Stream<Path> left = Files.walk(parent)) {
            for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
        start(checkout, List.of("git", "worktree", "prune"), null, false, GIT_SECONDS,
                TimeUnit.SECONDS);
    }

    private record Run(int code, String output) {}

    private Run run(Path directory, long time, TimeUnit unit, List<String> command)
            throws IOException {
        stop.check();
        Path output = Files.createTempFile("vblk", ".out");
        try {
            int code = start(directory, command, output, true, time, unit);
            return new Run(code, Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private int start(Path directory, List<String> command, Path output, boolean stoppable,
            long time, TimeUnit unit) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command))
                .directory(directory.toFile()).redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(output == null
                        ? ProcessBuilder.Redirect.DISCARD
                        : ProcessBuilder.Redirect.to(output.toFile()));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException(command.get(0) + " is needed to build a baseline, and is not on"
                    + " PATH", e);
        }
        if (stoppable) {
            stop.add(process);
        }
        try {
            if (!process.waitFor(time, unit)) {
                throw new IOException(String.join(" ", command) + ": no end within " + time + " "
                        + unit.toString().toLowerCase(Locale.ROOT));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            stop.remove(process);
        }
    }
}
