// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What this process has open, to find descriptors that were left behind. */
final class OpenFiles {
    private OpenFiles() {}

    /** Targets of all descriptors that mention a text. */
    static List<String> mentioning(String text) {
        List<String> found = new ArrayList<>();
        File[] links = new File("/proc/self/fd").listFiles();
        for (File link : links == null ? new File[0] : links) {
            try {
                Path target = Files.readSymbolicLink(link.toPath());
                if (target.toString().contains(text)) {
                    found.add(target.toString());
                }
            } catch (IOException e) {
                // Closed meanwhile, such as the one that listed the directory.
                continue;
            }
        }
        return found;
    }
}
