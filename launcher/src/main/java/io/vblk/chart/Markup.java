// SPDX-License-Identifier: Apache-2.0
package io.vblk.chart;

/** Text that stands in markup as itself, whatever is in it. Thread: any. */
final class Markup {
    private static final char REPLACEMENT = '\uFFFD';

    private Markup() {}

    /**
     * Escapes text for content and for quoted attributes, in HTML as in XML. What XML 1.0 (2.2)
     * has no place for becomes U+FFFD, and so do controls that turn the direction of writing: a
     * file name must not rearrange what stands around it.
     */
    static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> {
                    if (Character.isHighSurrogate(c) && i + 1 < text.length()
                            && Character.isLowSurrogate(text.charAt(i + 1))) {
                        out.append(c).append(text.charAt(++i));
                    } else {
                        out.append(isPlain(c) ? c : REPLACEMENT);
                    }
                }
            }
        }
        return out.toString();
    }

    private static boolean isPlain(char c) {
        boolean turnsDirection = c >= '\u202A' && c <= '\u202E' || c >= '\u2066' && c <= '\u2069';
        boolean isControl = c < ' ' && c != '\n' && c != '\t' || c >= '\u007F' && c <= '\u009F';
        return !turnsDirection && !isControl && !Character.isSurrogate(c) && c < '\uFFFE';
    }
}
