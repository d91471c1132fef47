// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

/** The engines by the names that {@code --aio=} takes. */
public enum IoEngineKind {
    /** io_uring where the host allows it, else threads. */
    AUTO("auto"),
    /** Batches to the kernel, results in memory. */
    IO_URING("io_uring"),
    /** Blocking calls in the event loop itself. */
    SYNC("sync"),
    /** Blocking calls on worker threads. */
    THREADS("threads");

    private final String label;

    IoEngineKind(String label) {
        this.label = label;
    }

    /** The engine of that name; IllegalArgumentException with one line if there is none. */
    public static IoEngineKind of(String name) {
        for (IoEngineKind kind : values()) {
            if (kind.label.equals(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "unknown I/O engine '" + name + "': use auto, io_uring, threads or sync");
    }

    /** The name. */
    @Override
    public String toString() {
        return label;
    }
}
