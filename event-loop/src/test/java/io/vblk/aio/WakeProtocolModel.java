// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * The steps of {@link WakeProtocol} as one loop and two wakers take them, run in every order.
 * Thread: one.
 *
 * <p>Each thread writes into a store buffer that reaches memory at any later moment: in the order
 * of the stores (TSO, as x86 does it), or in any order but for stores of one variable and for
 * release stores, which wait for those before them (PSO, as weaker machines do it). A waker
 * publishes work, then wakes; the loop looks for work, announces its sleep, sleeps, accepts the
 * wake-up, looks again and clears the eventfd, for ever.
 *
 * <pre>
 *   state:  0 notified, sleeping, work of each waker, eventfd   5 place of each thread
 *           8 work seen of each waker   10 woken by eventfd   11 stores buffered by each thread
 *          14 the stores, up to four for each thread: variable (4 bits) release (1) value (3)
 * </pre>
 */
final class WakeProtocolModel {
    enum Memory { TSO, PSO }

    /** What the protocol under test has. */
    record Protocol(boolean loopFence, boolean wakerFence, boolean releaseStore) {
        static final Protocol OURS = new Protocol(true, true, true);
    }

    private static final int NOTIFIED = 0;
    private static final int SLEEPING = 1;
    private static final int WORK = 2;
    private static final int EVENTFD = 4;
    private static final int PLACE = 5;
    private static final int SEEN = 8;
    private static final int WOKEN = 10;
    private static final int BUFFERED = 11;
    private static final int STORES = 14;
    private static final int STORES_MAX = 4;
    private static final int THREADS = 3;
    private static final int STATE_BYTES = STORES + THREADS * STORES_MAX;
    private static final int RELEASE = 0x08;

    private static final int LOOP = 0;
    private static final int LOOP_ASLEEP = 5;
    private static final int WAKER_STEPS = 5;

    private final Memory memory;
    private final Protocol protocol;
    private final int wakeups;
    private final Set<ByteBuffer> seen = new HashSet<>();
    private final ArrayDeque<byte[]> toVisit = new ArrayDeque<>();

    /** A model in which each waker wakes the loop so many times. */
    WakeProtocolModel(Memory memory, Protocol protocol, int wakeups) {
        this.memory = memory;
        this.protocol = protocol;
        this.wakeups = wakeups;
    }

    int states() {
        return seen.size();
    }

    /** Visits all states; returns whether one of them is a loop asleep over undone work. */
    boolean losesWakeups() {
        reach(new byte[STATE_BYTES]);
        while (!toVisit.isEmpty()) {
            byte[] state = toVisit.pollLast();
            if (isLost(state)) {
                return true;
            }
            for (int thread = 0; thread < THREADS; thread++) {
                reach(thread == LOOP ? stepLoop(state.clone()) : stepWaker(state.clone(), thread));
                for (int i = 0; i < state[BUFFERED + thread]; i++) {
                    if (mayFlush(state, thread, i)) {
                        reach(flush(state.clone(), thread, i));
                    }
                }
            }
        }
        return false;
    }

    private void reach(byte[] state) {
        if (state != null && seen.add(ByteBuffer.wrap(state))) {
            toVisit.addLast(state);
        }
    }

    private boolean isLost(byte[] state) {
        boolean still = state[PLACE] == LOOP_ASLEEP && state[EVENTFD] == 0;
        for (int thread = 0; thread < THREADS; thread++) {
            still &= state[BUFFERED + thread] == 0;
            still &= thread == LOOP || state[PLACE + thread] == wakeups * WAKER_STEPS;
        }
        boolean undone = state[NOTIFIED] != 0;
        for (int waker = 0; waker < THREADS - 1; waker++) {
            undone |= state[SEEN + waker] != wakeups;
        }
        return still && undone;
    }

    // ------------------------------------------------------------------ steps

