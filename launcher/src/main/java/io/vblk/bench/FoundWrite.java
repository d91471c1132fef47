// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

/**
 * A write that some data says it is of. Thread: any.
 *
 * @param writer number of its clone
 * @param sequence its number; 0 for a pattern, which has none
 * @param run the run that it was made in
 * @param shift how far from where it is the data belongs, in bytes
 * @param timeNs when it was made, or {@link #NO_TIME}
 */
record FoundWrite(int writer, long sequence, long run, long shift, long timeNs) {
    /** The data does not say. */
    static final long NO_TIME = Long.MIN_VALUE;

    static FoundWrite of(BlockHeader header, long shift) {
        return new FoundWrite(
                header.writer(), header.sequence(), header.run(), shift, header.timeNs());
    }

    /** The same, comparable with what does not know its time. */
    FoundWrite withoutTime() {
        return new FoundWrite(writer, sequence, run, shift, NO_TIME);
    }
}
