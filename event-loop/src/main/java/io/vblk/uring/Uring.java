// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;

/**
 * One io_uring(7) instance: both rings mapped, filled and read from here, a system call only to
 * submit or to wait. Thread: the one that calls {@link #enable}, except {@link #close}.
 *
 * <p>Where the kernel can (6.0), a ring belongs to one thread (SINGLE_ISSUER), and answers wait for
 * that thread to enter the kernel for whatever reason instead of interrupting it (COOP_TASKRUN).
 * A flag in memory says that one waits (TASKRUN_FLAG), which {@link #needsEnter} reads, so a thread
 * that looks there and enters has it in microseconds. DEFER_TASKRUN would be quiet about such
 * answers to those who wait for the ring's descriptor: docs/decisions/0007-fd-monitor.md.
 */
public final class Uring implements AutoCloseable {
    public static final int OP_READV = 1;
    public static final int OP_WRITEV = 2;
    public static final int OP_READ_FIXED = 4;
    public static final int OP_WRITE_FIXED = 5;
    public static final int OP_READ = 22;
    public static final int OP_WRITE = 23;
    public static final int OP_POLL_ADD = 6;
    public static final int OP_POLL_REMOVE = 7;
    public static final int OP_TIMEOUT = 11;
    public static final int OP_TIMEOUT_REMOVE = 12;

    /** Flag of {@link #enter}: work off and wait for completions. */
    public static final int GETEVENTS = 1;

    private static final int SETUP_R_DISABLED = 1 << 6;
    private static final int SETUP_COOP_TASKRUN = 1 << 8;
    private static final int SETUP_TASKRUN_FLAG = 1 << 9;
    private static final int SETUP_SINGLE_ISSUER = 1 << 12;
    /** What is tried, the best first: Linux 6.0, 5.19 and before. */
    private static final int[] SETUPS = {
        SETUP_R_DISABLED | SETUP_COOP_TASKRUN | SETUP_TASKRUN_FLAG | SETUP_SINGLE_ISSUER,
        SETUP_R_DISABLED | SETUP_COOP_TASKRUN | SETUP_TASKRUN_FLAG,
        SETUP_R_DISABLED
    };

    private final int fd;
    private final MappedMemory rings;
    private final MappedMemory entries;
    private final long sqFlags;
    private final int features;
    private boolean enabled;
    private final SubmissionQueue submissions;
    private final CompletionQueue completions;

    private Uring(int fd, MappedMemory rings, MappedMemory entries, long params) {
        this.fd = fd;
        this.rings = rings;
        this.entries = entries;
        this.features = NativeMemory.getInt(params + IoUringAbi.PARAMS_FEATURES);
        long sqOff = params + IoUringAbi.PARAMS_SQ_OFF;
        this.sqFlags =
                rings.address() + NativeMemory.getInt(sqOff + IoUringAbi.SQ_OFF_FLAGS);
        this.submissions = new SubmissionQueue(rings.address(), sqOff, entries.address());
        this.completions =
                new CompletionQueue(rings.address(), params + IoUringAbi.PARAMS_CQ_OFF);
    }

    /**
     * Makes a ring that nobody owns yet.
     *
     * @param entries places for requests not yet submitted, a power of two; twice as many for
     *     answers, beyond which the kernel keeps them
     */
    public static Uring create(int entries) throws ErrnoException {
        try (MappedMemory params = MappedMemory.anonymous(IoUringAbi.PARAMS_BYTES)) {
            int fd = setUp(entries, params);
            return map(fd, params.address());
        }
    }

    private static int setUp(int entries, MappedMemory params) throws ErrnoException {
        ErrnoException refused = null;
        for (int flags : SETUPS) {
            NativeMemory.fill(params.address(), IoUringAbi.PARAMS_BYTES, 0);
            NativeMemory.putInt(params.address() + IoUringAbi.PARAMS_FLAGS, flags);
            try {
                return Posix.ioUringSetup(entries, params.address());
            } catch (ErrnoException e) {
                if (e.errno() != Posix.EINVAL) {
                    throw e;
                }
                refused = e;
            }
        }
        throw refused;
    }

