// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.image;

import io.vblk.block.engine.SeamFile;
import io.vblk.posix.IovecArray;
import io.vblk.posix.NativeMemory;

/**
 * A real file that notes in a journal what is done to it, in an order that every thread agrees
 * on: each call is noted before it begins and after it has ended. Thread: any.
 */
class RecordingFile extends SeamFile {
    private final PowerCutJournal journal;
    private final int zeroRangeErrno;

    /**
     * Takes over a descriptor.
     *
     * @param zeroRangeErrno what zeroRange answers instead of doing it, 0 to do it
     */
    RecordingFile(int fd, PowerCutJournal journal, int zeroRangeErrno) {
        super("recorded", fd, fd);
        this.journal = journal;
        this.zeroRangeErrno = zeroRangeErrno;
    }

    @Override
    public long write(long iovecs, int count, long offset, boolean stable) {
        long lengthBytes = 0;
        for (int i = 0; i < count; i++) {
            lengthBytes += IovecArray.lengthAt(iovecs + (long) i * IovecArray.ELEMENT_BYTES);
        }
        byte[] bytes = new byte[(int) lengthBytes];
        int at = 0;
        for (int i = 0; i < count; i++) {
            long element = iovecs + (long) i * IovecArray.ELEMENT_BYTES;
            int some = (int) IovecArray.lengthAt(element);
            NativeMemory.copyToArray(IovecArray.baseAt(element), bytes, at, some);
            at += some;
        }
        int change = journal.changeBegins(offset, bytes);
        long result = super.write(iovecs, count, offset, stable);
        if (result != lengthBytes) {
            throw new AssertionError("the host wrote " + result + " of " + lengthBytes);
        }
        journal.changeEnds(change, stable);
        return result;
    }

    /** As XFS: a write need not wait, and is not stable. */
    @Override
    public long writeNoWait(long iovecs, int count, long offset) {
        return write(iovecs, count, offset, false);
    }

    @Override
    public int punchHole(long offset, long lengthBytes) {
        int change = journal.changeBegins(offset, new byte[(int) lengthBytes]);
        int result = super.punchHole(offset, lengthBytes);
        journal.changeEnds(change, false);
        return result;
    }

    @Override
    public int zeroRange(long offset, long lengthBytes) {
        if (zeroRangeErrno != 0) {
            return -zeroRangeErrno;
        }
        int change = journal.changeBegins(offset, new byte[(int) lengthBytes]);
        int result = super.zeroRange(offset, lengthBytes);
        journal.changeEnds(change, false);
        return result;
    }

    @Override
    protected int fdatasync() {
        int sync = journal.syncBegins();
        int result = super.fdatasync();
        journal.syncEnds(sync);
        return result;
    }
}
