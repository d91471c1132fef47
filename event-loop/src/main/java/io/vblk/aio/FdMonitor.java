// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import io.vblk.posix.ErrnoException;

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
     * Waits for readiness and fills the list. A descriptor found closed is reported with
     * {@link AioHandler#NVAL}. Thread: home.
     *
     * @param timeoutNs nanoseconds, 0 to look only, negative to wait for ever
     */
    void await(long timeoutNs, ReadyList ready);

    /** What this is, never AUTO. */
    FdMonitorKind kind();

    @Override
    void close();
}
