// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The handshake between a loop about to sleep and those who wake it (QEMU's notify_me and
 * notified). Thread: {@link #wake} any, the rest home.
 *
 * <p>Both sides write their own flag and then read the other's (Dekker), with a full fence in
 * between, so at least one of them sees the other: either the loop does not sleep, or the waker
 * writes the eventfd. The wake-up is sticky: given while nobody sleeps, it keeps the next wait from
 * sleeping. WakeProtocolModelTest runs all interleavings, store buffers included.
 *
 * <pre>
 *   loop                                     waker
 *     sleeping = true                          work, then release notified = true
 *     full fence        W1 -------- W1         full fence
 *     read notified                            read sleeping, set the eventfd if true
 *     sleep until the eventfd is set
 *     sleeping = false
 *     take notified     W2 -------- W2         (the release above)
 *     look for work, clear the eventfd
 * </pre>
 */
final class WakeProtocol {
    private static final VarHandle SLEEPING = handle("sleeping");
    private static final VarHandle NOTIFIED = handle("notified");
    private static final VarHandle ELIDED = handle("elided", long.class);
    private static final VarHandle SENT = handle("sent", long.class);

    private final EventNotifier notifier;
    private boolean sleeping;
    private boolean notified;
    private long sent;
    private long elided;

    WakeProtocol(EventNotifier notifier) {
        this.notifier = notifier;
    }

    private static VarHandle handle(String field) {
        return handle(field, boolean.class);
    }

    private static VarHandle handle(String field, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(WakeProtocol.class, field, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Makes the loop run an iteration: now if it sleeps, without sleeping if it is about to.
     *
     * @return whether that took a system call
     */
    boolean wake() {
        // W2: pairs with WakeProtocol.accept, so that who takes it sees what it was given for
        NOTIFIED.setRelease(this, true);
        // W1: pairs with WakeProtocol.announceSleep
        VarHandle.fullFence();
        if ((boolean) SLEEPING.getOpaque(this)) {
            SENT.getAndAdd(this, 1L);
            notifier.set();
            return true;
        }
        ELIDED.getAndAdd(this, 1L);
        return false;
    }

    /** Says that the loop is about to sleep; returns false if it must not. */
    boolean announceSleep() {
        SLEEPING.setOpaque(this, true);
        // W1: pairs with WakeProtocol.wake
        VarHandle.fullFence();
        return !isNotified();
    }

    /** The loop is awake again. */
    void withdrawSleep() {
        SLEEPING.setOpaque(this, false);
    }

    /** Whether a wake-up is pending: a look at memory, cheap enough for a polling loop. */
    boolean isNotified() {
        return (boolean) NOTIFIED.getOpaque(this);
    }

    /**
     * Takes a pending wake-up. Must come before the loop looks for what it was woken for, so that
     * a wake-up given after that look stays pending.
     */
    boolean accept() {
        // W2: pairs with WakeProtocol.wake
        return isNotified() && (boolean) NOTIFIED.getAndSet(this, false);
    }

    long sent() {
        return (long) SENT.getOpaque(this);
    }

    long elided() {
        return (long) ELIDED.getOpaque(this);
    }
}
