// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import io.vblk.block.BlockCompletion;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.posix.IovecArray;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.virtio.ChainFault;
import io.vblk.virtio.DescriptorChain;

/**
 * One slot of a queue: a chain, the block requests that it turns into, its status byte.
 * Thread: home of the queue.
 *
 * <p>{@link #parse} is the border: it reads what the guest wrote once and checks every MUST of
 * virtio 1.3, 5.2.6. What it leaves behind is valid whatever the guest changes afterwards.
 */
final class VirtioBlkRequest implements BlockCompletion {
    /** Outcome of {@link #parse}: hand {@link #block} to the backend. */
    static final int SUBMIT = 0;
    /** Outcome of {@link #parse}: answered here, status and used length are set. */
    static final int ANSWERED = 1;

    final DescriptorChain chain;
    final BlockRequest block;

    private final VirtioBlkQueue queue;
    private final long header;
    private final long[] rangeSectors = new long[VirtioBlkConfig.RANGES_MAX];
    private final int[] rangeLengths = new int[VirtioBlkConfig.RANGES_MAX];
    private final boolean[] rangeUnmaps = new boolean[VirtioBlkConfig.RANGES_MAX];

    private long statusAddress;
    private int status;
    private long usedBytes;
    private BlockOp op;
    private int rangeCount;
    private int rangeNext;

    /** Slot of the queue's free list or list of parked requests. */
    VirtioBlkRequest next;
    /** When it was popped, if it is measured. */
    long startNs;
    /** Which chain of its queue it is; counted only for a trace that has to know. */
    long number;
    /** Where its stages are noted, {@link RequestTrace#NOT_TRACED} if they are not. */
    int record = RequestTrace.NOT_TRACED;

    /**
     * A slot.
     *
     * @param segments room for the chain's segments
     * @param scratch 16 bytes of native memory, for a header that the guest split
     */
    VirtioBlkRequest(VirtioBlkQueue queue, IovecArray segments, long scratch) {
        this.queue = queue;
        this.chain = new DescriptorChain(segments);
        this.block = new BlockRequest(this);
        this.header = scratch;
    }

    @Override
    public void complete(BlockRequest request) {
        queue.completed(this);
    }

    /** Reads and checks the chain; returns SUBMIT or ANSWERED. */
    int parse() {
        statusAddress = chain.lastWritableByte();
        status = VirtioBlkAbi.S_OK;
        usedBytes = VirtioBlkAbi.STATUS_BYTES;
        op = null;
        rangeCount = 0;
        rangeNext = 0;
        block.setErrno(0);
        // Without a header or a place for the status there is nothing to answer: 5.2.6.
        if (statusAddress == 0 || chain.fault() == ChainFault.NONE
                && chain.readableBytes() < VirtioBlkAbi.HEADER_BYTES) {
            statusAddress = 0;
            usedBytes = 0;
            return ANSWERED;
        }
        if (chain.fault() != ChainFault.NONE) {
            return answer(VirtioBlkAbi.S_IOERR);
        }
        long at = headerAddress();
        int type = NativeMemory.getInt(at) & ~VirtioBlkAbi.T_BARRIER;
        long sector = NativeMemory.getLong(at + VirtioBlkAbi.HEADER_SECTOR);
        switch (type) {
            case VirtioBlkAbi.T_IN:
                return parseRead(sector);
            case VirtioBlkAbi.T_OUT:
                return parseWrite(sector);
            case VirtioBlkAbi.T_FLUSH:
                op = BlockOp.FLUSH;
                block.range(BlockOp.FLUSH, 0, 0);
                return SUBMIT;
            case VirtioBlkAbi.T_GET_ID:
                return answerId();
            case VirtioBlkAbi.T_DISCARD:
                return queue.offers(VirtioBlkAbi.F_DISCARD)
                        ? parseRanges(BlockOp.DISCARD, 0)
                        : answer(VirtioBlkAbi.S_UNSUPP);
            case VirtioBlkAbi.T_WRITE_ZEROES:
                return queue.offers(VirtioBlkAbi.F_WRITE_ZEROES)
                        ? parseRanges(BlockOp.WRITE_ZEROES, VirtioBlkAbi.RANGE_FLAG_UNMAP)
                        : answer(VirtioBlkAbi.S_UNSUPP);
            case VirtioBlkAbi.T_SECURE_ERASE:
                return queue.offers(VirtioBlkAbi.F_SECURE_ERASE)
                        ? parseRanges(BlockOp.SECURE_ERASE, 0)
                        : answer(VirtioBlkAbi.S_UNSUPP);
            default:
                return answer(VirtioBlkAbi.S_UNSUPP);
        }
    }

