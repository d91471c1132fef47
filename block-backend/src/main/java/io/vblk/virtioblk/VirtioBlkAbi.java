// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

/**
 * Request types, status codes, feature bits and struct offsets (virtio 1.3, 5.2). Thread: any.
 *
 * <pre>
 *   request header, 16 bytes:        0 type (4)   4 ioprio (4)   8 sector (8, units of 512)
 *   discard/write zeroes segment:    0 sector (8)   8 num_sectors (4)   12 flags (4, bit 0 unmap)
 *   status:                          the last writable byte of the chain
 *
 *   configuration space, 96 bytes:
 *       0 capacity (8)            8 size_max (4)         12 seg_max (4)       16 geometry (4)
 *      20 blk_size (4)           24 phys_exp (1)         25 align_off (1)     26 min_io (2)
 *      28 opt_io (4)             32 writeback (1)        34 num_queues (2)
 *      36 max_discard_sectors (4)      40 max_discard_seg (4)    44 discard_sector_align (4)
 *      48 max_write_zeroes_sectors (4) 52 max_write_zeroes_seg (4)
 *      56 write_zeroes_may_unmap (1)
 *      60 max_secure_erase_sectors (4) 64 max_secure_erase_seg (4)
 *      68 secure_erase_sector_align (4)                          72 zoned (24)
 * </pre>
 */
final class VirtioBlkAbi {
    static final int T_IN = 0;
    static final int T_OUT = 1;
    static final int T_FLUSH = 4;
    static final int T_GET_ID = 8;
    static final int T_DISCARD = 11;
    static final int T_WRITE_ZEROES = 13;
    static final int T_SECURE_ERASE = 14;
    /** Old barrier bit, to be ignored. */
    static final int T_BARRIER = 0x8000_0000;

    static final int S_OK = 0;
    static final int S_IOERR = 1;
    static final int S_UNSUPP = 2;

    static final long F_SEG_MAX = 1L << 2;
    static final long F_RO = 1L << 5;
    static final long F_BLK_SIZE = 1L << 6;
    static final long F_FLUSH = 1L << 9;
    static final long F_TOPOLOGY = 1L << 10;
    static final long F_CONFIG_WCE = 1L << 11;
    static final long F_MQ = 1L << 12;
    static final long F_DISCARD = 1L << 13;
    static final long F_WRITE_ZEROES = 1L << 14;
    static final long F_SECURE_ERASE = 1L << 16;

    static final int HEADER_BYTES = 16;
    static final int HEADER_SECTOR = 8;
    static final int STATUS_BYTES = 1;
    static final int ID_BYTES = 20;
    static final int RANGE_BYTES = 16;
    static final int RANGE_SECTORS = 8;
    static final int RANGE_FLAGS = 12;
    static final int RANGE_FLAG_UNMAP = 1;

    static final int CONFIG_BYTES = 96;
    static final int CONFIG_SEG_MAX = 12;
    static final int CONFIG_BLK_SIZE = 20;
    static final int CONFIG_PHYSICAL_EXPONENT = 24;
    static final int CONFIG_MIN_IO = 26;
    static final int CONFIG_OPT_IO = 28;
    static final int CONFIG_WRITEBACK = 32;
    static final int CONFIG_NUM_QUEUES = 34;
    static final int CONFIG_MAX_DISCARD_SECTORS = 36;
    static final int CONFIG_MAX_DISCARD_SEG = 40;
    static final int CONFIG_DISCARD_ALIGN = 44;
    static final int CONFIG_MAX_WRITE_ZEROES_SECTORS = 48;
    static final int CONFIG_MAX_WRITE_ZEROES_SEG = 52;
    static final int CONFIG_WRITE_ZEROES_MAY_UNMAP = 56;
    static final int CONFIG_MAX_SECURE_ERASE_SECTORS = 60;
    static final int CONFIG_MAX_SECURE_ERASE_SEG = 64;
    static final int CONFIG_SECURE_ERASE_ALIGN = 68;

    private VirtioBlkAbi() {}
}
