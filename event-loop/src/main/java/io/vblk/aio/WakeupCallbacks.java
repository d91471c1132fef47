// SPDX-License-Identifier: Apache-2.0
package io.vblk.aio;

/** Of the handler of a loop's own notifier: that it ended the wait is all it is for. */
record WakeupCallbacks(EventNotifier notifier) implements FdCallbacks {
    @Override
    public void onReadable() {
        notifier.testAndClear();
    }

    @Override
    public String name() {
        return "wake-up";
    }
}
