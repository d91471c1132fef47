// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.posix.ErrnoException;
import java.util.List;

/**
 * The event loop that serves a device.
 *
 * @param options polling, monitor and limits
 * @param cpus processors to run on, one per loop in turn; empty for any
 */
public record LoopSetup(AioOptions options, List<Integer> cpus) {
    /** Copies the list. */
    public LoopSetup {
        cpus = List.copyOf(cpus);
    }

    /** Any processor. */
    public LoopSetup(AioOptions options) {
        this(options, List.of());
    }

    /** Starts the loop of the given number, from 0. */
    IoThread start(int number) throws ErrnoException {
        String name = "vblk-iothread";
        return cpus.isEmpty()
                ? IoThread.start(name, options)
                : IoThread.startOnCpu(name, options, cpus.get(number % cpus.size()));
    }
}
