// SPDX-License-Identifier: Apache-2.0
package io.vblk.block.engine;

/** Passages that wait for the same, linked through themselves, the oldest first. Thread: home. */
final class PassageQueue {
    private Passage first;
    private Passage last;
    private int size;

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }

    void add(Passage passage) {
        passage.next = null;
        if (first == null) {
            first = passage;
        } else {
            last.next = passage;
        }
        last = passage;
        size++;
    }

    Passage remove() {
        Passage passage = first;
        first = passage.next;
        passage.next = null;
        size--;
        return passage;
    }
}
