// SPDX-License-Identifier: Apache-2.0
package io.vblk.fio;

/** How a simulated guest waits for completions (fio libblkio's wait_mode). */
public enum WaitMode {
    /** Looks at the used ring all the time, with calls switched off. */
    POLL,
    /** Sleeps until the device calls. */
    EVENT
}
