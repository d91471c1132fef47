// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads job files: sections in brackets, options below them, comments behind {@code ;} and
 * {@code #} as fio cuts them (anywhere in a line), and {@code include FILE}. Thread: one.
 */
final class JobFile {
    /** Longest file. */
    static final int BYTES_MAX = 1 << 20;
    /** Files that include each other, as in fio. */
    static final int NESTING_MAX = 16;
    /** Files in all: each of a few levels may include many. */
    static final int FILES_MAX = 256;
    /** Sections in all. */
    static final int SECTIONS_MAX = 512;
    /** Options in all. */
    static final int OPTIONS_MAX = 4096;
    /** Length of all values: variables may be longer than what stands for them. */
    static final int CHARACTERS_MAX = 1 << 22;
    /** The section whose options hold for all that follow. */
    static final String GLOBAL = "global";
    private static final String INCLUDE = "include";

    /**
     * One section.
     *
     * @param name what stands in the brackets
     * @param options what stands below them, included files too
     * @param where where it begins
     */
    record Section(String name, List<NameValue> options, String where) {
        boolean isGlobal() {
            return name.equals(GLOBAL);
        }
    }

    private final Substitution substitution;
    private final List<Section> sections = new ArrayList<>();
    private int files;
    private int options;
    private int characters;

    private JobFile(Substitution substitution) {
        this.substitution = substitution;
    }

    /** The sections of a file, in their order; what is wrong is said with file and line. */
    static List<Section> read(Path file, Substitution substitution) {
        JobFile result = new JobFile(substitution);
        result.file(file, null, 0);
        return result.sections;
    }

    /** The sections of what a stream has, which is named so in messages. */
    static List<Section> read(InputStream stream, String name, Substitution substitution) {
        JobFile result = new JobFile(substitution);
        byte[] bytes;
        try {
            bytes = stream.readNBytes(BYTES_MAX + 1);
        } catch (IOException e) {
            throw JobSyntaxException.at(name, "cannot be read: " + e.getMessage());
        }
        result.lines(decode(bytes, name), name, Path.of(""), 0);
        return result.sections;
    }

    private void file(Path file, String where, int depth) {
        if (++files > FILES_MAX) {
            throw JobSyntaxException.at(where, "more than " + FILES_MAX + " files are included");
        }
        byte[] bytes;
        try (InputStream stream = Files.newInputStream(file)) {
            bytes = stream.readNBytes(BYTES_MAX + 1);
        } catch (NoSuchFileException e) {
            throw JobSyntaxException.at(where, "there is no file " + file);
        } catch (AccessDeniedException e) {
            throw JobSyntaxException.at(where, "file " + file + " may not be read");
        } catch (IOException e) {
            throw JobSyntaxException.at(
                    where, "file " + file + " cannot be read: " + e.getMessage());
        }
        Path parent = file.getParent();
        lines(decode(bytes, file.toString()), file.toString(),
                parent == null ? Path.of("") : parent, depth);
    }

    private static String decode(byte[] bytes, String name) {
        if (bytes.length > BYTES_MAX) {
            throw JobSyntaxException.at(name, "a job file has at most " + BYTES_MAX + " bytes");
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw JobSyntaxException.at(name, "is not a text in UTF-8");
        }
    }

    private void lines(String text, String name, Path directory, int depth) {
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            line(line.strip(), name + ":" + number, directory, depth);
        }
    }

    private void line(String line, String where, Path directory, int depth) {
        if (line.indexOf('\0') >= 0) {
            throw JobSyntaxException.at(where, "is not a text");
        }
        if (line.startsWith("[")) {
            section(line, where, depth);
            return;
        }
        String text = withoutComment(line);
        if (text.isEmpty()) {
            return;
        }
        if (text.startsWith(INCLUDE + " ") || text.startsWith(INCLUDE + "\t")) {
            include(text.substring(INCLUDE.length()).strip(), where, directory, depth);
        } else {
            option(text, where);
        }
    }

    private static String withoutComment(String line) {
        int end = 0;
        while (end < line.length() && line.charAt(end) != ';' && line.charAt(end) != '#') {
            end++;
        }
        return line.substring(0, end).strip();
    }

    private void section(String line, String where, int depth) {
        if (depth > 0) {
            throw JobSyntaxException.at(where, "an included file has no sections");
        }
        int end = line.indexOf(']');
        if (end < 0) {
            throw JobSyntaxException.at(where, "a section is not closed: " + line);
        }
        String name = line.substring(1, end).strip();
        if (name.isEmpty() || !withoutComment(line.substring(end + 1)).isEmpty()) {
            throw JobSyntaxException.at(where, "is not a section such as [name]: " + line);
        }
        if (sections.size() == SECTIONS_MAX) {
            throw JobSyntaxException.at(where, "more than " + SECTIONS_MAX + " sections");
        }
        sections.add(new Section(name, new ArrayList<>(), where));
    }

    private void include(String text, String where, Path directory, int depth) {
        if (depth == NESTING_MAX) {
            throw JobSyntaxException.at(where, "more than " + NESTING_MAX
                    + " files within each other: does one include itself?");
        }
        file(path(directory, expand(text, where), where), where, depth + 1);
    }

    private static Path path(Path directory, String name, String where) {
        try {
            return directory.resolve(name);
        } catch (IllegalArgumentException e) {
            throw JobSyntaxException.at(where, "is no name of a file: " + name);
        }
    }

    private void option(String text, String where) {
        if (sections.isEmpty()) {
            throw JobSyntaxException.at(where, "an option outside of a section: begin with "
                    + "[name] or [global]");
        }
        if (++options > OPTIONS_MAX) {
            throw JobSyntaxException.at(where, "more than " + OPTIONS_MAX + " options");
        }
        int equals = text.indexOf('=');
        String name = (equals < 0 ? text : text.substring(0, equals)).strip();
        if (name.isEmpty()) {
            throw JobSyntaxException.at(where, "an option has no name: " + text);
        }
        String value = equals < 0 ? null : expand(text.substring(equals + 1).strip(), where);
        sections.get(sections.size() - 1).options().add(new NameValue(name, value, where));
    }

    private String expand(String text, String where) {
        try {
            String value = substitution.in(text).strip();
            characters += value.length();
            if (characters > CHARACTERS_MAX) {
                throw new JobSyntaxException("all values together are longer than "
                        + CHARACTERS_MAX + " characters");
            }
            return value;
        } catch (JobSyntaxException e) {
            throw JobSyntaxException.at(where, e.getMessage());
        }
    }
}
