// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** When a notification is due, by counting positions of a ring without end, in 64 bits. */
final class Notifications {
    private enum Mode { ALWAYS, NEVER, AT_EVENT }

    private final QueueSetup setup;
    private Mode mode;
    private long event;
    private long decided;

    /**
     * A side that was not told anything yet.
     *
     * @param asked whether it begins with the wish to hear of the first position
     */
    Notifications(QueueSetup setup, boolean asked) {
        this.setup = setup;
        // Memory full of zeros: event index 0 in a split ring, no suppression in a packed one.
        this.mode = setup.eventIdx() && (asked || !setup.packed()) ? Mode.AT_EVENT : Mode.ALWAYS;
    }

    void enable(long next) {
        mode = setup.eventIdx() ? Mode.AT_EVENT : Mode.ALWAYS;
        event = next;
    }

    void disable() {
        // With event indices a split ring has no way to say never.
        if (setup.packed() || !setup.eventIdx()) {
            mode = Mode.NEVER;
        }
    }

    /** Positions up to {@code shown}, not included, are to be seen now. */
    boolean due(long shown) {
        long from = decided;
        decided = shown;
        if (mode != Mode.AT_EVENT) {
            return mode == Mode.ALWAYS && from != shown;
        }
        // The field has 16 bits: it means this position, and each one a period after it.
        for (long position = from; position < shown; position++) {
            if (position >= event && (position - event) % setup.period() == 0) {
                return true;
            }
        }
        return false;
    }
}
