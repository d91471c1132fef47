// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

/**
 * Tells code from comments: two copies of a source in which all other characters are blanks, so
 * that lines and columns stay the same. In the code, what stands between quotes is blank as well.
 */
final class JavaMask {
    private enum State {
        CODE, LINE_COMMENT, BLOCK_COMMENT, STRING, TEXT_BLOCK, CHARACTER
    }

    private static final String TEXT_BLOCK_QUOTES = "\"\"\"";

    private final String text;
    private final StringBuilder code = new StringBuilder();
    private final StringBuilder comments = new StringBuilder();
    private State state = State.CODE;
    private int at;

    private JavaMask(String text) {
        this.text = text;
    }

    static JavaMask of(String text) {
        JavaMask mask = new JavaMask(text);
        while (mask.at < text.length()) {
            mask.step();
        }
        return mask;
    }

    String code() {
        return code.toString();
    }

    String comments() {
        return comments.toString();
    }

    private void step() {
        switch (state) {
            case CODE -> inCode();
            case LINE_COMMENT -> {
                if (text.charAt(at) == '\n') {
                    state = State.CODE;
                }
                comment(1);
            }
            case BLOCK_COMMENT -> {
                boolean end = text.startsWith("*/", at);
                comment(end ? 2 : 1);
                state = end ? State.CODE : state;
            }
            case STRING -> inQuotes("\"");
            case TEXT_BLOCK -> inQuotes(TEXT_BLOCK_QUOTES);
            case CHARACTER -> inQuotes("'");
            default -> throw new IllegalStateException();
        }
    }

    private void inCode() {
        if (text.startsWith("//", at)) {
            state = State.LINE_COMMENT;
            comment(2);
        } else if (text.startsWith("/*", at)) {
            state = State.BLOCK_COMMENT;
            comment(2);
        } else if (text.startsWith(TEXT_BLOCK_QUOTES, at)) {
            state = State.TEXT_BLOCK;
            keep(TEXT_BLOCK_QUOTES.length());
        } else {
            char c = text.charAt(at);
            state = c == '"' ? State.STRING : c == '\'' ? State.CHARACTER : State.CODE;
            keep(1);
        }
    }

    private void inQuotes(String quotes) {
        if (text.startsWith(quotes, at)) {
            keep(quotes.length());
            state = State.CODE;
        } else {
            hide(text.charAt(at) == '\\' && at + 1 < text.length() ? 2 : 1);
        }
    }

    private void keep(int count) {
        take(count, code, comments);
    }

    private void comment(int count) {
        take(count, comments, code);
    }

    private void take(int count, StringBuilder shown, StringBuilder hidden) {
        for (int i = 0; i < count; i++) {
            char c = text.charAt(at++);
            shown.append(c);
            hidden.append(blank(c));
        }
    }

    private void hide(int count) {
        for (int i = 0; i < count; i++) {
            char c = text.charAt(at++);
            code.append(blank(c));
            comments.append(blank(c));
        }
    }

    private static char blank(char c) {
        return c == '\n' ? c : ' ';
    }
}
