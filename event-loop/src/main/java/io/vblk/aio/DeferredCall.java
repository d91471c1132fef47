// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/**
 * Work to be done once at the end of the current batch of callbacks, however often it was asked
 * for: publishing completions, notifying the guest, submitting to the kernel (QEMU's defer_call).
 * Thread: home.
 */
public abstract class DeferredCall {
    /** Waiting in the context's list. */
    boolean deferred;
    DeferredCall next;

    /** Does the work. May defer again; that runs in the same drain. */
    protected abstract void runDeferred();
}
