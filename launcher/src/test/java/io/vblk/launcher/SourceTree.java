// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The checkout that the launcher module lies in: its sources, scripts and documents. */
final class SourceTree {
    /** In the order of dependency: each may use those before it. */
    static final List<String> MODULES =
            List.of("event-loop", "virtqueue", "block-backend", "launcher");

    private static final Set<String> SKIPPED = Set.of("target", ".git", ".idea", ".vscode",
            ".settings");
    private static final Set<String> TEXT_ENDS = Set.of("java", "md", "sh", "xml", "txt",
            "properties", "gitignore", "gitattributes");
    private static final Set<String> TEXT_NAMES = Set.of("MANIFEST", "LICENSE");

    /**
     * A text file.
     *
     * @param path from the root of the checkout
     */
    record TextFile(String path, String text) {
        boolean isJava() {
            return path.endsWith(".java");
        }

        boolean isDocument() {
            return path.endsWith(".md");
        }

        boolean isScript() {
            return path.endsWith(".sh") || text.startsWith("#!");
        }

        Finding finding(int line, String message) {
            return new Finding(path, line, message);
        }
    }

    private final Path root;
    private final List<TextFile> texts = new ArrayList<>();
    private final List<JavaSource> sources = new ArrayList<>();

    private SourceTree(Path root) throws IOException {
        this.root = root;
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes facts) {
                return SKIPPED.contains(directory.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes facts)
                    throws IOException {
                if (facts.isRegularFile() && isText(file)) {
                    add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        texts.sort((a, b) -> a.path.compareTo(b.path));
        texts.stream().filter(TextFile::isJava)
                .forEach(file -> sources.add(new JavaSource(file.path, file.text)));
    }

    /** Reads the checkout; the tests of the launcher run in its directory. */
    static SourceTree read() throws IOException {
        return new SourceTree(root());
    }

    /** Root of the checkout. */
    static Path root() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath().normalize()
                .getParent();
    }

    private static boolean isText(Path file) throws IOException {
        String name = file.getFileName().toString();
        return TEXT_ENDS.contains(name.substring(name.lastIndexOf('.') + 1))
                || TEXT_NAMES.contains(name) || startsAsScript(file);
    }

    private static boolean startsAsScript(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.read() == '#' && in.read() == '!';
        }
    }

    private void add(Path file) throws IOException {
        String path = root.relativize(file).toString();
        texts.add(new TextFile(path, Files.readString(file, StandardCharsets.UTF_8)));
    }

    /** All text files, sorted by path. */
    List<TextFile> texts() {
        return texts;
    }

    List<JavaSource> sources() {
        return sources;
    }

    List<JavaSource> mainSources() {
        return sources.stream().filter(JavaSource::isMain).toList();
    }

    /** Text of a file that must be there. */
    String text(String path) throws IOException {
        return Files.readString(root.resolve(path));
    }

    boolean exists(String path) {
        return Files.exists(root.resolve(path).normalize());
    }

    /** Names without ".md" of the pages in a directory, sorted. */
    List<String> pages(String directory) {
        return texts.stream().filter(TextFile::isDocument).map(TextFile::path)
                .filter(path -> path.startsWith(directory + "/"))
                .map(path -> path.substring(directory.length() + 1, path.length() - 3))
                .toList();
    }
}