    private int answer(int result) {
        status = result;
        return ANSWERED;
    }

    /** The header where the guest put it, or gathered if it is in pieces. */
    private long headerAddress() {
        IovecArray segments = chain.segments();
        if (segments.lengthBytes(0) >= VirtioBlkAbi.HEADER_BYTES) {
            return segments.base(0);
        }
        gather(0, header, VirtioBlkAbi.HEADER_BYTES);
        return header;
    }

    /** Copies readable bytes that may lie in several segments. */
    private void gather(long from, long target, int lengthBytes) {
        IovecArray segments = chain.segments();
        long skip = from;
        int done = 0;
        for (int i = 0; done < lengthBytes; i++) {
            long available = segments.lengthBytes(i) - skip;
            if (available <= 0) {
                skip -= segments.lengthBytes(i);
                continue;
            }
            long part = Math.min(available, lengthBytes - done);
            NativeMemory.copy(segments.base(i) + skip, target + done, part);
            done += (int) part;
            skip = 0;
        }
    }

    private int parseRead(long sector) {
        long dataBytes = chain.writableBytes() - VirtioBlkAbi.STATUS_BYTES;
        // Data in the wrong direction would be lost without a word.
        if (chain.readableBytes() != VirtioBlkAbi.HEADER_BYTES || !isInside(sector, dataBytes)) {
            return answer(VirtioBlkAbi.S_IOERR);
        }
        IovecArray segments = chain.segments();
        int first = chain.readableCount();
        int count = chain.writableCount();
        int last = first + count - 1;
        long lastBytes = segments.lengthBytes(last) - VirtioBlkAbi.STATUS_BYTES;
        segments.set(last, segments.base(last), lastBytes);
        transfer(BlockOp.READ, sector, dataBytes, first, lastBytes == 0 ? count - 1 : count);
        usedBytes = dataBytes + VirtioBlkAbi.STATUS_BYTES;
        return SUBMIT;
    }

    private int parseWrite(long sector) {
        long dataBytes = chain.readableBytes() - VirtioBlkAbi.HEADER_BYTES;
        if (queue.limits().readOnly() || chain.writableBytes() != VirtioBlkAbi.STATUS_BYTES
                || !isInside(sector, dataBytes)) {
            return answer(VirtioBlkAbi.S_IOERR);
        }
        IovecArray segments = chain.segments();
        long skip = VirtioBlkAbi.HEADER_BYTES;
        int first = 0;
        while (skip >= segments.lengthBytes(first)) {
            skip -= segments.lengthBytes(first);
            first++;
        }
        segments.set(first, segments.base(first) + skip, segments.lengthBytes(first) - skip);
        transfer(BlockOp.WRITE, sector, dataBytes, first, chain.readableCount() - first);
        block.setStable(queue.writesThrough());
        return SUBMIT;
    }

    private void transfer(BlockOp operation, long sector, long dataBytes, int first, int count) {
        op = operation;
        block.transfer(operation, sector * BlockLimits.SECTOR_BYTES, dataBytes,
                chain.segments().address(first), count);
    }

    /** Whether data has a length of whole blocks and lies on the disk; no product can overflow. */
    private boolean isInside(long sector, long dataBytes) {
        BlockLimits limits = queue.limits();
        return dataBytes > 0 && dataBytes <= VirtioBlkConfig.TRANSFER_BYTES_MAX
                && dataBytes % BlockLimits.SECTOR_BYTES == 0
                && isInsideSectors(limits, sector, dataBytes / BlockLimits.SECTOR_BYTES);
    }

    private static boolean isInsideSectors(BlockLimits limits, long sector, long sectors) {
        long capacity = limits.capacitySectors();
        long blockSectors = limits.blockBytes() / BlockLimits.SECTOR_BYTES;
        return sector >= 0 && sector <= capacity && sectors <= capacity - sector
                && (sector | sectors) % blockSectors == 0;
    }

