// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * {@link NotificationModel} for a packed ring: the steps of both sides in every order, each with a
 * store buffer (TSO). Chains take one slot of a ring of two, so that a few requests turn both wrap
 * counters several times. Thread: one.
 *
 * <pre>
 *   driver                                    device
 *     publish 1 or 2: flags, the first last     use 1 or all: flags, the first last
 *     full fence  D                             full fence  C
 *     read the device's word, kick              read the driver's word, call
 *
 *     nothing used: write word, ask for a call  nothing available: write word, ask for a kick
 *     full fence  C                             full fence  D
 *     next slot used? go on : sleep             next slot available? go on : sleep
 * </pre>
 */
final class PackedNotificationModel {
    /** What is wrong with the protocol. */
    enum Bug {
        NONE,
        NO_FENCE_IN_DRIVER_PUBLISH,
        NO_FENCE_IN_DRIVER_ENABLE_CALLS,
        NO_FENCE_IN_DEVICE_NEEDS_CALL,
        NO_FENCE_IN_DEVICE_ENABLE_KICKS,
        NO_SECOND_LOOK_BY_DRIVER,
        NO_SECOND_LOOK_BY_DEVICE,
        /** The place in the word is taken for one of the round that the driver is in. */
        DRIVER_IGNORES_WRAP_OF_EVENT,
        DEVICE_IGNORES_WRAP_OF_EVENT,
        /** Only the last slot of a batch is compared with the place in the word. */
        DRIVER_COMPARES_FROM_WRONG_SLOT,
        DEVICE_COMPARES_FROM_WRONG_SLOT;

        /** Whether it is one of comparing places, which words without event indices lack. */
        boolean isAboutPlaces() {
            return compareTo(DRIVER_IGNORES_WRAP_OF_EVENT) >= 0;
        }
    }

    private static final int SIZE = 2;

    private static final int DRIVER = 0;
    private static final int DEVICE = 1;

    // A state: shared variables, eventfds, places, what each side knows, store buffers.
    private static final int FLAGS = 0;
    private static final int KICK_WORD = SIZE;
    private static final int CALL_WORD = SIZE + 1;
    private static final int KICK = SIZE + 2;
    private static final int CALL = SIZE + 3;
    private static final int PLACE = SIZE + 4;
    private static final int PUBLISHED = SIZE + 6;
    private static final int DECIDED = SIZE + 7;
    private static final int POLLED = SIZE + 8;
    private static final int TAKEN = SIZE + 9;
    private static final int SHOWN = SIZE + 10;
    private static final int SIGNALLED = SIZE + 11;
    private static final int SIGNALLED_BEFORE = SIZE + 12;
    private static final int BUFFERED = SIZE + 13;
    private static final int STORES = SIZE + 15;
    private static final int STORES_MAX = 6;
    private static final int STATE_BYTES = STORES + 2 * STORES_MAX;

    // Values of the variables: AVAIL and USED of a slot; a word, at a place from AT on.
    private static final int AVAIL_BIT = 1;
    private static final int USED_BIT = 2;
    private static final int ENABLE = 0;
    private static final int DISABLE = 1;
    private static final int AT = 2;

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

