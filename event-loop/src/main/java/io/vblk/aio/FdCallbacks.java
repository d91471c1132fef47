// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * What a handler does when its descriptor is ready or when the memory behind it is polled.
 * Thread: home, all methods.
 */
public interface FdCallbacks {
    /** The descriptor is readable, hung up or in error. */
    void onReadable();

    /** The descriptor is writable or in error, or hung up and not watched for reading. */
    default void onWritable() {}

    /**
     * Looks, cheaply and without doing the work, whether there is work that the descriptor would
     * announce. Called in a tight loop; only handlers registered with {@link AioHandler#POLL}.
     */
    default boolean poll() {
        return false;
    }

    /** Does the work that {@link #poll} found. */
    default void pollReady() {}

    /** Polling starts: the other side need not signal the descriptor any more. */
    default void pollBegin() {}

    /**
     * Polling ends: the other side must signal again. {@link #poll} is called once more after.
     * Not called for a handler that is removed while polling: who removes it switches signals on.
     */
    default void pollEnd() {}

    /**
     * Memory that another process shares is gone (see {@link IoThread}); whoever uses it stops
     * doing so.
     *
     * @return whether that was this handler's memory
     */
    default boolean onMemoryFault() {
        return false;
    }

    /** What messages and statistics call the handler. */
    default String name() {
        return getClass().getSimpleName();
    }
}
