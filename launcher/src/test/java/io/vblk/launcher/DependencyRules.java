// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which module and which package may use which: one way only. */
final class DependencyRules {
    private static final String ROOT = "io.vblk.";

    /** Every package, and what it may import of the others; as ARCHITECTURE.md draws it. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("posix", Set.of()),
            Map.entry("uring", Set.of("posix")),
            Map.entry("aio", Set.of("posix", "uring")),
            Map.entry("virtio", Set.of("aio", "posix")),
            Map.entry("vhostuser", Set.of("virtio", "aio", "posix")),
            Map.entry("block", Set.of()),
            Map.entry("block.engine", Set.of("block", "aio", "uring", "posix")),
            Map.entry("block.qcow2", Set.of("block")),
            Map.entry("block.remote", Set.of("block", "aio", "posix")),
            Map.entry("block.filter", Set.of("block", "aio")),
            Map.entry("block.image", Set.of("block", "block.engine", "block.qcow2",
                    "block.remote", "block.filter", "aio")),
            Map.entry("virtioblk", Set.of("block", "virtio", "aio")),
            Map.entry("chart", Set.of()),
            Map.entry("files", Set.of()),
            Map.entry("bench", Set.of("chart", "fio", "virtioblk", "vhostuser", "block.image",
                    "aio")),
            Map.entry("control", Set.of("virtioblk", "block.image", "bench", "aio", "posix")),
            Map.entry("fio", Set.of("block.image")),
            Map.entry("regress", Set.of("bench", "chart", "files", "fio")),
            Map.entry("launcher", Set.of("posix", "uring", "aio", "virtio", "vhostuser", "block",
                    "block.engine", "block.qcow2", "block.remote", "block.filter", "block.image",
                    "virtioblk", "chart", "files", "bench", "control", "regress", "fio")));

    /** What goes beyond the first draft, each with the reason; all of it points downwards. */
    private static final Map<String, Set<String>> BEYOND = Map.of(
            // Locks, ioctl and the system calls that look at a file before an engine has it.
            "block.image", Set.of("posix"),
            // What is verified is read in guest memory, and its sums lie outside of the heap.
            "block.filter", Set.of("posix"),
            // Headers, status bytes and ranges are read and written in guest memory.
            "virtioblk", Set.of("posix"),
            // Guest memory for the driver, its data, the operations that it asks for, and what
            // filters have counted.
            "bench", Set.of("virtio", "block", "block.filter", "posix"),
            "control", Set.of("block.filter"),
            // The processors that there are.
            "regress", Set.of("posix"));

    /** Where each package lies; no package is in two modules. */
    private static final Map<String, List<String>> PACKAGES = Map.of(
            "event-loop", List.of("posix", "uring", "aio"),
            "virtqueue", List.of("virtio", "vhostuser"),
            "block-backend", List.of("block", "block.engine", "block.qcow2", "block.remote",
                    "block.filter", "block.image", "virtioblk"),
            "launcher", List.of("chart", "files", "fio", "bench", "control", "regress",
                    "launcher"));

    /** Libraries by the beginning of their packages, and who may use them. */
    private static final Map<String, Set<String>> LIBRARIES = Map.of(
            "jnr.", Set.of("posix"),
            "org.agrona.", Set.of("posix"),
            "org.HdrHistogram.", Set.of("block.filter", "bench", "regress"),
            // Requests and replies of a running server.
            "com.fasterxml.", Set.of("bench", "control", "regress", "launcher"),
            "org.apache.commons.cli.", Set.of("launcher"));

    private static final Pattern OWN_USE = Pattern.compile("\\bio\\.vblk\\.([a-z0-9.]+)\\.[A-Z]");
    private static final Pattern IMPORT = Pattern.compile("^\\s*import\\s+(static\\s+)?([\\w.]+)");
    private static final Pattern DEPENDENCY = Pattern.compile(
            "<dependency>\\s*<groupId>io\\.vblk</groupId>\\s*<artifactId>([\\w-]+)</artifactId>");
    private static final Pattern MODULE = Pattern.compile("<module>([\\w-]+)</module>");

