// SPDX-License-Identifier: Apache-2.0
package io.vblk.block;

/** Hears of the end of a QUEUED request. Thread: home of the backend. */
public interface BlockCompletion {
    /** The request has ended, with its errno set. Called exactly once, never from submit. */
    void complete(BlockRequest request);
}