    /** GET_ID: at most 20 bytes of serial; what the guest offers beyond stays as it is (5.2.6). */
    private int answerId() {
        IovecArray segments = chain.segments();
        long room = chain.writableBytes() - VirtioBlkAbi.STATUS_BYTES;
        int idBytes = (int) Math.min(room, VirtioBlkAbi.ID_BYTES);
        byte[] serial = queue.serial();
        int segment = chain.readableCount();
        long offset = 0;
        for (int i = 0; i < idBytes; i++) {
            while (offset == segments.lengthBytes(segment)) {
                segment++;
                offset = 0;
            }
            NativeMemory.putByte(segments.base(segment) + offset, serial[i]);
            offset++;
        }
        // The status byte counts only where no unwritten byte lies before it.
        usedBytes = room == idBytes ? idBytes + VirtioBlkAbi.STATUS_BYTES : idBytes;
        return ANSWERED;
    }

    private int parseRanges(BlockOp operation, int flagsAllowed) {
        long dataBytes = chain.readableBytes() - VirtioBlkAbi.HEADER_BYTES;
        if (dataBytes == 0 || dataBytes % VirtioBlkAbi.RANGE_BYTES != 0
                || dataBytes > (long) VirtioBlkConfig.RANGES_MAX * VirtioBlkAbi.RANGE_BYTES) {
            return answer(VirtioBlkAbi.S_IOERR);
        }
        int count = (int) dataBytes / VirtioBlkAbi.RANGE_BYTES;
        for (int i = 0; i < count; i++) {
            gather(VirtioBlkAbi.HEADER_BYTES + (long) i * VirtioBlkAbi.RANGE_BYTES, header,
                    VirtioBlkAbi.RANGE_BYTES);
            long sector = NativeMemory.getLong(header);
            long sectors = NativeMemory.getInt(header + VirtioBlkAbi.RANGE_SECTORS) & 0xFFFFFFFFL;
            int flags = NativeMemory.getInt(header + VirtioBlkAbi.RANGE_FLAGS);
            if ((flags & ~flagsAllowed) != 0) {
                return answer(VirtioBlkAbi.S_UNSUPP);
            }
            if (sectors > VirtioBlkConfig.RANGE_SECTORS_MAX
                    || !isInsideSectors(queue.limits(), sector, sectors)) {
                return answer(VirtioBlkAbi.S_IOERR);
            }
            rangeSectors[i] = sector;
            rangeLengths[i] = (int) sectors;
            rangeUnmaps[i] = (flags & VirtioBlkAbi.RANGE_FLAG_UNMAP) != 0;
        }
        op = operation;
        rangeCount = count;
        return nextStep() ? SUBMIT : ANSWERED;
    }

    /**
     * Prepares the next block request of one that has several segments, such as DISCARD; returns
     * false when there is none left to do or one has failed.
     */
    boolean nextStep() {
        if (block.errno() != 0) {
            return false;
        }
        while (rangeNext < rangeCount) {
            int i = rangeNext++;
            if (rangeLengths[i] > 0) {
                block.range(op, rangeSectors[i] * BlockLimits.SECTOR_BYTES,
                        (long) rangeLengths[i] * BlockLimits.SECTOR_BYTES);
                block.setMayUnmap(rangeUnmaps[i]);
                block.setStable(op == BlockOp.WRITE_ZEROES && queue.writesThrough());
                return true;
            }
        }
        return false;
    }

    /** Takes the outcome of the block request into status and used length. */
    void takeOutcome() {
        if (block.errno() != 0) {
            // Only a secure erase is offered on a guess: an old kernel refuses it when it comes.
            boolean unsupported = op == BlockOp.SECURE_ERASE && block.errno() == Posix.EOPNOTSUPP;
            status = unsupported ? VirtioBlkAbi.S_UNSUPP : VirtioBlkAbi.S_IOERR;
            usedBytes = VirtioBlkAbi.STATUS_BYTES;
        }
    }

    /** The operation that was submitted, null if none was. */
    BlockOp op() {
        return op;
    }

    int status() {
        return status;
    }

    /** Writes the status byte if the chain has one. */
    void writeStatus() {
        if (statusAddress != 0) {
            NativeMemory.putByte(statusAddress, status);
        }
    }

    /** What to say in the used ring. */
    long usedBytes() {
        return usedBytes;
    }
}