    private DependencyRules() {}

    static List<Finding> packages(JavaSource source) {
        List<Finding> findings = new ArrayList<>();
        String from = shortName(source.packageName());
        if (!MAY_USE.containsKey(from)) {
            findings.add(source.finding(1, "package " + source.packageName()
                    + " is not in the list of who may use whom: add it, and to ARCHITECTURE.md"));
            return findings;
        }
        if (!PACKAGES.getOrDefault(source.module(), List.of()).contains(from)) {
            findings.add(source.finding(1,
                    "package " + source.packageName() + " does not belong to this module"));
        }
        for (int i = 0; i < source.code().size(); i++) {
            Matcher use = OWN_USE.matcher(source.code().get(i));
            while (use.find()) {
                String to = use.group(1);
                if (!to.equals(from) && !mayUse(from, to)) {
                    findings.add(source.finding(i + 1, from + " may not use " + to
                            + ": dependencies go one way, see ARCHITECTURE.md"));
                }
            }
        }
        return findings;
    }

    private static String shortName(String packageName) {
        return packageName.startsWith(ROOT) ? packageName.substring(ROOT.length()) : packageName;
    }

    private static boolean mayUse(String from, String to) {
        return MAY_USE.get(from).contains(to)
                || BEYOND.getOrDefault(from, Set.of()).contains(to);
    }

    static List<Finding> libraries(JavaSource source) {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < source.code().size(); i++) {
            Matcher found = IMPORT.matcher(source.code().get(i));
            if (!found.find()) {
                continue;
            }
            String name = found.group(2);
            for (Map.Entry<String, Set<String>> library : LIBRARIES.entrySet()) {
                if (name.startsWith(library.getKey())
                        && !library.getValue().contains(shortName(source.packageName()))) {
                    findings.add(source.finding(i + 1, library.getKey() + " is for "
                            + new TreeSet<>(library.getValue()) + " only: use what they offer"));
                }
            }
        }
        return findings;
    }

    /** The modules that a module's pom names must come before it. */
    static List<Finding> modules(String module, String pom) {
        List<Finding> findings = new ArrayList<>();
        int rank = SourceTree.MODULES.indexOf(module);
        Matcher found = DEPENDENCY.matcher(pom);
        while (found.find()) {
            int other = SourceTree.MODULES.indexOf(found.group(1));
            if (other < 0 || other >= rank) {
                int line = pom.substring(0, found.start()).split("\n", -1).length;
                findings.add(new Finding(module + "/pom.xml", line, module + " may not use "
                        + found.group(1) + ": modules depend one way, "
                        + String.join(" before ", SourceTree.MODULES)));
            }
        }
        return findings;
    }

    /** The parent names the modules in the order of dependency. */
    static List<Finding> moduleOrder(String parentPom) {
        List<String> named = MODULE.matcher(parentPom).results()
                .map(result -> result.group(1)).toList();
        return named.equals(SourceTree.MODULES) ? List.of() : List.of(new Finding("pom.xml", 1,
                "modules are " + named + ", not " + SourceTree.MODULES));
    }

    /** Each package depends on those below it only: the lists themselves have no circle. */
    static Set<String> packagesInCircles() {
        Set<String> placed = new HashSet<>();
        boolean progress = true;
        while (progress) {
            progress = false;
            for (String name : MAY_USE.keySet()) {
                Set<String> uses = new HashSet<>(MAY_USE.get(name));
                uses.addAll(BEYOND.getOrDefault(name, Set.of()));
                progress |= placed.containsAll(uses) && placed.add(name);
            }
        }
        Set<String> left = new TreeSet<>(MAY_USE.keySet());
        left.removeAll(placed);
        return left;
    }
}
