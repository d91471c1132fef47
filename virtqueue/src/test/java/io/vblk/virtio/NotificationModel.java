// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The steps by which a driver and a device publish, decide about a notification, ask for one and go
 * to sleep, run in every order. Thread: one.
 *
 * <p>Each side writes into a store buffer that reaches memory at any later moment, in the order of
 * the stores (TSO, as x86 does it). Kicks and calls bypass it: the model is to hold even where
 * writing an eventfd is no barrier. Indices are counted from {@link #START}, so that they wrap.
 *
 * <pre>
 *   driver                                    device
 *     publish 1 or 2: avail.idx                 take 1 or all, used.idx
 *     full fence  D                             full fence  C
 *     read avail_event or used.flags, kick      read used_event or avail.flags, call
 *
 *     nothing used: ask for a call              nothing available: ask for a kick
 *     full fence  C                             full fence  D
 *     used.idx moved? go on : sleep             avail.idx moved? go on : sleep
 * </pre>
 */
final class NotificationModel {
    /** What is left out of the protocol. */
    enum Bug {
        NONE,
        NO_FENCE_IN_DRIVER_PUBLISH,
        NO_FENCE_IN_DRIVER_ENABLE_CALLS,
        NO_FENCE_IN_DEVICE_NEEDS_CALL,
        NO_FENCE_IN_DEVICE_ENABLE_KICKS,
        NO_SECOND_LOOK_BY_DRIVER,
        NO_SECOND_LOOK_BY_DEVICE
    }

    /** The index that counts as 0 here. */
    private static final int START = 0xFFFE;
    private static final int MASK = 0xFFFF;

    private static final int DRIVER = 0;
    private static final int DEVICE = 1;

    // A state: shared variables, eventfds, places, what each side knows, store buffers.
    private static final int AVAIL_IDX = 0;
    private static final int USED_IDX = 1;
    private static final int KICK_HINT = 2;
    private static final int CALL_HINT = 3;
    private static final int KICK = 4;
    private static final int CALL = 5;
    private static final int PLACE = 6;
    private static final int PUBLISHED = 8;
    private static final int DECIDED = 9;
    private static final int POLLED = 10;
    private static final int TAKEN = 11;
    private static final int SIGNALLED = 12;
    private static final int SIGNALLED_BEFORE = 13;
    private static final int BUFFERED = 14;
    private static final int STORES = 16;
    private static final int STORES_MAX = 6;
    private static final int STATE_BYTES = STORES + 2 * STORES_MAX;

    // Places; the same for both sides.
    private static final int WORK = 0;
    private static final int FENCE_AFTER_PUBLISH = 1;
    private static final int DECIDE = 2;
    private static final int NOTIFY = 3;
    private static final int LOOK = 4;
    private static final int ASK = 5;
    private static final int FENCE_AFTER_ASK = 6;
    private static final int SECOND_LOOK = 7;
    private static final int SLEEP = 8;
    private static final int ASK_NO_MORE = 9;
    private static final int DONE = 10;

    private final boolean eventIdx;
    private final Bug bug;
    private final int requests;
    private final Map<ByteBuffer, ByteBuffer> cameFrom = new HashMap<>();
    private final ArrayDeque<byte[]> toVisit = new ArrayDeque<>();
    private byte[] current;

    /** A model of so many requests, with event indices or flags. */
    NotificationModel(boolean eventIdx, Bug bug, int requests) {
        this.eventIdx = eventIdx;
        this.bug = bug;
        this.requests = requests;
    }

    int states() {
        return cameFrom.size();
    }

    /** Visits all states; returns how both sides came to sleep over work, or null. */
    String lostNotification() {
        byte[] first = new byte[STATE_BYTES];
        first[PLACE + DEVICE] = LOOK;
        reach(first);
        while (!toVisit.isEmpty()) {
            current = toVisit.pollLast();
            if (isLost(current)) {
                return trace(current);
            }
            stepDriver();
            stepDevice();
            for (int side = DRIVER; side <= DEVICE; side++) {
                if (current[BUFFERED + side] > 0) {
                    reach(flush(current.clone(), side));
                }
            }
        }
        return null;
    }

    private void reach(byte[] state) {
        if (state == null) {
            return;
        }
        ByteBuffer key = ByteBuffer.wrap(state);
        if (!cameFrom.containsKey(key)) {
            cameFrom.put(key, current == null ? null : ByteBuffer.wrap(current));
            toVisit.addLast(state);
        }
    }

    /** Both asleep, nothing under way, and not everything done. */
    private static boolean isLost(byte[] s) {
        return s[PLACE + DRIVER] == SLEEP && s[CALL] == 0 && s[BUFFERED + DRIVER] == 0
                && s[PLACE + DEVICE] == SLEEP && s[KICK] == 0 && s[BUFFERED + DEVICE] == 0;
    }

    private String trace(byte[] last) {
        StringBuilder text = new StringBuilder();
        ByteBuffer at = ByteBuffer.wrap(last);
        while (at != null) {
            text.insert(0, Arrays.toString(at.array()) + "\n");
            at = cameFrom.get(at);
        }
        return text.toString();
    }

    // ------------------------------------------------------------------ the driver

    private void stepDriver() {
        byte[] s = current.clone();
        switch (s[PLACE + DRIVER]) {
            case WORK -> {
                for (int count = 1; count <= 2 && s[PUBLISHED] + count <= requests; count++) {
                    byte[] publish = current.clone();
                    publish[PUBLISHED] += (byte) count;
                    reach(store(publish, DRIVER, AVAIL_IDX, publish[PUBLISHED],
                            FENCE_AFTER_PUBLISH));
                }
                if (s[POLLED] < s[PUBLISHED]) {
                    reach(go(s, DRIVER, LOOK));
                } else if (s[POLLED] == requests) {
                    reach(go(s, DRIVER, DONE));
                }
            }
            case FENCE_AFTER_PUBLISH -> reach(fence(s, DRIVER, DECIDE,
                    bug != Bug.NO_FENCE_IN_DRIVER_PUBLISH));
            case DECIDE -> {
                int hint = load(s, DRIVER, KICK_HINT);
                boolean kick = eventIdx ? needEvent(hint, s[PUBLISHED], s[DECIDED]) : hint == 0;
                s[DECIDED] = s[PUBLISHED];
                reach(go(s, DRIVER, kick ? NOTIFY : LOOK));
            }
            case NOTIFY -> {
                s[KICK] = 1;
                reach(go(s, DRIVER, LOOK));
            }
            case LOOK -> {
                int used = load(s, DRIVER, USED_IDX);
                boolean moved = used != s[POLLED];
                s[POLLED] = (byte) used;
                reach(go(s, DRIVER, moved ? WORK : ASK));
            }
            case ASK -> reach(store(
                    s, DRIVER, CALL_HINT, eventIdx ? s[POLLED] : 0, FENCE_AFTER_ASK));
            case FENCE_AFTER_ASK -> reach(fence(s, DRIVER, SECOND_LOOK,
                    bug != Bug.NO_FENCE_IN_DRIVER_ENABLE_CALLS));
            case SECOND_LOOK -> {
                boolean moved = load(s, DRIVER, USED_IDX) != s[POLLED]
                        && bug != Bug.NO_SECOND_LOOK_BY_DRIVER;
                reach(go(s, DRIVER, moved ? ASK_NO_MORE : SLEEP));
            }
            case SLEEP -> {
                if (s[CALL] != 0) {
                    s[CALL] = 0;
                    reach(go(s, DRIVER, ASK_NO_MORE));
                }
            }
            case ASK_NO_MORE -> reach(eventIdx ? go(s, DRIVER, LOOK)
                    : store(s, DRIVER, CALL_HINT, 1, LOOK));
            default -> { }
        }
    }

    // ------------------------------------------------------------------ the device

    private void stepDevice() {
        byte[] s = current.clone();
        switch (s[PLACE + DEVICE]) {
            case LOOK -> {
                int available = load(s, DEVICE, AVAIL_IDX);
                if (available == s[TAKEN]) {
                    reach(go(s, DEVICE, ASK));
                    return;
                }
                byte[] one = current.clone();
                one[TAKEN]++;
                reach(go(one, DEVICE, WORK));
                s[TAKEN] = (byte) available;
                reach(go(s, DEVICE, WORK));
            }
            case WORK -> reach(store(s, DEVICE, USED_IDX, s[TAKEN], FENCE_AFTER_PUBLISH));
            case FENCE_AFTER_PUBLISH -> reach(fence(s, DEVICE, DECIDE,
                    bug != Bug.NO_FENCE_IN_DEVICE_NEEDS_CALL));
            case DECIDE -> {
                int hint = load(s, DEVICE, CALL_HINT);
                boolean call = !eventIdx ? hint == 0
                        : s[SIGNALLED_BEFORE] == 0 || needEvent(hint, s[TAKEN], s[SIGNALLED]);
                s[SIGNALLED] = s[TAKEN];
                s[SIGNALLED_BEFORE] = 1;
                reach(go(s, DEVICE, call ? NOTIFY : LOOK));
            }
            case NOTIFY -> {
                s[CALL] = 1;
                reach(go(s, DEVICE, LOOK));
            }
            case ASK -> reach(store(
                    s, DEVICE, KICK_HINT, eventIdx ? s[TAKEN] : 0, FENCE_AFTER_ASK));
            case FENCE_AFTER_ASK -> reach(fence(s, DEVICE, SECOND_LOOK,
                    bug != Bug.NO_FENCE_IN_DEVICE_ENABLE_KICKS));
            case SECOND_LOOK -> {
                boolean moved = load(s, DEVICE, AVAIL_IDX) != s[TAKEN]
                        && bug != Bug.NO_SECOND_LOOK_BY_DEVICE;
                reach(go(s, DEVICE, moved ? ASK_NO_MORE : SLEEP));
            }
            case SLEEP -> {
                if (s[KICK] != 0) {
                    s[KICK] = 0;
                    reach(go(s, DEVICE, ASK_NO_MORE));
                }
            }
            case ASK_NO_MORE -> reach(eventIdx ? go(s, DEVICE, LOOK)
                    : store(s, DEVICE, KICK_HINT, 1, LOOK));
            default -> { }
        }
    }

    private static boolean needEvent(int event, int next, int previous) {
        return EventIdx.needEvent(
                START + event & MASK, START + next & MASK, START + previous & MASK);
    }

    // ------------------------------------------------------------------ memory

    private static byte[] go(byte[] s, int side, int place) {
        s[PLACE + side] = (byte) place;
        return s;
    }

    private static int load(byte[] s, int side, int variable) {
        for (int i = s[BUFFERED + side] - 1; i >= 0; i--) {
            int store = s[STORES + side * STORES_MAX + i];
            if (store >> 4 == variable) {
                return store & 0xF;
            }
        }
        return s[variable];
    }

    /** Buffers a store; a full buffer has to wait for memory. */
    private static byte[] store(byte[] s, int side, int variable, int value, int place) {
        int count = s[BUFFERED + side];
        if (count == STORES_MAX) {
            return null;
        }
        s[STORES + side * STORES_MAX + count] = (byte) (variable << 4 | value);
        s[BUFFERED + side]++;
        return go(s, side, place);
    }

    private static byte[] fence(byte[] s, int side, int place, boolean present) {
        return present && s[BUFFERED + side] > 0 ? null : go(s, side, place);
    }

    private static byte[] flush(byte[] s, int side) {
        int first = STORES + side * STORES_MAX;
        int store = s[first];
        s[store >> 4] = (byte) (store & 0xF);
        int count = --s[BUFFERED + side];
        System.arraycopy(s, first + 1, s, first, count);
        s[first + count] = 0;
        return s;
    }
}
