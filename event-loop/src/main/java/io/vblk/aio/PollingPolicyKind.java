// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.util.Locale;

/** How the polling time tunes itself. */
public enum PollingPolicyKind {
    /** One time for the loop, grown and shrunk by the last wait (QEMU since 2.9). */
    CLASSIC,
    /** A weighted average per handler, the longest of the active ones for the loop (QEMU 11.1). */
    WEIGHTED;

    /** The kind of a name as operators write it. */
    public static PollingPolicyKind of(String name) {
        for (PollingPolicyKind kind : values()) {
            if (kind.toString().equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "poll-policy=" + name + " is none of classic, weighted");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