    /** A model of so many requests, with event indices or without. */
    PackedNotificationModel(boolean eventIdx, Bug bug, int requests) {
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
        first[KICK_WORD] = (byte) wish(0);
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
                int countMax = Math.min(requests - s[PUBLISHED], SIZE - (s[PUBLISHED] - s[POLLED]));
                for (int count = 1; count <= countMax; count++) {
                    reach(publish(current.clone(), DRIVER, PUBLISHED, s[PUBLISHED] + count));
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
                boolean kick = needEvent(load(s, DRIVER, KICK_WORD), s[DECIDED], s[PUBLISHED],
                        eventIdx, bug == Bug.DRIVER_IGNORES_WRAP_OF_EVENT,
                        bug == Bug.DRIVER_COMPARES_FROM_WRONG_SLOT);
                s[DECIDED] = s[PUBLISHED];
                reach(go(s, DRIVER, kick ? NOTIFY : LOOK));
            }
            case NOTIFY -> {
                s[KICK] = 1;
                reach(go(s, DRIVER, LOOK));
            }
            case LOOK -> {
                boolean moved = isUsed(s, DRIVER);
                s[POLLED] += (byte) (moved ? 1 : 0);
                reach(go(s, DRIVER, moved ? WORK : ASK));
            }
            case ASK -> reach(go(store(s, DRIVER, CALL_WORD, wish(s[POLLED])), DRIVER,
                    FENCE_AFTER_ASK));
            case FENCE_AFTER_ASK -> reach(fence(s, DRIVER, SECOND_LOOK,
                    bug != Bug.NO_FENCE_IN_DRIVER_ENABLE_CALLS));
            case SECOND_LOOK -> {
                boolean moved = isUsed(s, DRIVER) && bug != Bug.NO_SECOND_LOOK_BY_DRIVER;
                reach(go(s, DRIVER, moved ? ASK_NO_MORE : SLEEP));
            }
            case SLEEP -> {
                if (s[CALL] != 0) {
                    s[CALL] = 0;
                    reach(go(s, DRIVER, ASK_NO_MORE));
                }
            }
            case ASK_NO_MORE -> reach(go(store(s, DRIVER, CALL_WORD, DISABLE), DRIVER, LOOK));
            default -> { }
        }
    }

    // ------------------------------------------------------------------ the device

    private void stepDevice() {
        byte[] s = current.clone();
        switch (s[PLACE + DEVICE]) {
            case LOOK -> {
                if (!isAvailable(s, DEVICE)) {
                    reach(go(s, DEVICE, s[TAKEN] > s[SHOWN] ? WORK : ASK));
                    return;
                }
                byte[] one = current.clone();
                one[TAKEN]++;
                reach(go(one, DEVICE, WORK));
                s[TAKEN]++;
                reach(go(s, DEVICE, LOOK));
            }
            case WORK -> reach(publish(s, DEVICE, SHOWN, s[TAKEN]));
            case FENCE_AFTER_PUBLISH -> reach(fence(s, DEVICE, DECIDE,
                    bug != Bug.NO_FENCE_IN_DEVICE_NEEDS_CALL));
            case DECIDE -> {
                boolean call = needEvent(load(s, DEVICE, CALL_WORD), s[SIGNALLED], s[SHOWN],
                        eventIdx && s[SIGNALLED_BEFORE] != 0,
                        bug == Bug.DEVICE_IGNORES_WRAP_OF_EVENT,
                        bug == Bug.DEVICE_COMPARES_FROM_WRONG_SLOT);
                s[SIGNALLED] = s[SHOWN];
                s[SIGNALLED_BEFORE] = 1;
                reach(go(s, DEVICE, call ? NOTIFY : LOOK));
            }
            case NOTIFY -> {
                s[CALL] = 1;
                reach(go(s, DEVICE, LOOK));
            }
            case ASK -> reach(go(store(s, DEVICE, KICK_WORD, wish(s[TAKEN])), DEVICE,
                    FENCE_AFTER_ASK));
            case FENCE_AFTER_ASK -> reach(fence(s, DEVICE, SECOND_LOOK,
                    bug != Bug.NO_FENCE_IN_DEVICE_ENABLE_KICKS));
            case SECOND_LOOK -> {
                boolean moved = isAvailable(s, DEVICE) && bug != Bug.NO_SECOND_LOOK_BY_DEVICE;
                reach(go(s, DEVICE, moved ? ASK_NO_MORE : SLEEP));
            }
            case SLEEP -> {
                if (s[KICK] != 0) {
                    s[KICK] = 0;
                    reach(go(s, DEVICE, ASK_NO_MORE));
                }
            }
            case ASK_NO_MORE -> reach(go(store(s, DEVICE, KICK_WORD, DISABLE), DEVICE, LOOK));
            default -> { }
        }
    }

    // ------------------------------------------------------------------ the ring

    /** A place after so many slots, in the form that {@link WrapCounter} takes. */
    private static WrapCounter place(int passed) {
        return new WrapCounter(SIZE, PackedFields.offWrap(passed % SIZE, passed / SIZE % 2 == 0));
    }

    private static int realFlags(int flags) {
        return ((flags & AVAIL_BIT) != 0 ? PackedFields.AVAIL : 0)
                | ((flags & USED_BIT) != 0 ? PackedFields.USED : 0);
    }

    private static boolean isUsed(byte[] s, int side) {
        return place(s[POLLED]).isUsed(realFlags(load(s, side, FLAGS + s[POLLED] % SIZE)));
    }

    private static boolean isAvailable(byte[] s, int side) {
        return place(s[TAKEN]).isAvailable(realFlags(load(s, side, FLAGS + s[TAKEN] % SIZE)));
    }

    /** Shows all slots up to {@code end} to the other side, the first one last. */
    private static byte[] publish(byte[] s, int side, int counter, int end) {
        byte[] next = s;
        for (int at = end - 1; at >= s[counter] && next != null; at--) {
            int real = side == DRIVER ? place(at).availableFlags() : place(at).usedFlags();
            int flags = ((real & PackedFields.AVAIL) != 0 ? AVAIL_BIT : 0)
                    | ((real & PackedFields.USED) != 0 ? USED_BIT : 0);
            next = store(next, side, FLAGS + at % SIZE, flags);
        }
        if (next != null) {
            next[counter] = (byte) end;
        }
        return go(next, side, FENCE_AFTER_PUBLISH);
    }

    private int wish(int passed) {
        return eventIdx ? AT + passed % (2 * SIZE) : ENABLE;
    }

    private static boolean needEvent(int word, int from, int to, boolean byEvent,
            boolean ignoreWrap, boolean wrongSlot) {
        int real = PackedLayout.event(word, 0);
        if (word >= AT) {
            WrapCounter at = place(ignoreWrap ? (word - AT) % SIZE + to / SIZE * SIZE : word - AT);
            real = PackedLayout.event(PackedLayout.EVENT_AT, at.offWrap());
        }
        return place(to).needEvent(real, wrongSlot ? 1 : to - from, 0, byEvent);
    }

    // ------------------------------------------------------------------ memory

    private static byte[] go(byte[] s, int side, int place) {
        if (s != null) {
            s[PLACE + side] = (byte) place;
        }
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

    /** Buffers a store; a full buffer, answered with null, has to wait for memory. */
    private static byte[] store(byte[] s, int side, int variable, int value) {
        int count = s[BUFFERED + side];
        if (count == STORES_MAX) {
            return null;
        }
        s[STORES + side * STORES_MAX + count] = (byte) (variable << 4 | value);
        s[BUFFERED + side]++;
        return s;
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
