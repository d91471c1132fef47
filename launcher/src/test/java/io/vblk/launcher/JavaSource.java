// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One Java file of the checkout, or a text that a test takes for one. */
final class JavaSource {
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package\\s+([\\w.]+)\\s*;");

    private final String path;
    private final List<String> lines;
    private final List<String> code;
    private final List<String> comments;
    private final String packageName;
    private final JavaMembers members;

    JavaSource(String path, String text) {
        this.path = path;
        this.lines = text.lines().toList();
        JavaMask mask = JavaMask.of(text);
        this.code = mask.code().lines().toList();
        this.comments = mask.comments().lines().toList();
        Matcher found = PACKAGE.matcher(mask.code());
        this.packageName = found.find() ? found.group(1) : "";
        this.members = JavaMembers.of(mask.code());
    }

    /** Path from the root of the checkout. */
    String path() {
        return path;
    }

    /** Whether it is part of the product, not of the tests. */
    boolean isMain() {
        return path.contains("/src/main/");
    }

    String module() {
        return path.substring(0, path.indexOf('/'));
    }

    String packageName() {
        return packageName;
    }

    /** Name of the type that the file is named after. */
    String className() {
        return path.substring(path.lastIndexOf('/') + 1, path.length() - ".java".length());
    }

    List<String> lines() {
        return lines;
    }

    /** The lines without comments and without what stands between quotes. */
    List<String> code() {
        return code;
    }

    /** The lines with nothing but comments. */
    List<String> comments() {
        return comments;
    }

    List<JavaMembers.Method> methods() {
        return members.methods();
    }

    List<JavaMembers.Type> types() {
        return members.types();
    }

    Finding finding(int line, String message) {
        return new Finding(path, line, message);
    }
}
