// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

import java.util.ArrayList;
import java.util.List;

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

    /** Names of all protocol features that there are, by their bit. */
    private static final List<String> NAMES = List.of("MQ", "LOG_SHMFD", "RARP", "REPLY_ACK",
            "NET_MTU", "BACKEND_REQ", "CROSS_ENDIAN", "CRYPTO_SESSION", "PAGEFAULT", "CONFIG",
            "BACKEND_SEND_FD", "HOST_NOTIFIER", "INFLIGHT_SHMFD", "RESET_DEVICE",
            "INBAND_NOTIFICATIONS", "CONFIGURE_MEM_SLOTS", "STATUS", "XEN_MMAP", "SHARED_OBJECT",
            "DEVICE_STATE", "GET_VRING_BASE_INFLIGHT");

    private VhostUserFeatures() {}

    /** Names of protocol features, unknown ones as "bit 42". */
    static List<String> names(long bits) {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((bits >>> bit & 1) != 0) {
                names.add(bit < NAMES.size() ? NAMES.get(bit) : "bit " + bit);
            }
        }
        return names;
    }
}
