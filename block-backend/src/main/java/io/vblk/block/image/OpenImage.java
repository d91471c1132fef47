// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.aio.AioContext;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.engine.CacheMode;
import io.vblk.block.engine.EngineChoice;
import io.vblk.block.engine.IoEngine;
import io.vblk.block.engine.IoEngineKind;
import io.vblk.block.engine.IoEngines;
import io.vblk.block.filter.FilterReport;
import io.vblk.block.filter.FilterSpec;
import io.vblk.block.filter.FilterStack;
import io.vblk.block.filter.Filters;
import io.vblk.block.filter.HoldSwitch;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An image that is open, to be attached to any number of event loops. Thread: control. */
public final class OpenImage implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenImage.class);

    private final ImageFormat format;
    private final LiveLimits limits;
    private final String description;
    /** Null for a disk that is no file. */
    private final EngineChoice engine;
    private final boolean guarded;
    private final boolean keepsStorage;
    private final boolean fixedBuffers;
    /** Whether the user left the engine to us. */
    private final boolean mayChooseEngine;
    private final DetectZeroes detectZeroes;
    private final String modes;
    private final RawFile file;
    private final MappedMemory memory;
    /** Null until they are made, which may fail. */
    private FilterStack filters;
    /** Whether an event loop has the engine that was chosen. */
    private boolean chosenRuns;
    /** Why an event loop has another one; empty if none has. */
    private String otherwise = "";

    private OpenImage(ImageSpec spec, ImageFormat format, BlockLimits limits, String description,
            RawFile file, EngineChoice engine, MappedMemory memory) {
        this.format = format;
        this.limits = new LiveLimits(
                spec.keepsStorage() ? limits.withUnmapBytes(0) : limits);
        this.description = description;
        this.engine = engine;
        this.guarded = spec.format() == null && !limits.readOnly();
        this.keepsStorage = spec.keepsStorage();
        this.fixedBuffers = spec.fixedBuffers();
        this.mayChooseEngine = spec.engine() == IoEngineKind.AUTO;
        this.detectZeroes = limits.readOnly() ? DetectZeroes.OFF : spec.detectZeroes();
        this.modes = "cache=" + spec.cache() + ", discard="
                + (keepsStorage ? "ignore" : "unmap") + ", detect-zeroes=" + detectZeroes
                + named(spec.filters());
        this.file = file;
        this.memory = memory;
    }

    private static String named(Filters filters) {
        StringBuilder names = new StringBuilder();
        for (FilterSpec filter : filters.stack()) {
            names.append(", filter ").append(filter.text());
        }
        return names.toString();
    }

    /** Makes the filters; whoever opens the image does that once, and closes it if they fail. */
    void makeFilters(ImageSpec spec) throws ImageException {
        try {
            filters = FilterStack.open(spec.filters(), limits.now());
        } catch (IOException e) {
            throw new ImageException(spec.target() + ": " + e.getMessage(), e);
        }
    }

    static OpenImage raw(ImageSpec spec, RawFile file, EngineChoice engine) {
        String what = file.facts().blockDevice() ? "block device " : "raw image ";
        boolean copied = !file.path().equals(spec.target());
        String description = what + spec.target() + (copied ? " (throw-away copy)" : "")
                + (spec.cache() == CacheMode.WRITEBACK ? "" : ", cache=" + spec.cache());
        return new OpenImage(spec, ImageFormat.RAW, file.limits(), description, file, engine, null);
    }

    static OpenImage empty(ImageSpec spec, BlockLimits limits) {
        return new OpenImage(
                spec, ImageFormat.NULL, limits, "disk without storage", null, null, null);
    }

    static OpenImage memory(ImageSpec spec, BlockLimits limits, MappedMemory memory) {
        return new OpenImage(
                spec, ImageFormat.MEMORY, limits, "disk in memory", null, null, memory);
    }

    /** What the disk can do, at present. Thread: any. */
    public BlockLimits limits() {
        return limits.now();
    }

    /**
     * Takes over what the disk has gained on the host, such as by truncate(1) or lvextend(8). The
     * views that are attached know it from here on.
     *
     * @return whether it has grown
     * @throws ImageException if it has shrunk, which changes nothing here, or cannot be looked at
     */
    public boolean followSize() throws ImageException {
        if (file == null) {
            return false;
        }
        BlockLimits old = limits.now();
        long sizeBytes = file.sizeNow();
        if (sizeBytes < old.capacityBytes()) {
            throw new ImageException(file.path() + ": has shrunk to " + sizeBytes
                    + " bytes; the disk stays at " + old.capacityBytes()
                    + ": behind the end reads fail, and a write makes the file longer again");
        }
        long capacityBytes = sizeBytes - sizeBytes % old.blockBytes();
        if (capacityBytes == old.capacityBytes()) {
            return false;
        }
        if (file.file().direct() != null) {
            file.file().direct().setSize(sizeBytes);
        }
        limits.grow(capacityBytes);
        return true;
    }

    /**
     * Makes the file longer; {@link #followSize} takes that over. Whoever does so has locked it.
     *
     * @throws ImageException if the disk is no file, would become shorter, or the host has no room
     */
    public void extend(long sizeBytes) throws ImageException {
        if (file == null) {
            throw new ImageException(description + ": is no file and keeps its size");
        }
        int blockBytes = limits().blockBytes();
        if (sizeBytes % blockBytes != 0) {
            throw new ImageException(file.path() + ": a disk has whole blocks: " + sizeBytes
                    + " is no multiple of " + blockBytes);
        }
        file.extend(sizeBytes);
    }

    /**
     * Keeps others away from the file, as the user chose; without effect if that is so already.
     *
     * @throws ImageException one line that says who is in the way; nothing is locked then
     */
    public void lock() throws ImageException {
        if (file != null) {
            file.hold().take();
            // Whoever had it meanwhile may have told the guest of writes that nobody flushed.
            file.file().written();
        }
    }

    /** Lets others use the file. No request may be under way. */
    public void unlock() {
        if (file != null) {
            file.hold().drop();
        }
    }

    /** How its bytes are stored. */
    public ImageFormat format() {
        return format;
    }

    /** What it is, in a few words for an operator. */
    public String description() {
        return description;
    }

    /**
     * Where the disk's bytes can be read independently by this process, also after writes and also
     * for a throw-away copy; null for a disk that is no file.
     */
    public String path() {
        return file == null ? null : file.path();
    }

    /** What the host says of the file, at the time it was opened; null for a disk that is none. */
    public FileFacts facts() {
        return file == null ? null : file.facts();
    }

    /** What the operator asked for that decides how data are kept, such as "cache=none". */
    public String modes() {
        return modes;
    }

    /** How the file is read and written, in a few words; "none" for a disk that is no file. */
    public String engine() {
        if (engine == null) {
            return "none";
        }
        if (otherwise.isEmpty()) {
            return engine.toString();
        }
        EngineChoice other = new EngineChoice(IoEngineKind.THREADS, otherwise);
        return chosenRuns ? engine + " and " + other : other.toString();
    }

    /**
     * A view of the disk for one event loop, to be closed before this. What completed on one view
     * is seen on all, and a flush on one covers all.
     *
     * @throws ImageException if the host has no more memory or descriptors for it
     */
    public BlockBackend attach(AioContext context) throws ImageException {
        BlockBackend view = view(context);
        if (keepsStorage && format != ImageFormat.NULL) {
            view = new StorageKeeper(view);
        }
        if (detectZeroes != DetectZeroes.OFF) {
            view = new ZeroDetector(view, detectZeroes == DetectZeroes.UNMAP);
        }
        return filters.around(view, context);
    }

    private BlockBackend view(AioContext context) throws ImageException {
        return switch (format) {
            case RAW -> attachFile(context);
            case NULL -> new NullImage(limits);
            case MEMORY -> new MemoryImage(limits(), memory);
        };
    }

    private BlockBackend attachFile(AioContext context) throws ImageException {
        return new RawImage(limits, openEngine(context),
                guarded ? new FirstBlockGuard(limits().blockBytes()) : null);
    }

    private IoEngine openEngine(AioContext context) throws ImageException {
        if (fixedBuffers && engine.kind() != IoEngineKind.IO_URING) {
            LOG.warn("{}: fixed-buffers has no effect with aio={}", file.path(), engine.kind());
        }
        try {
            return open(engine.kind(), context);
        } catch (ErrnoException e) {
            throw new ImageException(
                    file.path() + ": aio=" + engine.kind() + ": " + e.getMessage(), e);
        }
    }

    private IoEngine open(IoEngineKind kind, AioContext context) throws ErrnoException {
        try {
            IoEngine opened = IoEngines.open(kind, file.file(), context, fixedBuffers);
            chosenRuns = true;
            return opened;
        } catch (ErrnoException e) {
            if (!mayChooseEngine || kind == IoEngineKind.THREADS) {
                throw e;
            }
            // Such as a limit of locked memory, which rings of older kernels count against.
            LOG.warn("{}: {}; an event loop goes on with aio=threads", file.path(),
                    e.getMessage());
            otherwise = "no " + kind + ": " + e.getMessage();
            return IoEngines.open(IoEngineKind.THREADS, file.file(), context, fixedBuffers);
        }
    }

    /** What holds back the disk's requests; null if it was opened without. Thread: any. */
    public HoldSwitch holdSwitch() {
        return filters.holdSwitch();
    }

    /** What its filters have done so far, the first next to the guest. Thread: any. */
    public List<FilterReport> filterReports() {
        return filters.reports();
    }

    /**
     * Hands on all requests that filters hold back or keep waiting for a rate, now and from now on,
     * since the disk is about to be closed. It must still be open. Thread: any.
     */
    public void letGo() {
        filters.letGo();
    }

    /** Closes the file, which drops its locks, or frees the memory; the data stay as they are. */
    @Override
    public void close() {
        if (filters != null) {
            filters.close();
        }
        if (file != null) {
            file.hold().drop();
            file.file().close();
        }
        if (memory != null) {
            memory.close();
        }
    }
}
