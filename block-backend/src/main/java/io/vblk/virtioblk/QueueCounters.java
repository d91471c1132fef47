// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/** What a queue has done. Thread: home counts, any reads what is there at the moment. */
final class QueueCounters {
    private long requests;
    private long errors;
    private long unsupported;
    private long malformed;
    private long bytesRead;
    private long bytesWritten;
    private long flushes;
    private long batches;
    private long calls;
    private long busy;
    private int lastErrno;
    private boolean errnosDiffer;

    /** A chain is answered, whatever the answer. */
    void answered(VirtioBlkRequest request) {
        requests++;
        if (request.usedBytes() == 0) {
            malformed++;
        } else if (request.status() == VirtioBlkAbi.S_IOERR) {
            errors++;
        } else if (request.status() == VirtioBlkAbi.S_UNSUPP) {
            unsupported++;
        }
    }

    /** The disk has done what it was asked for. */
    void succeeded(VirtioBlkRequest request) {
        switch (request.op()) {
            case READ -> bytesRead += request.block.lengthBytes();
            case WRITE -> bytesWritten += request.block.lengthBytes();
            case FLUSH -> flushes++;
            default -> { }
        }
    }

    /** The disk has not. */
    void failed(int errno) {
        errnosDiffer |= lastErrno != 0 && lastErrno != errno;
        lastErrno = errno;
    }

    /** Used elements were published. */
    void batch() {
        batches++;
    }

    /** The driver was called. */
    void call() {
        calls++;
    }

    /** The backend had no room. */
    void busy() {
        busy++;
    }

    /** All of it; who sees the kicks counts them. */
    VirtioBlkStats snapshot(long kicks) {
        return new VirtioBlkStats(requests, errors, unsupported, malformed, bytesRead,
                bytesWritten, flushes, batches, kicks, calls, busy, lastErrno,
                errnosDiffer);
    }
}
