// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import io.vblk.aio.EventNotifier;

/**
 * What a front-end has said about one vring, and whether it runs. Thread: the connection's.
 *
 * <p>A vring is started by its kick and stopped by GET_VRING_BASE; it is enabled and disabled
 * besides. It runs while it is started, enabled and has a size, addresses and memory.
 */
final class VringState {
    final int index;
    /** Number of descriptors, 0 as long as it was not said. */
    int size;
    /** Addresses of the front-end; null as long as they were not said. */
    Addresses addresses;
    /** Where to go on, as {@link io.vblk.virtio.VirtqueueConfig#base} has it. */
    int base;
    /** Whether the base was set; else a fresh ring's is meant. */
    boolean baseSet;
    boolean enabled;
    boolean running;

    /** Null while the vring is not started. */
    private EventNotifier kick;
    private PolledKick polled;
    private EventNotifier call = EventNotifier.none();
    private EventNotifier err = EventNotifier.none();

    VringState(int index) {
        this.index = index;
    }

    /** Where a ring lies, and whether writes to it are logged. */
    record Addresses(long desc, long used, long avail, boolean logged, long logAddress) {
        boolean sameRing(Addresses other) {
            return desc == other.desc && used == other.used && avail == other.avail;
        }
    }

    boolean wantsToRun() {
        return kick != null && enabled && size != 0 && addresses != null;
    }

    /** Whether the front-end has started the vring. */
    boolean isStarted() {
        return kick != null;
    }

    EventNotifier kick() {
        return kick;
    }

    EventNotifier call() {
        return call;
    }

    EventNotifier err() {
        return err;
    }

    /** Starts the vring with a kick that it owns from now on. It may not run. */
    void start(EventNotifier notifier) {
        closeKick();
        kick = notifier;
    }

    /** Starts the vring without kicks. It may not run. */
    void start(PolledKick polling) {
        closeKick();
        polled = polling;
        kick = polling.kick();
    }

    /** Notes that the vring runs, or does not any more. */
    void setRunning(boolean now) {
        running = now;
        if (polled != null && now) {
            polled.begin();
        } else if (polled != null) {
            polled.rest();
        }
    }

    /** Forgets the kick. It may not run. */
    void stop() {
        closeKick();
        kick = null;
    }

    private void closeKick() {
        if (polled != null) {
            polled.close();
            polled = null;
        } else if (kick != null) {
            kick.close();
        }
    }

    /** Sets who is called; returns the one before, which is the caller's to close. */
    EventNotifier replaceCall(EventNotifier notifier) {
        EventNotifier before = call;
        call = notifier;
        return before;
    }

    void setErr(EventNotifier notifier) {
        err.close();
        err = notifier;
    }

    /** Forgets everything. It may not run. */
    void reset() {
        stop();
        replaceCall(EventNotifier.none()).close();
        setErr(EventNotifier.none());
        size = 0;
        addresses = null;
        base = 0;
        baseSet = false;
        enabled = false;
    }
}