    private static Uring map(int fd, long params) throws ErrnoException {
        MappedMemory rings = null;
        try {
            int needed = IoUringAbi.FEAT_SINGLE_MMAP | IoUringAbi.FEAT_NODROP
                    | IoUringAbi.FEAT_RW_CUR_POS;
            int features = NativeMemory.getInt(params + IoUringAbi.PARAMS_FEATURES);
            if ((features & needed) != needed) {
                throw new ErrnoException("io_uring before Linux 5.6", Posix.ENOSYS);
            }
            int sqEntries = NativeMemory.getInt(params + IoUringAbi.PARAMS_SQ_ENTRIES);
            int cqEntries = NativeMemory.getInt(params + IoUringAbi.PARAMS_CQ_ENTRIES);
            long sqArray = NativeMemory.getInt(
                    params + IoUringAbi.PARAMS_SQ_OFF + IoUringAbi.SQ_OFF_ARRAY);
            long cqes = NativeMemory.getInt(
                    params + IoUringAbi.PARAMS_CQ_OFF + IoUringAbi.CQ_OFF_CQES);
            long bytes = Math.max(
                    sqArray + 4L * sqEntries, cqes + (long) cqEntries * IoUringAbi.CQE_BYTES);
            rings = MappedMemory.device(fd, IoUringAbi.MMAP_RINGS, bytes);
            MappedMemory entries = MappedMemory.device(
                    fd, IoUringAbi.MMAP_SQES, (long) sqEntries * IoUringAbi.SQE_BYTES);
            return new Uring(fd, rings, entries, params);
        } catch (ErrnoException e) {
            if (rings != null) {
                rings.close();
            }
            Posix.close(fd);
            throw e;
        }
    }

    /**
     * Makes the calling thread the ring's owner unless there is one.
     *
     * @throws IllegalStateException if the host forbids it, which {@link UringProbe} would have
     *     found
     */
    public void enableOnce() {
        if (enabled) {
            return;
        }
        try {
            enable();
        } catch (ErrnoException e) {
            throw new IllegalStateException(e);
        }
    }

    /** IORING_FEAT bits of the kernel. */
    public int features() {
        return features;
    }

    /** Makes the calling thread the ring's owner and lets requests in. Once, before all else. */
    public void enable() throws ErrnoException {
        int result = Posix.ioUringRegister(fd, IoUringAbi.REGISTER_ENABLE_RINGS, 0, 0);
        if (result < 0) {
            throw new ErrnoException("io_uring_register(enable)", -result);
        }
        enabled = true;
    }

    /**
     * Registers buffers, an iovec each, which fixed transfers then name by their place.
     *
     * @return 0 or the negative errno
     */
    public int registerBuffers(long iovecs, int count) {
        return Posix.ioUringRegister(fd, IoUringAbi.REGISTER_BUFFERS, iovecs, count);
    }

    /** Registers buffers no more. No transfer should use one: older kernels wait for its end. */
    public void unregisterBuffers() {
        int result;
        do {
            result = Posix.ioUringRegister(fd, IoUringAbi.UNREGISTER_BUFFERS, 0, 0);
        } while (result == -Posix.EINTR);
        assert result == 0 : "nothing was registered";
    }

    /** Readable while there are answers. */
    public int fd() {
        return fd;
    }

    /** Where requests go. */
    public SubmissionQueue submissions() {
        return submissions;
    }

    /** Where answers come. */
    public CompletionQueue completions() {
        return completions;
    }

    /** Whether answers wait for an enter to be worked off: a look at memory. */
    public boolean needsEnter() {
        int attention = IoUringAbi.SQ_TASKRUN | IoUringAbi.SQ_CQ_OVERFLOW;
        // F1: pairs with the kernel, which sets a flag after what it stands for
        return (NativeMemory.getIntAcquire(sqFlags) & attention) != 0;
    }

    /**
     * io_uring_enter(2): submits what was added, and with {@link #GETEVENTS} waits for answers.
     *
     * @return entries submitted or the negative errno; EINTR only if nothing was submitted
     */
    public int enter(int minComplete, int flags) {
        return Posix.ioUringEnter(fd, submissions.publish(), minComplete, flags);
    }

    /** Ends the ring with all that is pending. Thread: any, once its owner is done with it. */
    @Override
    public void close() {
        entries.close();
        rings.close();
        Posix.close(fd);
    }
}
