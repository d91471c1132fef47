// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Holds back the requests of a disk, in all its views at once. Thread: any. */
public final class HoldSwitch {
    private final List<HoldFilter> filters = new CopyOnWriteArrayList<>();
    private volatile boolean held;

    void add(HoldFilter filter) {
        filters.add(filter);
    }

    void remove(HoldFilter filter) {
        filters.remove(filter);
    }

    /** Whether requests are held back. */
    public boolean isHeld() {
        return held;
    }

    /** Holds back all requests from now on; those under way go on. */
    public void hold() {
        held = true;
    }

    /** Hands on what was held back, and holds back no more. The disk must still be open. */
    public void resume() {
        held = false;
        for (HoldFilter filter : filters) {
            filter.wake();
        }
    }
}
