// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel counts of one thread: time that it was ready to run and had no processor, and
 * page faults (proc(5): /proc/PID/task/TID/schedstat and stat). Reading allocates nothing.
 * Thread: the one that reads.
 */
final class ThreadFiles implements AutoCloseable {
    /** Where both files are read to: they are shorter than this. */
    static final class Scratch implements AutoCloseable {
        private static final int BYTES = 4096;
        private static final int TEXT_OFFSET = IovecArray.ELEMENT_BYTES;

        private final MappedMemory memory;
        private final IovecArray iovec;
        private long at;
        private long end;

        Scratch() throws ErrnoException {
            memory = MappedMemory.anonymous(BYTES);
            iovec = new IovecArray(memory.address(), 1);
            iovec.set(0, memory.address() + TEXT_OFFSET, BYTES - TEXT_OFFSET);
        }

        /** Reads a file from its start; false if the thread is gone. */
        private boolean fill(int fd) {
            long bytes = Posix.preadv(fd, iovec.address(0), 1, 0);
            at = memory.address() + TEXT_OFFSET;
            end = at + Math.max(0, bytes);
            return bytes > 0;
        }

        private void skipPastLast(char wanted) {
            long found = at;
            for (long i = at; i < end; i++) {
                found = NativeMemory.getByte(i) == wanted ? i + 1 : found;
            }
            at = found;
        }

        private void skipFields(int count) {
            int left = count;
            while (at < end && left > 0) {
                left -= NativeMemory.getByte(at++) == ' ' ? 1 : 0;
            }
        }

        private long number() {
            long value = 0;
            while (at < end && NativeMemory.getByte(at) >= '0' && NativeMemory.getByte(at) <= '9') {
                value = value * 10 + NativeMemory.getByte(at++) - '0';
            }
            at++;
            return value;
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    // Fields after the closing bracket and its blank: state is 0.
    private static final int MINFLT = 7;

    private final int schedstat;
    private final int stat;
    /** Nanoseconds that it had a processor since the last reading. */
    long ranNs;
    /** Nanoseconds that it waited for a processor since the last reading. */
    long waitedNs;
    /** Times that it was given a processor since the last reading. */
    long turns;
    /** Page faults since the last reading, those with I/O included. */
    long faults;
    private boolean wasRead;
    private long ranTotalNs;
    private long waitedTotalNs;
    private long turnsTotal;
    private long faultsTotal;

    /**
     * Opens the files of a thread of this process.
     *
     * @param thread its number in /proc/self/task
     * @param withFaults whether page faults matter: reading them costs most
     */
    ThreadFiles(int thread, boolean withFaults) throws ErrnoException {
        String directory = "/proc/self/task/" + thread;
        schedstat = Posix.open(directory + "/schedstat", Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        try {
            stat = withFaults
                    ? Posix.open(directory + "/stat", Posix.O_RDONLY | Posix.O_CLOEXEC, 0) : -1;
        } catch (ErrnoException e) {
            Posix.close(schedstat);
            throw e;
        }
    }

    /** Those of the calling thread, page faults included. */
    static ThreadFiles ofCurrentThread() throws IOException {
        return new ThreadFiles(numberOfCurrentThread(), true);
    }

    /** The calling thread's number in /proc/self/task. */
    static int numberOfCurrentThread() throws IOException {
        Path link = Files.readSymbolicLink(Path.of("/proc/thread-self"));
        return Integer.parseInt(link.getFileName().toString());
    }

    /** Reads on; the first time everything so far is left out. */
    void read(Scratch scratch) {
        long ran = ranTotalNs;
        long waited = waitedTotalNs;
        long given = turnsTotal;
        long faulted = faultsTotal;
        if (scratch.fill(schedstat)) {
            ran = scratch.number();
            waited = scratch.number();
            given = scratch.number();
        }
        if (stat >= 0 && scratch.fill(stat)) {
            scratch.skipPastLast(')');
            scratch.skipFields(MINFLT + 1);
            faulted = scratch.number();
            scratch.skipFields(1);
            faulted += scratch.number();
        }
        ranNs = wasRead ? ran - ranTotalNs : 0;
        waitedNs = wasRead ? waited - waitedTotalNs : 0;
        turns = wasRead ? given - turnsTotal : 0;
        faults = wasRead ? faulted - faultsTotal : 0;
        ranTotalNs = ran;
        waitedTotalNs = waited;
        turnsTotal = given;
        faultsTotal = faulted;
        wasRead = true;
    }

    @Override
    public void close() {
        Posix.close(schedstat);
        if (stat >= 0) {
            Posix.close(stat);
        }
    }
}
