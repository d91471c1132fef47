// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

import static io.vblk.fio.FioOption.Kind.BOOL;
import static io.vblk.fio.FioOption.Kind.FLAG;
import static io.vblk.fio.FioOption.Kind.NUMBER;
import static io.vblk.fio.FioOption.Kind.SIZE;
import static io.vblk.fio.FioOption.Kind.TEXT;
import static io.vblk.fio.FioOption.of;

import java.util.List;

/** Options about what is written, how it is checked and when it is made stable. Thread: any. */
final class DataOptions {
    private static final int INTERVAL_MAX = SizeSplit.BYTES_MAX;

    static final List<FioOption> ROWS = List.of(
            of("verify", TEXT, "none", "what tells that a block is the right one: crc32c, crc32, "
                    + "md5, sha1, sha256, sha512, xxhash, pattern, pattern_hdr, null or none",
                    (job, v) -> job.verify = method(v)),
            of("verify_pattern", TEXT, "", "what blocks are filled with: \"text\", 0xHEX, a "
                    + "number, %o for the offset, or several of these",
                    (job, v) -> job.verifyPattern = DataPattern.parse(v)),
            of("verify_interval", SIZE, "bs", "length of the pieces that have a header each",
                    (job, v) -> job.verifyInterval = v.integer(1, INTERVAL_MAX)),
            of("do_verify", BOOL, "1", "read back what was written",
                    (job, v) -> job.doVerify = v.bool()),
            of("verify_backlog", NUMBER, "0", "writes after which some are read back, 0 for all "
                    + "at the end", (job, v) -> job.verifyBacklog = v.integer(0)),
            of("verify_backlog_batch", NUMBER, "0", "how many of them at a time, 0 for as many as "
                    + "the backlog", (job, v) -> job.verifyBacklogBatch = v.integer(0)),
            of("verify_fatal", BOOL, "0", "the first wrong block ends the job",
                    (job, v) -> job.verifyFatal = v.bool()),
            of("verify_dump", BOOL, "0", "save wrong blocks to files",
                    (job, v) -> job.verifyDump = v.bool()),
            of("verify_only", FLAG, "0", "write nothing, check what an equal job wrote before",
                    (job, v) -> job.verifyOnly = v.bool()),
            of("trim_verify_zero", BOOL, "0", "trimmed blocks must read as zeroes",
                    (job, v) -> job.trimVerifyZero = v.bool()),
            of("zero_buffers", FLAG, "0", "write zeroes",
                    (job, v) -> job.zeroBuffers = v.bool()),
            of("refill_buffers", FLAG, "0", "new data for each write",
                    (job, v) -> job.refillBuffers = v.bool()),
            of("scramble_buffers", BOOL, "1", "each write's data differs a little",
                    (job, v) -> job.scrambleBuffers = v.bool()),
            of("buffer_pattern", TEXT, "", "what writes are filled with, as verify_pattern",
                    (job, v) -> job.bufferPattern = DataPattern.parse(v)),
            of("buffer_compress_percentage", NUMBER, "0", "how much of the data can be compressed "
                    + "away", (job, v) -> job.compressPercent = v.integer(0, 100)),
            of("buffer_compress_chunk", SIZE, "512", "length of the pieces that this holds for",
                    (job, v) -> job.compressChunk = v.integer(0)),
            of("dedupe_percentage", NUMBER, "0", "how many writes repeat earlier data",
                    (job, v) -> job.dedupePercent = v.integer(0, 100)),
            of("fsync", NUMBER, "0", "a flush after so many writes",
                    (job, v) -> job.fsyncEvery = v.integer(0)),
            of("fdatasync", NUMBER, "0", "the same; a virtio-blk flush is both",
                    (job, v) -> job.fdatasyncEvery = v.integer(0)),
            of("end_fsync", BOOL, "0", "a flush at the end", (job, v) -> job.endFsync = v.bool()),
            of("fsync_on_close", BOOL, "0", "the same",
                    (job, v) -> job.endFsync |= v.bool()),
            of("sync", TEXT, "none", "a flush after each write, before it counts as done: none, "
                    + "sync or dsync", (job, v) -> job.syncWrites = isSync(v)));

    private DataOptions() {}

    private static VerifySpec.Method method(OptionValue v) {
        return VerifySpec.Method.parse(switch (v.text()) {
            case "crc32c-intel", "crc32c-arm64" -> "crc32c";
            default -> v.text();
        });
    }

    private static boolean isSync(OptionValue v) {
        return switch (v.text()) {
            case "none", "0" -> false;
            case "sync", "dsync", "1" -> true;
            default -> throw v.wrong("is none of none, sync, dsync, 0, 1");
        };
    }
}
