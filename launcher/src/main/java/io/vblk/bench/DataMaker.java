// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.JobSpec;
import io.vblk.fio.Payload;
import io.vblk.fio.VerifySpec;
import io.vblk.posix.NativeMemory;
import java.util.function.IntToLongFunction;

/**
 * Data of writes that nobody checks. It is made once, copied to a slot when the slot has something
 * else in it, and then changed in a few places for each write, so that no two writes are alike.
 * Allocates nothing after its start. Thread: the job's.
 */
final class DataMaker {
    /** No two stretches of this length are alike, of one write or of two. */
    private static final int SCRAMBLE_BYTES = 4096;
    private static final int PERCENT = 100;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final Payload payload;
    private final IntToLongFunction dataAddress;
    private final int chunkBytes;
    private final boolean moves;
    /** What all slots begin with. */
    private final byte[] template;
    /** How much of a slot is as the template has it, but for scrambles. */
    private final int[] filledBytes;
    private long state;
    private long content;

    /**
     * A maker.
     *
     * @param chunkBytes how long a chunk of compressible data is; at least a sector is taken
     * @param bytesMax longest write
     * @param seed of all that is random
     */
    DataMaker(Payload payload, int chunkBytes, int slots, int bytesMax, long seed,
            IntToLongFunction dataAddress) {
        this.payload = payload;
        this.dataAddress = dataAddress;
        this.chunkBytes = Math.max(chunkBytes, Watermark.SECTOR_BYTES);
        this.filledBytes = new int[slots];
        this.state = Watermark.mix(seed);
        this.template = new byte[(bytesMax + Long.BYTES - 1) / Long.BYTES * Long.BYTES];
        boolean hole = false;
        if (payload.pattern() != null) {
            for (short value : payload.pattern()) {
                hole |= value == VerifySpec.OFFSET_HOLE;
            }
        }
        this.moves = hole;
        build(0, bytesMax, nextRandom());
    }

    /** That of a clone. */
    static DataMaker of(JobSpec spec, int clone, IntToLongFunction dataAddress) {
        boolean writes = spec.rw().writes();
        Payload payload = spec.payload();
        int chunk = payload.compressChunkBytes() > 0
                ? payload.compressChunkBytes()
                : spec.access().sizes().write().minBytes();
        return new DataMaker(payload, chunk, spec.iodepth(),
                writes ? spec.access().sizes().write().maxBytes() : 0,
                spec.access().randSeed() + Watermark.mix(clone + 1), dataAddress);
    }

    /** A slot's memory has been used for something else: a read. */
    void spoiled(int slot) {
        filledBytes[slot] = 0;
    }

    /** Puts the data of a write into a slot. */
    void fill(int slot, long offset, int lengthBytes) {
        boolean random = isRandom();
        if (random && !repeats()) {
            content = nextRandom();
        }
        if (moves || random && payload.refill()) {
            build(offset, lengthBytes, content);
            copy(slot, lengthBytes);
            return;
        }
        if (filledBytes[slot] < lengthBytes) {
            copy(slot, lengthBytes);
        }
        if (random && (payload.scramble() || payload.dedupePercent() > 0)) {
            scramble(dataAddress.applyAsLong(slot), lengthBytes);
        }
    }

    private boolean isRandom() {
        return !payload.zeroes() && (payload.pattern() == null || payload.compressPercent() > 0);
    }

    /** Whether this write is one of those that repeat the one before. */
    private boolean repeats() {
        return payload.dedupePercent() > 0 && content != 0
                && Math.floorMod(nextRandom(), PERCENT) < payload.dedupePercent();
    }

    private void copy(int slot, int lengthBytes) {
        NativeMemory.copyFromArray(template, 0, dataAddress.applyAsLong(slot), lengthBytes);
        filledBytes[slot] = Math.max(filledBytes[slot], lengthBytes);
    }

    /** Where data may not be compressed better than asked for, that is at a chunk's begin. */
    private void scramble(long address, int lengthBytes) {
        int step = payload.compressPercent() > 0 ? chunkBytes : SCRAMBLE_BYTES;
        long value = content;
        for (int at = 0; at <= lengthBytes - 2 * Long.BYTES; at += step) {
            value += GOLDEN;
            NativeMemory.putLong(address + at, Watermark.mix(value));
            NativeMemory.putLong(address + at + Long.BYTES, value);
        }
    }

    private void build(long offset, int lengthBytes, long seed) {
        if (payload.zeroes()) {
            return;
        }
        if (payload.pattern() != null) {
            UnitMaker.pattern(template, 0, lengthBytes, payload.pattern(), offset);
        }
        if (!isRandom()) {
            return;
        }
        int randomBytes = payload.compressPercent() == 0
                ? lengthBytes
                : (int) ((long) chunkBytes * (PERCENT - payload.compressPercent()) / PERCENT);
        int step = payload.compressPercent() == 0 ? lengthBytes : chunkBytes;
        long value = seed;
        for (int chunk = 0; chunk < lengthBytes; chunk += step) {
            int end = Math.min(chunk + randomBytes, lengthBytes);
            int at = chunk;
            for (; at <= end - Long.BYTES; at += Long.BYTES) {
                value += GOLDEN;
                Watermark.LONGS.set(template, at, Watermark.mix(value));
            }
            if (at < end) {
                value += GOLDEN;
                for (long rest = value; at < end; at++, rest >>>= Byte.SIZE) {
                    template[at] = (byte) rest;
                }
            }
        }
    }

    private long nextRandom() {
        state += GOLDEN;
        return Watermark.mix(state);
    }
}
