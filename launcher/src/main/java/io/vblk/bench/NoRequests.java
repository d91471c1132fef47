// SPDX-License-Identifier: Apache-2.0
package io.vblk.bench;

import io.vblk.fio.Direction;

/** Nothing more is to be done, but what is under way. */
final class NoRequests implements Requests {
    @Override
    public boolean next() {
        return false;
    }

    @Override
    public Direction direction() {
        throw new IllegalStateException("no request");
    }

    @Override
    public long offset() {
        throw new IllegalStateException("no request");
    }

    @Override
    public int lengthBytes() {
        throw new IllegalStateException("no request");
    }
}
