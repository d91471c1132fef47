// SPDX-License-Identifier: Apache-2.0
package io.vblk.uring;

/**
 * Numbers and offsets of linux/io_uring.h, as io_uring_setup(2) and io_uring_enter(2) tell them.
 *
 * <pre>
 *   struct io_uring_params:  0 sq_entries   4 cq_entries   8 flags   20 features
 *                           40 sq_off      80 cq_off                 120 bytes
 *   sq_off:  0 head   4 tail   8 ring_mask   12 ring_entries   16 flags     24 array
 *   cq_off:  0 head   4 tail   8 ring_mask   12 ring_entries   16 overflow  20 cqes
 *   sqe:     0 opcode (1)   1 flags (1)   4 fd   8 off (8)   16 addr (8)   24 len
 *           28 operation's flags   32 user_data (8)   40 buf_index (2)     64 bytes
 *   cqe:     0 user_data (8)   8 res   12 flags                            16 bytes
 * </pre>
 */
final class IoUringAbi {
    static final int PARAMS_BYTES = 120;
    static final int PARAMS_SQ_ENTRIES = 0;
    static final int PARAMS_CQ_ENTRIES = 4;
    static final int PARAMS_FLAGS = 8;
    static final int PARAMS_FEATURES = 20;
    static final int PARAMS_SQ_OFF = 40;
    static final int PARAMS_CQ_OFF = 80;

    static final int OFF_HEAD = 0;
    static final int OFF_TAIL = 4;
    static final int OFF_RING_MASK = 8;
    static final int SQ_OFF_FLAGS = 16;
    static final int SQ_OFF_ARRAY = 24;
    static final int CQ_OFF_CQES = 20;

    static final int SQE_BYTES = 64;
    static final int SQE_OFF = 8;
    static final int SQE_ADDR = 16;
    static final int SQE_LEN = 24;
    static final int SQE_USER_DATA = 32;
    static final int SQE_BUF_INDEX = 40;

    static final int CQE_BYTES = 16;
    static final int CQE_USER_DATA = 0;
    static final int CQE_RES = 8;

    static final long MMAP_RINGS = 0;
    static final long MMAP_SQES = 0x1000_0000L;

    static final int FEAT_SINGLE_MMAP = 1;
    static final int FEAT_NODROP = 1 << 1;
    /** Comes with Linux 5.6, as reads and writes without an iovec do. */
    static final int FEAT_RW_CUR_POS = 1 << 3;

    static final int SQ_CQ_OVERFLOW = 1 << 1;
    static final int SQ_TASKRUN = 1 << 2;

    static final int REGISTER_BUFFERS = 0;
    static final int UNREGISTER_BUFFERS = 1;
    static final int REGISTER_ENABLE_RINGS = 12;

    private IoUringAbi() {}
}
