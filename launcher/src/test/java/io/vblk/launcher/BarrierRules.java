// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Every memory barrier has a label, and the other end names the same one:
 *
 * <pre>
 *   // A: pairs with SplitDriverQueue.publish
 * </pre>
 *
 * Where the other end is the kernel's, in the package of its rings alone, the label says so.
 */
final class BarrierRules {
    private static final int LINES_ABOVE = 3;
    /** The class that defines the barriers. */
    private static final String DEFINES = "NativeMemory";

    private static final Pattern LABEL =
            Pattern.compile("//\\s*([A-Z]\\w*): pairs with (\\w+)\\.(\\w+)");
    /** The other end is the kernel's, where a ring is shared with it. */
    private static final Pattern KERNEL_LABEL =
            Pattern.compile("//\\s*[A-Z]\\w*: pairs with the kernel");
    private static final String SHARED_WITH_KERNEL = "io.vblk.uring";
    private static final Pattern BARRIER =
            Pattern.compile("\\w*(?:[fF]ence|Acquire|Release)\\s*\\(");

    /** A label, and the method that it stands in; a null method stands for none. */
    private record Label(
            JavaSource source, JavaMembers.Method method, int line, String name, String otherType,
            String otherMethod) {
    }

    private BarrierRules() {}

    /** Labels that lead nowhere. */
    static List<Finding> pairs(List<JavaSource> mainSources) {
        List<Label> labels = new ArrayList<>();
        mainSources.forEach(source -> addLabels(source, labels));
        List<Finding> findings = new ArrayList<>();
        for (Label label : labels) {
            String problem = problem(label, labels, mainSources);
            if (problem != null) {
                findings.add(label.source.finding(label.line, problem));
            }
        }
        return findings;
    }

    private static void addLabels(JavaSource source, List<Label> labels) {
        for (int i = 0; i < source.comments().size(); i++) {
            Matcher found = LABEL.matcher(source.comments().get(i));
            if (found.find()) {
                labels.add(new Label(source, methodAt(source, i + 1), i + 1, found.group(1),
                        found.group(2), found.group(3)));
            }
        }
    }

    /** The innermost method around a line, null if there is none. */
    private static JavaMembers.Method methodAt(JavaSource source, int line) {
        return source.methods().stream()
                .filter(method -> method.firstLine() <= line && line <= method.lastLine())
                .min((a, b) -> Integer.compare(a.lines(), b.lines()))
                .orElse(null);
    }

    /** What is wrong with a label, null if nothing is. */
    private static String problem(Label label, List<Label> labels, List<JavaSource> sources) {
        String other = label.otherType + "." + label.otherMethod;
        if (label.method == null) {
            return "label " + label.name + " stands in no method";
        }
        List<JavaMembers.Method> methods = sources.stream()
                .filter(source -> source.packageName().equals(label.source.packageName()))
                .flatMap(source -> source.methods().stream())
                .filter(method -> method.type().equals(label.otherType))
                .toList();
        if (methods.isEmpty()) {
            return "label " + label.name + ": there is no class " + label.otherType
                    + " in this package";
        }
        if (methods.stream().noneMatch(method -> method.name().equals(label.otherMethod))) {
            return "label " + label.name + ": there is no method " + other;
        }
        boolean answered = labels.stream().anyMatch(end -> isOtherEnd(label, end));
        return answered ? null : "label " + label.name + ": " + other + " has no label "
                + label.name + " that names " + label.method.type() + "." + label.method.name();
    }

    private static boolean isOtherEnd(Label label, Label end) {
        return end.method != null
                && end.name.equals(label.name)
                && end.source.packageName().equals(label.source.packageName())
                && end.method.type().equals(label.otherType)
                && end.method.name().equals(label.otherMethod)
                && end.otherType.equals(label.method.type())
                && end.otherMethod.equals(label.method.name());
    }

    /** Barriers without a label. */
    static List<Finding> labels(JavaSource source) {
        List<Finding> findings = new ArrayList<>();
        if (source.className().equals(DEFINES)) {
            return findings;
        }
        for (int i = 0; i < source.code().size(); i++) {
            Matcher found = BARRIER.matcher(source.code().get(i));
            if (!found.find()) {
                continue;
            }
            List<String> near = source.comments().subList(Math.max(0, i - LINES_ABOVE), i + 1);
            if (near.stream().noneMatch(comment -> isLabel(source, comment))) {
                findings.add(source.finding(i + 1, found.group() + ") without a label: write"
                        + " \"// X: pairs with Class.method\" up to " + LINES_ABOVE
                        + " lines above"));
            }
        }
        return findings;
    }

    private static boolean isLabel(JavaSource source, String comment) {
        return LABEL.matcher(comment).find()
                || source.packageName().equals(SHARED_WITH_KERNEL)
                        && KERNEL_LABEL.matcher(comment).find();
    }
}
