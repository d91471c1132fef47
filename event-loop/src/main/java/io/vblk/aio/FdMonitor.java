// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;
import io.vblk.posix.Posix;

/** How a context learns which descriptors are ready (QEMU's FDMonOps). */
interface FdMonitor extends AutoCloseable {
    /**
     * A handler came, went or changed its interest. Thread: any, under the handler list's lock;
     * the context is woken afterwards.
     *
     * @param oldEvents READ and WRITE bits watched so far, 0 for a newcomer
     * @param newEvents bits to watch from now on, 0 to forget the handler
     * @throws ErrnoException if the descriptor cannot be watched, EBADF for a closed one
     */
    void update(AioHandler handler, int oldEvents, int newEvents) throws ErrnoException;

    /**
     * Takes over what {@link #update} was told, at the latest here; may find readiness on the way.
     * Thread: home.
     */
    default void takeOver(ReadyList ready) {}

    /**
     * Waits for readiness and fills the list. A descriptor found closed is reported with
     * {@link AioHandler#NVAL}. Thread: home.
     *
     * @param timeoutNs nanoseconds, 0 to look only, negative to wait for ever
     */
    void await(long timeoutNs, ReadyList ready);

    /**
     * Makes ready for {@link #showsReadiness} or for a wait on {@link #fd}, if that takes
     * anything; may find readiness on the way. Thread: home.
     *
     * @param all false if descriptors that are polled in memory may be left out
     */
    default void prepare(boolean all, ReadyList ready) {}

    /**
     * Whether memory shows that {@link #await} would find something, without a system call; always
     * false where only the kernel knows. Thread: home.
     */
    default boolean showsReadiness() {
        return false;
    }

    /**
     * A descriptor that is readable while await would find something, always the same. Thread: any.
     *
     * @throws IllegalStateException if no descriptor stands for all
     */
    int fd();

    /** Refuses a closed descriptor where the monitor itself would find that out only later. */
    static void checkOpen(AioHandler handler) throws ErrnoException {
        int result = Posix.fcntl(handler.fd, Posix.F_GETFD, 0);
        if (result < 0) {
            throw new ErrnoException("watching fd " + handler.fd, -result);
        }
    }

    /** What this is, never AUTO. */
    FdMonitorKind kind();

    @Override
    void close();
}
