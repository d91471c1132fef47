// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.filter.Filters;
import java.util.Objects;
import java.util.Set;

/**
 * What the user asked for, as data; nothing is checked before {@link Images#open}.
 *
 * <p>The target is the path of a file or block device, {@code null:SIZE} or {@code memory:SIZE}. A
 * file whose name looks like one of the latter can be had by {@code ./null:1G} or by naming the
 * format raw.
 *
 * @param target what to open
 * @param format the format named by the user, null to go by the target and by what is in it
 * @param readOnly never write
 * @param throwAwayCopy leave the image alone and write to a copy that is gone afterwards; without
 *     effect when read-only
 * @param engine how to read and write files
 * @param blockBytes logical block size that guests see, 512 or 4096; 0 for the image's own
 * @param locking whether others are kept away from the file
 * @param keepsStorage whether discards do nothing, and zeroes are written without giving storage
 *     back
 * @param fixedBuffers whether io_uring registers guest memory, which pins all of it
 * @param cache what stands between the disk and its storage; without effect on disks that are no
 *     files
 * @param detectZeroes what becomes of writes whose data are zeroes
 * @param filters what stands between guests and the image
 */
public record ImageSpec(
        String target,
        ImageFormat format,
        boolean readOnly,
        boolean throwAwayCopy,
        IoEngineKind engine,
        int blockBytes,
        ImageLocking locking,
        boolean keepsStorage,
        boolean fixedBuffers,
        CacheMode cache,
        DetectZeroes detectZeroes,
        Filters filters) {
    /** The logical block sizes that there are. */
    private static final Set<Integer> BLOCK_BYTES = Set.of(0, 512, 4096);

    /** With the image's own block size. */
    public ImageSpec(String target, ImageFormat format, boolean readOnly, boolean throwAwayCopy,
            IoEngineKind engine) {
        this(target, format, readOnly, throwAwayCopy, engine, 0);
    }

    /** Locked where the host can. */
    public ImageSpec(String target, ImageFormat format, boolean readOnly, boolean throwAwayCopy,
            IoEngineKind engine, int blockBytes) {
        this(target, format, readOnly, throwAwayCopy, engine, blockBytes, ImageLocking.AUTO, false);
    }

    /** In the page cache; zeroes are written as data, and there are no filters. */
    public ImageSpec(String target, ImageFormat format, boolean readOnly, boolean throwAwayCopy,
            IoEngineKind engine, int blockBytes, ImageLocking locking, boolean keepsStorage) {
        this(target, format, readOnly, throwAwayCopy, engine, blockBytes, locking, keepsStorage,
                false, CacheMode.WRITEBACK, DetectZeroes.OFF, Filters.NONE);
    }

    /** Nothing but the format may be null. */
    public ImageSpec {
        Objects.requireNonNull(target);
        Objects.requireNonNull(engine);
        Objects.requireNonNull(locking);
        Objects.requireNonNull(cache);
        Objects.requireNonNull(detectZeroes);
        Objects.requireNonNull(filters);
        if (keepsStorage && detectZeroes == DetectZeroes.UNMAP) {
            throw new IllegalArgumentException("detect-zeroes=unmap gives storage back, which"
                    + " discard=ignore forbids: say discard=unmap, or detect-zeroes=on");
        }
        if (!BLOCK_BYTES.contains(blockBytes)) {
            throw new IllegalArgumentException(
                    "logical-block-size must be 512 or 4096, not " + blockBytes);
        }
    }

    /** The same with these filters. */
    public ImageSpec withFilters(Filters wanted) {
        return new ImageSpec(target, format, readOnly, throwAwayCopy, engine, blockBytes, locking,
                keepsStorage, fixedBuffers, cache, detectZeroes, wanted);
    }

    /** The same with or without fixed buffers. */
    public ImageSpec withFixedBuffers(boolean wanted) {
        return new ImageSpec(target, format, readOnly, throwAwayCopy, engine, blockBytes, locking,
                keepsStorage, wanted, cache, detectZeroes, filters);
    }

    /** The same in this cache mode. */
    public ImageSpec withCache(CacheMode wanted) {
        return new ImageSpec(target, format, readOnly, throwAwayCopy, engine, blockBytes, locking,
                keepsStorage, fixedBuffers, wanted, detectZeroes, filters);
    }

    /** The same with other answers to discards and to writes of zeroes. */
    public ImageSpec withStorage(boolean kept, DetectZeroes zeroes) {
        return new ImageSpec(target, format, readOnly, throwAwayCopy, engine, blockBytes, locking,
                kept, fixedBuffers, cache, zeroes, filters);
    }
}
