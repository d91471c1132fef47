// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds types and methods of a source by counting braces; it reads code without comments. */
final class JavaMembers {
    /**
     * A class, interface, record or enum with a name.
     *
     * @param name with the names of the types around it, such as Outer.Inner
     * @param exported whether it and all types around it are public
     */
    record Type(String name, boolean exported, int line) {}

    /**
     * A method, constructor or initializer with a body.
     *
     * @param type simple name of the type that it belongs to, empty for an anonymous one
     */
    record Method(String type, String name, int firstLine, int lastLine) {
        int lines() {
            return lastLine - firstLine + 1;
        }
    }

    private enum Kind { TYPE, METHOD, OTHER }

    private record Block(Kind kind, String name, boolean exported, String header, int line) {}

    private static final Pattern TYPE = Pattern.compile(
            "(?<![\\w.])(class|@?interface|enum|record)\\s+(\\w+)\\s*(?=[<({]|extends|implements"
            + "|permits|$)");
    private static final Pattern ANONYMOUS = Pattern.compile(
            "\\bnew\\s+[\\w.]+\\s*(<[^{]*>)?\\s*\\([^{]*\\)\\s*$", Pattern.DOTALL);
    private static final Pattern CONSTANT = Pattern.compile(
            "[\\s,]*\\w+\\s*(\\(.*\\))?\\s*", Pattern.DOTALL);
    private static final Pattern ANNOTATION =
            Pattern.compile("@(?!interface)[\\w.]+(\\s*\\([^()]*\\))?");
    private static final Pattern NAME_BEFORE_BRACKET = Pattern.compile("(\\w+)\\s*\\(");

    private final List<Type> types = new ArrayList<>();
    private final List<Method> methods = new ArrayList<>();
    private final Deque<Block> open = new ArrayDeque<>();
    private final String code;

    private JavaMembers(String code) {
        this.code = code;
        int headerFrom = 0;
        int brackets = 0;
        boolean inConstants = false;
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            brackets += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == '{') {
                Block block = block(headerFrom, i, brackets > 0, inConstants);
                open.push(block);
                inConstants = block.kind == Kind.TYPE && block.header.contains("enum ");
            } else if (c == '}') {
                close(i);
            } else if (c != ';' || brackets > 0) {
                continue;
            } else if (!open.isEmpty() && open.peek().kind == Kind.TYPE) {
                inConstants = false;
            }
            headerFrom = i + 1;
        }
        methods.sort(Comparator.comparingInt(Method::firstLine));
    }

    static JavaMembers of(String code) {
        return new JavaMembers(code);
    }

    List<Type> types() {
        return types;
    }

    List<Method> methods() {
        return methods;
    }

    private Block block(int from, int to, boolean inBrackets, boolean inConstants) {
        String header = ANNOTATION.matcher(code.substring(from, to)).replaceAll(
                match -> " ".repeat(match.group().length()));
        Block outer = open.peek();
        Matcher type = TYPE.matcher(header);
        if (!inBrackets && type.find()) {
            return type(from, header, type, outer);
        }
        boolean anonymous = ANONYMOUS.matcher(header).find()
                || inConstants && CONSTANT.matcher(header).matches();
        if (anonymous) {
            return new Block(Kind.TYPE, "", false, "", lineAt(to));
        }
        if (outer == null || outer.kind != Kind.TYPE || inBrackets || header.contains("=")) {
            return new Block(Kind.OTHER, "", false, "", lineAt(to));
        }
        Matcher name = NAME_BEFORE_BRACKET.matcher(header);
        if (name.find()) {
            return new Block(
                    Kind.METHOD, name.group(1), false, "", lineAt(from + name.start(1)));
        }
        String[] words = header.trim().split("\\s+");
        return new Block(Kind.METHOD, words[words.length - 1], false, "", lineAt(to));
    }

    private Block type(int from, String header, Matcher found, Block outer) {
        boolean inType = outer != null && outer.kind == Kind.TYPE && !outer.name.isEmpty();
        String name = inType ? outer.name + "." + found.group(2) : found.group(2);
        boolean isPublic = header.substring(0, found.start()).matches("(?s).*\\bpublic\\s.*");
        boolean implied = inType && outer.header.contains("interface ");
        boolean exported = (isPublic || implied) && (outer == null || outer.exported);
        int line = lineAt(from + found.start());
        types.add(new Type(name, exported, line));
        return new Block(Kind.TYPE, name, exported, found.group(1) + " ", line);
    }

    private void close(int at) {
        if (open.isEmpty()) {
            throw new IllegalArgumentException("line " + lineAt(at) + ": one brace too many");
        }
        Block block = open.pop();
        if (block.kind == Kind.METHOD) {
            String type = open.isEmpty() ? "" : open.peek().name;
            methods.add(new Method(type.substring(type.lastIndexOf('.') + 1), block.name,
                    block.line, lineAt(at)));
        }
    }

    private int lineAt(int offset) {
        int line = 1;
        for (int i = 0; i < offset; i++) {
            line += code.charAt(i) == '\n' ? 1 : 0;
        }
        return line;
    }
}
