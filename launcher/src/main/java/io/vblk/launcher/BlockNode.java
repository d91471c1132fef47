// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.image.DetectZeroes;
import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.ImageLocking;
import io.vblk.block.image.ImageSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A node of {@code --blockdev}, as QEMU has them: a file, a disk without storage, or raw on one of
 * these. Thread: main.
 *
 * @param target the image; null where another node holds it
 * @param format how its bytes are stored
 * @param below the node below by its name; null if there is none
 * @param readOnly whether it is never written
 * @param keepsStorage discard=ignore
 * @param locking of the file
 * @param engine how the file is read and written
 * @param cache of the file
 * @param detectZeroes what becomes of writes of zeroes
 */
record BlockNode(String target, ImageFormat format, String below, boolean readOnly,
        boolean keepsStorage, ImageLocking locking, IoEngineKind engine, CacheMode cache,
        DetectZeroes detectZeroes) {
    private static final long NULL_BYTES_DEFAULT = 1L << 30;
    private static final int DEPTH_MAX = 8;

    /**
     * Reads a node.
     *
     * @param discardDefault what it does with discards unless it says so itself
     * @param cacheDefault its cache mode unless it says so itself
     * @param warnings gets a line for each thing that is done in another way
     */
    static BlockNode parse(KeyValues keys, String discardDefault, CacheMode cacheDefault,
            List<String> warnings) throws UsageException {
        String driver = keys.require("driver");
        boolean readOnly = keys.takeSwitch("read-only", false);
        // Either way a file is opened as its export needs it.
        keys.takeSwitch("auto-read-only", false);
        boolean keeps = keepsStorage(keys, discardDefault);
        DetectZeroes zeroes = keys.of(
                keys.take("detect-zeroes", DetectZeroes.OFF.toString()), DetectZeroes::of);
        if (keeps && zeroes == DetectZeroes.UNMAP) {
            throw keys.wrong("detect-zeroes=unmap needs discard=unmap on the same node");
        }
        ImageLocking locking = ImageLocking.AUTO;
        if (keys.takeSwitch("force-share", false)) {
            if (!readOnly) {
                throw keys.wrong("force-share=on is for read-only=on");
            }
            locking = ImageLocking.OFF;
        }
        CacheMode cache = CacheMode.of(
                keys.takeSwitch("cache.direct", !cacheDefault.usesPageCache()),
                keys.takeSwitch("cache.no-flush", !cacheDefault.flushes()));
        BlockNode node = switch (driver) {
            case "file", "host_device" -> file(keys, readOnly, keeps, locking, cache, warnings);
            case "null-co" -> nullDisk(keys, readOnly);
            case "raw" -> raw(keys, readOnly, keeps, locking, cache, warnings);
            default -> throw keys.wrong("driver '" + driver
                    + "' is not one that vblk has: file, host_device, null-co and raw are");
        };
        return node.withZeroes(zeroes);
    }

    private static boolean keepsStorage(KeyValues keys, String discardDefault)
            throws UsageException {
        String discard = keys.take("discard", discardDefault);
        return switch (discard) {
            case "unmap", "on" -> false;
            case "ignore", "off" -> true;
            default -> throw keys.wrong("discard=" + discard + " is none of unmap, ignore");
        };
    }

    private static IoEngineKind engine(KeyValues keys, List<String> warnings)
            throws UsageException {
        String aio = keys.take("aio", "auto");
        return switch (aio) {
            case "auto" -> IoEngineKind.AUTO;
            case "threads" -> IoEngineKind.THREADS;
            case "io_uring" -> IoEngineKind.IO_URING;
            case "native" -> {
                warnings.add(keys.wrong("aio=native: vblk uses io_uring where it can, else threads")
                        .getMessage());
                yield IoEngineKind.AUTO;
            }
            default -> throw keys.wrong(
                    "aio=" + aio + " is none of auto, threads, native, io_uring");
        };
    }

    private static BlockNode file(KeyValues keys, boolean readOnly, boolean keeps,
            ImageLocking shared, CacheMode cache, List<String> warnings) throws UsageException {
        String target = keys.require("filename");
        IoEngineKind engine = engine(keys, warnings);
        String locking = keys.take("locking", ImageLocking.AUTO.toString());
        ImageLocking own = keys.of(locking, ImageLocking::of);
        keys.finish();
        return new BlockNode(target, ImageFormat.RAW, null, readOnly, keeps,
                shared == ImageLocking.OFF ? shared : own, engine, cache, DetectZeroes.OFF);
    }

    private static BlockNode nullDisk(KeyValues keys, boolean readOnly) throws UsageException {
        long bytes = keys.takeSize("size", NULL_BYTES_DEFAULT);
        if (keys.takeSwitch("read-zeroes", false)) {
            throw keys.wrong("read-zeroes=on: what is read from null-co is undefined here");
        }
        keys.finish();
        return new BlockNode(
                "null:" + bytes, ImageFormat.NULL, null, readOnly, false, ImageLocking.AUTO,
                IoEngineKind.AUTO, CacheMode.WRITEBACK, DetectZeroes.OFF);
    }

    private static BlockNode raw(KeyValues keys, boolean readOnly, boolean keeps,
            ImageLocking shared, CacheMode cache, List<String> warnings) throws UsageException {
        KeyValues nested = keys.takeNested("file");
        if (nested.isEmpty()) {
            String below = keys.require("file");
            keys.finish();
            if (cache != CacheMode.WRITEBACK) {
                // Nor has it with qemu-storage-daemon, which does not say so.
                warnings.add(keys.wrong("cache.direct and cache.no-flush have no effect on node '"
                        + below + "': say them there").getMessage());
            }
            return new BlockNode(null, ImageFormat.RAW, below, readOnly, keeps, shared,
                    IoEngineKind.AUTO, CacheMode.WRITEBACK, DetectZeroes.OFF);
        }
        keys.finish();
        nested.take("node-name", null);
        BlockNode file = parse(nested, "unmap", cache, warnings);
        return file.under(readOnly, keeps, shared);
    }

    /** This node, as one above it shows it. */
    private BlockNode under(boolean aboveReadOnly, boolean aboveKeeps, ImageLocking above) {
        return new BlockNode(target, format, below, readOnly || aboveReadOnly,
                keepsStorage || aboveKeeps, above == ImageLocking.OFF ? above : locking, engine,
                cache, detectZeroes);
    }

    /** The same where a node above, or this one, detects zeroes: it sees a write first. */
    private BlockNode withZeroes(DetectZeroes above) {
        return new BlockNode(target, format, below, readOnly, keepsStorage, locking, engine, cache,
                above == DetectZeroes.OFF ? detectZeroes : above);
    }

    /** This node with all that is below it. */
    BlockNode resolve(Map<String, BlockNode> nodes) throws UsageException {
        BlockNode node = this;
        for (int depth = 0; node.below != null; depth++) {
            BlockNode next = nodes.get(node.below);
            if (next == null || depth == DEPTH_MAX) {
                throw new UsageException("--blockdev: node '" + node.below + "' "
                        + (next == null ? "is not there: add a --blockdev with that node-name"
                                : "is nested too deep, or in itself"));
            }
            node = next.under(node.readOnly, node.keepsStorage, node.locking)
                    .withZeroes(node.detectZeroes);
        }
        return node;
    }

    /** The image that it stands for: raw bytes, or no storage. */
    ImageSpec image(boolean writable, int blockBytes) {
        boolean copy = format == ImageFormat.RAW && ImageAccess.isBundled(Path.of(target));
        // A node that keeps storage has the last word.
        DetectZeroes zeroes = keepsStorage && detectZeroes == DetectZeroes.UNMAP
                ? DetectZeroes.ON : detectZeroes;
        return new ImageSpec(target, format, !writable, copy, engine, blockBytes,
                locking, keepsStorage).withCache(cache).withStorage(keepsStorage, zeroes);
    }
}
