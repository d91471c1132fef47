// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.posix.Posix;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;

/**
 * The event loops that serve a device.
 *
 * @param options polling, monitor and limits of each
 * @param cpus processors to run on, one per loop in turn; empty for any
 * @param count number of loops, each a thread
 */
public record LoopSetup(AioOptions options, List<Integer> cpus, int count) {
    /** Most loops; more than processors only makes sense for slow disks. */
    public static final int COUNT_MAX = 64;

    /** Checks the range. */
    public LoopSetup {
        cpus = List.copyOf(cpus);
        if (count < 1 || count > COUNT_MAX) {
            throw new IllegalArgumentException(
                    "iothreads must be 1 to " + COUNT_MAX + ", not " + count);
        }
        if (cpus.size() > count) {
            throw new IllegalArgumentException("iothread-cpus names " + cpus.size()
                    + " processors, and iothreads is " + count);
        }
    }

    /** One loop on any processor. */
    public LoopSetup(AioOptions options) {
        this(options, List.of(), 1);
    }

    /** Starts the loop of the given number, from 0. */
    IoThread start(int number) throws IOException {
        return start(number, "vblk-iothread-" + number);
    }

    /**
     * Starts the loop of the given number, from 0. Thread: control.
     *
     * @param name of its thread
     * @throws IOException if the host says no, in words for an operator
     */
    public IoThread start(int number, String name) throws IOException {
        if (cpus.isEmpty()) {
            return IoThread.start(name, options);
        }
        BitSet usable = Posix.cpus();
        for (int cpu : cpus) {
            if (!usable.get(cpu)) {
                throw new IOException("iothread-cpus: processor " + cpu
                        + " is none of those that this process may use, " + usable);
            }
        }
        return IoThread.startOnCpu(name, options, cpus.get(number % cpus.size()));
    }
}
