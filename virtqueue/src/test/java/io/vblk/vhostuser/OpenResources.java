// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What this process has open of what front-ends send: descriptors by kind and mappings of memfds,
 * to compare before and after. Files that the JVM opens by itself are left out. Thread: any.
 */
public record OpenResources(Map<String, Integer> descriptors, Map<String, Integer> mappings) {
    private static final Pattern OURS = Pattern.compile("anon_inode:|/memfd:|socket:|/dev/null");

    /** Counts. */
    public static OpenResources now() {
        return new OpenResources(countDescriptors(), countMappings());
    }

    private static Map<String, Integer> countDescriptors() {
        Map<String, Integer> counts = new TreeMap<>();
        try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
            for (Path link : links.toList()) {
                String kind = kind(link);
                if (!kind.isEmpty()) {
                    counts.merge(kind, 1, Integer::sum);
                }
            }
            return counts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String kind(Path link) {
        try {
            String target = Files.readSymbolicLink(link).toString();
            return OURS.matcher(target).lookingAt()
                    ? target.replaceAll(":\\[\\d+\\]", "") : "";
        } catch (IOException e) {
            // The descriptor of the listing itself, which is closed by now.
            return "";
        }
    }

    private static Map<String, Integer> countMappings() {
        Map<String, Integer> counts = new TreeMap<>();
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/self/maps"));
            for (String line : lines) {
                int at = line.indexOf("/memfd:");
                if (at >= 0) {
                    counts.merge(line.substring(at), 1, Integer::sum);
                }
            }
            return counts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
