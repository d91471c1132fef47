// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.filter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * All interleavings of two writers and two readers of one block, step by step as {@link BlockSums}
 * takes them. The disk is a variable; a reader who compares must not find another value, and what
 * is kept in the end must be what is on the disk.
 */
class BlockSumsModelTest {
    /** What is left out of the protocol, to see that the model finds it. */
    private enum Bug { NONE, SEVERAL_WRITERS_ARE_FORGOTTEN, LEARNS_WITHOUT_BEING_A_WRITER,
        DOES_NOT_LOOK_AGAIN, SUM_IS_KEPT_AFTER_THE_END }

    @Test
    void noReaderIsWrong() {
        Model model = Model.explored(Bug.NONE);
        assertFalse(model.wrong);
        assertTrue(model.compared && model.learnt, "nothing was compared or learnt");
        System.out.println("BlockSumsModelTest: " + model.visited.size() + " states");
    }

    @Test
    void theModelFindsEachBug() {
        for (Bug bug : Bug.values()) {
            assertEquals(bug != Bug.NONE, Model.explored(bug).wrong, bug.toString());
        }
    }

    private static final class Model {
        private static final int WRITERS = 2;
        private static final int READERS = 2;
        private static final int THREADS = WRITERS + READERS;
        private static final int DONE = 99;
        private static final int UNKNOWN = 0;

        /** A state as numbers; of each thread its step comes first, then what it has seen. */
        private static final int VERSION = 0;
        private static final int SEVERAL = 1;
        private static final int COUNT = 2;
        private static final int SUM = 3;
        private static final int DISK = 4;
        private static final int PER_THREAD = 5;
        private static final int SEEN_VERSION = 1;
        private static final int SEEN_SEVERAL = 2;
        private static final int SEEN_COUNT = 3;
        private static final int SEEN_DATA = 4;
        private static final int SEEN_SUM = 5;
        private static final int LOCALS = 6;

        private final Bug bug;
        private final Set<String> visited = new HashSet<>();
        private boolean wrong;
        private boolean compared;
        private boolean learnt;

        private Model(Bug bug) {
            this.bug = bug;
        }

        static Model explored(Bug bug) {
            Model model = new Model(bug);
            int[] state = new int[PER_THREAD + THREADS * LOCALS];
            state[DISK] = 7;
            model.explore(state);
            return model;
        }

        private void explore(int[] state) {
            if (!visited.add(Arrays.toString(state))) {
                return;
            }
            boolean ended = true;
            for (int thread = 0; thread < THREADS; thread++) {
                int at = PER_THREAD + thread * LOCALS;
                if (state[at] != DONE) {
                    ended = false;
                    int[] next = state.clone();
                    if (thread < WRITERS) {
                        write(next, at, thread + 1);
                    } else {
                        read(next, at);
                    }
                    explore(next);
                }
            }
            if (ended && state[SUM] != UNKNOWN && state[SUM] != state[DISK]) {
                wrong = true;
            }
        }

        private void write(int[] s, int at, int value) {
            switch (s[at]) {
                case 0 -> begin(s, at, 1);
                case 1 -> {
                    s[DISK] = value;
                    s[at] = 2;
                }
                default -> end(s, at, value, 2);
            }
        }

        private static void begin(int[] s, int at, int next) {
            if (s[COUNT] > 0) {
                s[SEVERAL] = 1;
            }
            s[COUNT]++;
            s[VERSION]++;
            s[at] = next;
        }

        /** Steps from {@code first} on: look, keep a sum, count down if nothing changed. */
        private void end(int[] s, int at, int value, int first) {
            int step = s[at] - first;
            if (step == 0) {
                remember(s, at);
                s[at]++;
            } else if (step == 1 && bug != Bug.SUM_IS_KEPT_AFTER_THE_END) {
                keep(s, at, value);
                s[at]++;
            } else if (step == 1 || step == 2 && bug != Bug.SUM_IS_KEPT_AFTER_THE_END) {
                if (!isAsRemembered(s, at)) {
                    s[at] = first;
                    return;
                }
                s[COUNT]--;
                if (s[COUNT] == 0) {
                    s[SEVERAL] = 0;
                }
                s[at] = bug == Bug.SUM_IS_KEPT_AFTER_THE_END ? s[at] + 1 : DONE;
            } else {
                keep(s, at, value);
                s[at] = DONE;
            }
        }

        private void keep(int[] s, int at, int value) {
            boolean several = s[at + SEEN_SEVERAL] == 1 && bug != Bug.SEVERAL_WRITERS_ARE_FORGOTTEN;
            s[SUM] = several ? UNKNOWN : value;
        }

        private static void remember(int[] s, int at) {
            s[at + SEEN_VERSION] = s[VERSION];
            s[at + SEEN_SEVERAL] = s[SEVERAL];
            s[at + SEEN_COUNT] = s[COUNT];
        }

        private static boolean isAsRemembered(int[] s, int at) {
            return s[VERSION] == s[at + SEEN_VERSION] && s[SEVERAL] == s[at + SEEN_SEVERAL]
                    && s[COUNT] == s[at + SEEN_COUNT];
        }

        private void read(int[] s, int at) {
            switch (s[at]) {
                case 0 -> {
                    remember(s, at);
                    s[at] = 1;
                }
                case 1 -> {
                    s[at + SEEN_DATA] = s[DISK];
                    s[at] = 2;
                }
                case 2 -> {
                    s[at + SEEN_SUM] = s[SUM];
                    s[at] = s[at + SEEN_COUNT] > 0 ? DONE : 3;
                }
                case 3 -> compare(s, at);
                case 4 -> {
                    if (bug == Bug.LEARNS_WITHOUT_BEING_A_WRITER) {
                        s[SUM] = s[at + SEEN_DATA];
                        s[at] = DONE;
                    } else if (isAsRemembered(s, at)) {
                        begin(s, at, 5);
                        learnt = true;
                    } else {
                        s[at] = DONE;
                    }
                }
                default -> end(s, at, s[at + SEEN_DATA], 5);
            }
        }

        private void compare(int[] s, int at) {
            if (!isAsRemembered(s, at) && bug != Bug.DOES_NOT_LOOK_AGAIN) {
                s[at] = DONE;
            } else if (s[at + SEEN_SUM] == UNKNOWN) {
                s[at] = 4;
            } else {
                compared = true;
                wrong |= s[at + SEEN_SUM] != s[at + SEEN_DATA];
                s[at] = DONE;
            }
        }
    }
}
