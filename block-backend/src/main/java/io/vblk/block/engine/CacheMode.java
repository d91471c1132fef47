// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

/**
 * What stands between a disk and its storage, by the names that {@code --cache=} takes; they mean
 * what they mean to QEMU. Thread: any.
 *
 * <pre>
 *   mode           page cache   flush        writes are stable at completion, at first
 *   writeback      yes          fdatasync    no
 *   none           no           fdatasync    no
 *   writethrough   yes          fdatasync    yes
 *   directsync     no           fdatasync    yes
 *   unsafe         yes          nothing      no
 * </pre>
 *
 * <p>Whether writes are stable at completion is for the guest to switch where it can; a mode says
 * how a disk begins.
 */
public enum CacheMode {
    WRITEBACK("writeback", true, true, true),
    NONE("none", false, true, true),
    WRITETHROUGH("writethrough", true, true, false),
    DIRECTSYNC("directsync", false, true, false),
    UNSAFE("unsafe", true, false, true),
    /** What QEMU has no name for; only two switches of qemu-storage-daemon together say it. */
    DIRECT_UNSAFE("cache.direct=on,cache.no-flush=on", false, false, true);

    private final String label;
    private final boolean usesPageCache;
    private final boolean flushes;
    private final boolean writeCache;

    CacheMode(String label, boolean usesPageCache, boolean flushes, boolean writeCache) {
        this.label = label;
        this.usesPageCache = usesPageCache;
        this.flushes = flushes;
        this.writeCache = writeCache;
    }

    /** The mode of that name; IllegalArgumentException with one line if there is none. */
    public static CacheMode of(String name) {
        for (CacheMode mode : values()) {
            if (mode != DIRECT_UNSAFE && mode.label.equals(name)) {
                return mode;
            }
        }
        throw new IllegalArgumentException("unknown cache mode '" + name
                + "': use writeback, none, writethrough, directsync or unsafe");
    }

    /** The mode that begins with a write cache and has these two properties. */
    public static CacheMode of(boolean direct, boolean noFlush) {
        if (direct) {
            return noFlush ? DIRECT_UNSAFE : NONE;
        }
        return noFlush ? UNSAFE : WRITEBACK;
    }

    /** Whether data go through the page cache, not past it (O_DIRECT of open(2)). */
    public boolean usesPageCache() {
        return usesPageCache;
    }

    /** Whether a flush, and a write that has to be stable, reaches the storage. */
    public boolean flushes() {
        return flushes;
    }

    /** Whether guests find the write cache on at first (writeback of virtio 1.3, 5.2.5). */
    public boolean writeCache() {
        return writeCache;
    }

    /** The name. */
    @Override
    public String toString() {
        return label;
    }
}
