// SPDX-License-Identifier: Apache-2.0
package io.vblk.launcher;

import io.vblk.aio.IoThread;
import io.vblk.bench.LoopSetup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * An event loop that disks may share.
 *
 * @param id what operators call it
 * @param setup what it is like
 * @param number which one of that setup
 */
record IothreadSpec(String id, LoopSetup setup, int number) {
    /** All loops of a setup. */
    static List<IothreadSpec> all(LoopSetup setup) {
        List<IothreadSpec> specs = new ArrayList<>();
        for (int i = 0; i < setup.count(); i++) {
            specs.add(new IothreadSpec("iothread-" + i, setup, i));
        }
        return specs;
    }

    /** Starts it; IOException if the host says no. */
    IoThread start() throws IOException {
        return setup.start(number, "vblk-" + id);
    }
}
