// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtio;

/** What a device does with a queue that has work. Thread: home. */
public interface QueueProcessor {
    /** Serves the queue. */
    void process();

    /**
     * Whether chains can be taken at present. A queue held back by a full backend, or one whose
     * ring is broken, must not be polled: it would look ready for ever.
     */
    boolean acceptsWork();

    /**
     * Memory that another process shares is gone; stops using it if it is this queue's.
     *
     * @return whether it was
     */
    default boolean onMemoryFault() {
        return false;
    }

    /** An access to this queue's ring was a SIGBUS; throws it on if this cannot be dealt with. */
    default void onMemoryFault(InternalError fault) {
        throw fault;
    }
}
