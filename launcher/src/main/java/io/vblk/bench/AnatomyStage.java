// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.virtioblk.RequestTrace;
import java.util.List;
import java.util.Locale;

/** The stages of a request, in their order; each begins where the one before has ended. */
enum AnatomyStage {
    SUBMIT("until the ring had it"),
    KICK("the guest's kick, until it was noticed"),
    NOTICE("until the event loop turned to the queue"),
    QUEUE("until it was taken from the ring"),
    PREPARE("until it was handed over to the disk"),
    DISK("until the disk was done"),
    PUBLISH("until its completion was in the ring"),
    CALL("until the call to a sleeping guest went out"),
    REAP("until the guest saw it"),
    /** All between kick and the guest's seeing it, where nobody here sees more. */
    DEVICE("all else, until the guest saw it");

    /** Those of a device in this process. */
    static final List<AnatomyStage> WITH_DEVICE =
            List.of(SUBMIT, KICK, NOTICE, QUEUE, PREPARE, DISK, PUBLISH, CALL, REAP);
    /** Those that a guest knows by itself. */
    static final List<AnatomyStage> OF_GUEST = List.of(SUBMIT, KICK, DEVICE);

    private final String text;

    AnatomyStage(String text) {
        this.text = text;
    }

    /** What belongs to it, in words. */
    String text() {
        return text;
    }

    /** Its name in JSON and in tables. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Shares the time of a request out to its stages, so that they add up to it exactly. A stage
     * whose end is not known, or comes out of its place, ends where the one before has: clocks are
     * read a little before or after what they are about, and a call may be sent too late to matter.
     *
     * @param kickedNs when the guest was back from kicking, 0 if it did not kick
     * @param record what the device has noted, null if that is not known
     * @param into gets the nanoseconds of each stage of a list above, in its order
     * @param at where in it
     */
    static void split(long startNs, long issuedNs, long kickedNs, long seenNs, long[] record,
            long[] into, int at) {
        long fromNs = startNs;
        fromNs += into[at] = stageNs(fromNs, issuedNs, seenNs);
        long kickEndNs = kickedNs;
        if (record == null) {
            fromNs += into[at + 1] = stageNs(fromNs, kickEndNs, seenNs);
            into[at + 2] = Math.max(0, seenNs - fromNs);
            return;
        }
        long noticedNs = record[RequestTrace.NOTICED];
        if (kickEndNs != 0 && noticedNs != 0 && noticedNs - kickEndNs < 0) {
            kickEndNs = noticedNs;
        }
        fromNs += into[at + 1] = stageNs(fromNs, kickEndNs, seenNs);
        for (int field = RequestTrace.NOTICED; field <= RequestTrace.CALLED; field++) {
            fromNs += into[at + 2 + field] = stageNs(fromNs, record[field], seenNs);
        }
        into[at + WITH_DEVICE.size() - 1] = Math.max(0, seenNs - fromNs);
    }

    private static long stageNs(long fromNs, long toNs, long lastNs) {
        if (toNs == 0) {
            return 0;
        }
        return Math.max(0, Math.min(toNs - fromNs, lastNs - fromNs));
    }
}
