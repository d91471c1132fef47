// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

/** Feature bits of the protocol itself (vhost-user.rst). Thread: any. */
final class VhostUserFeatures {
    /** In the virtio feature word: all writes to guest memory are logged. */
    static final long LOG_ALL = 1L << 26;
    /** In the virtio feature word: there are protocol features. */
    static final long PROTOCOL_FEATURES = 1L << 30;

    static final long MQ = 1L << 0;
    static final long LOG_SHMFD = 1L << 1;
    static final long REPLY_ACK = 1L << 3;
    static final long BACKEND_REQ = 1L << 5;
    static final long CONFIG = 1L << 9;
    static final long INFLIGHT_SHMFD = 1L << 12;
    static final long RESET_DEVICE = 1L << 13;
    static final long CONFIGURE_MEM_SLOTS = 1L << 15;
    static final long STATUS = 1L << 16;

    private VhostUserFeatures() {}
}
