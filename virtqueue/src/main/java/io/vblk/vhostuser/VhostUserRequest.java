// SPDX-License-Identifier: Apache-2.0
package io.vblk.vhostuser;

/**
 * Requests of a front-end that this project knows: id, payload in bytes, descriptors that come
 * along. What a back-end does not list here it refuses as unknown.
 */
enum VhostUserRequest {
    GET_FEATURES(1, 0),
    SET_FEATURES(2, Payload.U64),
    SET_OWNER(3, 0),
    /** Deprecated; ignored, as the specification advises. */
    RESET_OWNER(4, 0),
    SET_MEM_TABLE(5, Payload.MEMORY_MIN, Payload.MEMORY_MAX, 0, MemoryTable.REGIONS_PER_MESSAGE),
    SET_LOG_BASE(6, Payload.LOG, Payload.LOG, 1, 1),
    SET_LOG_FD(7, 0, 0, 1, 1),
    SET_VRING_NUM(8, Payload.STATE),
    SET_VRING_ADDR(9, Payload.ADDRESSES),
    SET_VRING_BASE(10, Payload.STATE),
    GET_VRING_BASE(11, Payload.STATE),
    SET_VRING_KICK(12, Payload.U64, Payload.U64, 0, 1),
    SET_VRING_CALL(13, Payload.U64, Payload.U64, 0, 1),
    SET_VRING_ERR(14, Payload.U64, Payload.U64, 0, 1),
    GET_PROTOCOL_FEATURES(15, 0),
    SET_PROTOCOL_FEATURES(16, Payload.U64),
    GET_QUEUE_NUM(17, 0),
    SET_VRING_ENABLE(18, Payload.STATE),
    SET_BACKEND_REQ_FD(21, 0, 0, 1, 1),
    GET_CONFIG(24, Payload.CONFIG_HEADER, Payload.CONFIG_MAX, 0, 0),
    SET_CONFIG(25, Payload.CONFIG_HEADER, Payload.CONFIG_MAX, 0, 0),
    GET_INFLIGHT_FD(31, Payload.INFLIGHT_MIN, Payload.INFLIGHT, 0, 0),
    SET_INFLIGHT_FD(32, Payload.INFLIGHT_MIN, Payload.INFLIGHT, 1, 1),
    RESET_DEVICE(34, 0),
    GET_MAX_MEM_SLOTS(36, 0),
    ADD_MEM_REG(37, Payload.ONE_REGION, Payload.ONE_REGION, 1, 1),
    /** A descriptor is not asked for; some front-ends send one all the same. */
    REM_MEM_REG(38, Payload.ONE_REGION, Payload.ONE_REGION, 0, 1),
    SET_STATUS(39, Payload.U64),
    GET_STATUS(40, 0);

    private static final VhostUserRequest[] BY_ID = new VhostUserRequest[64];

    static {
        for (VhostUserRequest request : values()) {
            BY_ID[request.id] = request;
        }
    }

    final int id;
    final int payloadMin;
    final int payloadMax;
    final int fdsMin;
    final int fdsMax;

    VhostUserRequest(int id, int payloadBytes) {
        this(id, payloadBytes, payloadBytes, 0, 0);
    }

    VhostUserRequest(int id, int payloadMin, int payloadMax, int fdsMin, int fdsMax) {
        this.id = id;
        this.payloadMin = payloadMin;
        this.payloadMax = payloadMax;
        this.fdsMin = fdsMin;
        this.fdsMax = fdsMax;
    }

    /** The request of an id, or null if it is unknown. */
    static VhostUserRequest of(int id) {
        return id < 0 || id >= BY_ID.length ? null : BY_ID[id];
    }

    /** Sizes of payloads in bytes. */
    private static final class Payload {
        static final int U64 = 8;
        static final int STATE = 8;
        static final int ADDRESSES = 40;
        static final int LOG = 16;
        static final int MEMORY_MIN = VhostUserMessage.MEMORY_HEADER_BYTES;
        static final int MEMORY_MAX = MEMORY_MIN
                + MemoryTable.REGIONS_PER_MESSAGE * VhostUserMessage.REGION_BYTES;
        static final int ONE_REGION =
                VhostUserMessage.MEMORY_HEADER_BYTES + VhostUserMessage.REGION_BYTES;
        static final int CONFIG_HEADER = VhostUserMessage.CONFIG_HEADER_BYTES;
        static final int CONFIG_MAX = CONFIG_HEADER + VhostUserMessage.CONFIG_BYTES_MAX;
        /** The structure without the padding at its end, which some leave out. */
        static final int INFLIGHT_MIN = 20;
        static final int INFLIGHT = 24;
    }
}
