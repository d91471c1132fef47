// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.block.image.ImageFormat;
import io.vblk.block.image.OpenImage;
import io.vblk.posix.NativeMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.zip.CRC32C;

/**
 * What each block of the region must read as, as a crc32c, shared by all jobs. Thread: any; the
 * crc of a block belongs to who has locked the block.
 *
 * <p>A block that no job has written is compared with the image file itself, read past the device
 * by the JDK's own I/O, so that both ways cannot share a mistake. Where another process has the
 * image and nobody can look past it, the first read of such a block decides what later ones must
 * be.
 */
final class VerifyMap implements AutoCloseable {
    /** Most blocks that can be followed: each takes eight bytes, a quarter of the heap at most. */
    static final int BLOCKS_MAX =
            (int) Math.min(16 << 20, Runtime.getRuntime().maxMemory() / 4 / 8);

    /** Data is summed in pieces of this size, so that large blocks need no large buffers. */
    static final int PIECE_BYTES = 1 << 16;

    private static final int LOCKED = 1;
    private static final int KNOWN = 2;
    private static final int WRITTEN = 4;

    private final JobSpec spec;
    private final boolean unseen;
    private final AtomicIntegerArray states;
    private final int[] crcs;
    /** Null when every unwritten block reads as zeroes. */
    private final FileChannel reference;

    /** A map of the job's region; IllegalArgumentException if it cannot be followed. */
    static VerifyMap of(JobSpec spec, OpenImage image) throws IOException {
        if (image.format() == ImageFormat.NULL) {
            throw new IllegalArgumentException(
                    "verify needs a disk that keeps data, which null does not");
        }
        return new VerifyMap(spec, false, image.path() == null ? null : Path.of(image.path()));
    }

    /** A map of a disk whose image cannot be looked at. */
    static VerifyMap ofUnseen(JobSpec spec) throws IOException {
        return new VerifyMap(spec, true, null);
    }

    private VerifyMap(JobSpec spec, boolean unseen, Path referencePath) throws IOException {
        if (spec.blocks() > BLOCKS_MAX) {
            throw new IllegalArgumentException("verify follows at most " + BLOCKS_MAX
                    + " blocks, the region has " + spec.blocks() + ": use a smaller size");
        }
        this.spec = spec;
        this.unseen = unseen;
        this.states = new AtomicIntegerArray((int) spec.blocks());
        this.crcs = new int[(int) spec.blocks()];
        this.reference = referencePath == null
                ? null
                : FileChannel.open(referencePath, StandardOpenOption.READ);
    }

    /** Takes a block for one request; false if another request has it. */
    boolean tryLock(long block) {
        int state = states.get((int) block);
        return (state & LOCKED) == 0
                && states.compareAndSet((int) block, state, state | LOCKED);
    }

    /** Gives a block back. */
    void unlock(long block) {
        states.set((int) block, states.get((int) block) & ~LOCKED);
    }

    /** Notes what has been written to a locked block. */
    void wrote(long block, int crc) {
        crcs[(int) block] = crc;
        states.set((int) block, states.get((int) block) | KNOWN | WRITTEN);
    }

    /** A write to a locked block failed: what it holds now is the image's to say. */
    void forget(long block) {
        states.set((int) block, states.get((int) block) & ~(KNOWN | WRITTEN));
    }

    /** Whether some job has written the block. */
    boolean isWritten(long block) {
        return (states.get((int) block) & WRITTEN) != 0;
    }

    /** Takes a read of a locked block for what it must be, if nothing else can tell. */
    boolean learns(long block, int crc) {
        int index = (int) block;
        if (!unseen || (states.get(index) & KNOWN) != 0) {
            return false;
        }
        crcs[index] = crc;
        states.set(index, states.get(index) | KNOWN);
        return true;
    }

    /** The crc that a locked block must have; reads the image file the first time. */
    int expected(long block) throws IOException {
        int index = (int) block;
        if ((states.get(index) & KNOWN) == 0) {
            crcs[index] = referenceCrc(block);
            states.set(index, states.get(index) | KNOWN);
        }
        return crcs[index];
    }

    private int referenceCrc(long block) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(Math.min(PIECE_BYTES, spec.blockBytes()));
        CRC32C crc = new CRC32C();
        long at = spec.offset() + block * spec.blockBytes();
        long end = at + spec.blockBytes();
        while (at < end) {
            piece.clear().limit((int) Math.min(piece.capacity(), end - at));
            while (reference != null && piece.hasRemaining()) {
                if (reference.read(piece, at + piece.position()) < 0) {
                    throw new IOException("the image ends inside of block " + block);
                }
            }
            crc.update(piece.array(), 0, piece.limit());
            at += piece.limit();
        }
        return (int) crc.getValue();
    }

    /** crc32c of native bytes, which pass through {@code scratch} piece by piece. */
    static int crcOf(long address, int lengthBytes, byte[] scratch, CRC32C crc) {
        crc.reset();
        int done = 0;
        while (done < lengthBytes) {
            int some = Math.min(scratch.length, lengthBytes - done);
            NativeMemory.copyToArray(address + done, scratch, 0, some);
            crc.update(scratch, 0, some);
            done += some;
        }
        return (int) crc.getValue();
    }

    @Override
    public void close() throws IOException {
        if (reference != null) {
            reference.close();
        }
    }
}