    /** One step of the loop, or null if it cannot go on. */
    private byte[] stepLoop(byte[] s) {
        switch (s[PLACE]) {
            case 0, 1 -> {
                int waker = s[PLACE];
                boolean work = read(s, LOOP, WORK + waker) != s[SEEN + waker];
                return work ? goTo(s, 7) : next(s, LOOP);
            }
            case 2 -> {
                return store(s, LOOP, SLEEPING, 1, false);
            }
            case 3 -> {
                return fence(s, LOOP, protocol.loopFence());
            }
            case 4 -> {
                return goTo(s, read(s, LOOP, NOTIFIED) == 0 ? LOOP_ASLEEP : 6);
            }
            case LOOP_ASLEEP -> {
                s[WOKEN] = s[EVENTFD];
                return s[EVENTFD] == 0 ? null : next(s, LOOP);
            }
            case 6 -> {
                return store(s, LOOP, SLEEPING, 0, false);
            }
            case 7 -> {
                return goTo(s, read(s, LOOP, NOTIFIED) == 0 ? 9 : 8);
            }
            case 8 -> {
                return exchange(s, LOOP, NOTIFIED, 0);
            }
            case 9, 10 -> {
                int waker = s[PLACE] - 9;
                s[SEEN + waker] = (byte) read(s, LOOP, WORK + waker);
                return next(s, LOOP);
            }
            default -> {
                s[EVENTFD] = s[WOKEN] != 0 ? 0 : s[EVENTFD];
                s[WOKEN] = 0;
                return goTo(s, 0);
            }
        }
    }

    /** One step of a waker, or null if it cannot go on. */
    private byte[] stepWaker(byte[] s, int thread) {
        int round = s[PLACE + thread] / WAKER_STEPS;
        if (round == wakeups) {
            return null;
        }
        switch (s[PLACE + thread] % WAKER_STEPS) {
            case 0 -> {
                return store(s, thread, WORK + thread - 1, round + 1, false);
            }
            case 1 -> {
                return store(s, thread, NOTIFIED, 1, protocol.releaseStore());
            }
            case 2 -> {
                return fence(s, thread, protocol.wakerFence());
            }
            case 3 -> {
                s[PLACE + thread] += (byte) (read(s, thread, SLEEPING) == 0 ? 2 : 1);
                return s;
            }
            default -> {
                s[EVENTFD] = 1;
                return next(s, thread);
            }
        }
    }

    private static byte[] next(byte[] s, int thread) {
        s[PLACE + thread]++;
        return s;
    }

    private static byte[] goTo(byte[] s, int place) {
        s[PLACE] = (byte) place;
        return s;
    }

    // ------------------------------------------------------------------ memory

    private static int storeAt(byte[] s, int thread, int index) {
        return s[STORES + thread * STORES_MAX + index];
    }

    private static int variableOf(int store) {
        return store >> 4 & 0x7;
    }

    private static int read(byte[] s, int thread, int variable) {
        for (int i = s[BUFFERED + thread] - 1; i >= 0; i--) {
            int store = storeAt(s, thread, i);
            if (variableOf(store) == variable) {
                return store & 0x7;
            }
        }
        return s[variable];
    }

    private static byte[] store(byte[] s, int thread, int variable, int value, boolean release) {
        int count = s[BUFFERED + thread];
        if (count == STORES_MAX) {
            return null;
        }
        int store = variable << 4 | (release ? RELEASE : 0) | value;
        s[STORES + thread * STORES_MAX + count] = (byte) store;
        s[BUFFERED + thread]++;
        return next(s, thread);
    }

    private static byte[] fence(byte[] s, int thread, boolean present) {
        return present && s[BUFFERED + thread] > 0 ? null : next(s, thread);
    }

    /** An atomic exchange: a fence on x86, elsewhere only in order with its own variable. */
    private byte[] exchange(byte[] s, int thread, int variable, int value) {
        for (int i = 0; i < s[BUFFERED + thread]; i++) {
            if (memory == Memory.TSO || variableOf(storeAt(s, thread, i)) == variable) {
                return null;
            }
        }
        s[variable] = (byte) value;
        return next(s, thread);
    }

    private boolean mayFlush(byte[] s, int thread, int index) {
        int store = storeAt(s, thread, index);
        if (memory == Memory.TSO || (store & RELEASE) != 0) {
            return index == 0;
        }
        for (int i = 0; i < index; i++) {
            if (variableOf(storeAt(s, thread, i)) == variableOf(store)) {
                return false;
            }
        }
        return true;
    }

    private static byte[] flush(byte[] s, int thread, int index) {
        int store = storeAt(s, thread, index);
        s[variableOf(store)] = (byte) (store & 0x7);
        int first = STORES + thread * STORES_MAX;
        int count = --s[BUFFERED + thread];
        System.arraycopy(s, first + index + 1, s, first + index, count - index);
        s[first + count] = 0;
        return s;
    }
}
