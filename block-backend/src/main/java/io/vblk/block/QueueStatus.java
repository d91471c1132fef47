// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/** Outcome of {@link BlockBackend#submit} (fio's q_status). */
public enum QueueStatus {
    /** Done, with {@link BlockRequest#errno()} set; the completion is not called. */
    COMPLETED,
    /** Taken; the completion is called once, later. */
    QUEUED,
    /** Not taken, nothing changed: try again after some request has completed. */
    BUSY
}
