// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.EventNotifier;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.SimulatedBackend;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.IovecArray;
import io.vblk.posix.MappedMemory;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.ChainFault;
import io.vblk.virtio.FuzzInput;
import io.vblk.virtio.FuzzMemory;
import io.vblk.virtio.FuzzRing;
import io.vblk.virtio.FuzzScript;
import io.vblk.virtio.PlainChain;
import io.vblk.virtio.PlainChain.Segment;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.Virtqueue;
import io.vblk.virtio.VirtqueueConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * Fuzz target: what the device makes of a chain, against {@link PlainRequest}. The part of the
 * backend is played here: its memory gets bytes, its ranges are noted. Thread: one.
 *
 * <pre>
 *   input: kind 1 (bit 0 packed, bits 1 and 2 the disk), ring 1, then the script of FuzzScript
 * </pre>
 */
public final class RequestFuzz implements FuzzScript.Device {
    private static final int DISK_SECTORS = 256;
    private static final int SEGMENTS_MAX = 24;
    private static final int READ_FILL = 0x5A;
    private static final String SERIAL = "a serial number";
    private static final FuzzMemory MEMORY = new FuzzMemory();
    private static final List<Disk> DISKS = List.of(
            new Disk(limits(512, false), true), new Disk(limits(4096, false), true),
            new Disk(limits(512, true), true), new Disk(limits(512, false), false));

    /** A device that never runs, and a slot of its queue. */
    private static final class Disk {
        private final BlockLimits limits;
        private final boolean ranges;
        private final VirtioBlkRequest request;

        Disk(BlockLimits limits, boolean ranges) {
            this.limits = limits;
            // A disk that cannot be written to offers none of them.
            this.ranges = ranges && !limits.readOnly();
            try {
                IoThread loop = IoThread.adoptCurrent(AioOptions.of(PollingOptions.OFF));
                SimulatedBackend backend = new SimulatedBackend(
                        loop.context(), limits, 1, SimulatedBackend.Behaviour.PLAIN);
                VirtioBlkDevice device = new VirtioBlkDevice(
                        new VirtioBlkOptions(SERIAL, 1, 16), loop, backend);
                long leftOut = ranges ? 0 : VirtioBlkAbi.F_DISCARD | VirtioBlkAbi.F_WRITE_ZEROES
                        | VirtioBlkAbi.F_SECURE_ERASE;
                device.acknowledgeFeatures(device.features() & ~leftOut);
                Virtqueue ring = FuzzRing.of(MEMORY, false, 0).config(0)
                        .activate(MEMORY.memory(), VirtioFeatures.VERSION_1);
                VirtioBlkQueue queue = new VirtioBlkQueue(device, 0, new QueueHome(loop, backend),
                        ring, EventNotifier.create(), EventNotifier.create(), CallCoalescing.OFF,
                        new LatencyRecorder());
                MappedMemory memory = MappedMemory.anonymous(SEGMENTS_MAX * 16L + 16);
                request = new VirtioBlkRequest(queue,
                        new IovecArray(memory.address() + 16, SEGMENTS_MAX), memory.address());
            } catch (ErrnoException | VirtioException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final FuzzInput input;
    private final FuzzRing ring;
    private final Disk disk;
    private Virtqueue queue;
    private int base;

    private RequestFuzz(byte[] bytes) {
        input = new FuzzInput(bytes);
        int kind = input.next8();
        MEMORY.clear();
        ring = FuzzRing.of(MEMORY, (kind & 1) != 0, input.next8());
        disk = DISKS.get(kind >> 1 & 3);
        activate(ring.start(0));
    }

    private static BlockLimits limits(int blockBytes, boolean readOnly) {
        return new BlockLimits(DISK_SECTORS * 512L, blockBytes, 4096, 0, readOnly, true, true,
                true);
    }

    private void activate(int from) {
        VirtqueueConfig config = ring.config(from);
        base = from & 0xFFFF;
        ring.activated(from);
        try {
            queue = config.activate(MEMORY.memory(), VirtioFeatures.INDIRECT_DESC
                    | (ring.isPacked() ? VirtioFeatures.RING_PACKED : 0));
        } catch (VirtioException e) {
            throw new AssertionError(e);
        }
    }

    /** One input. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        RequestFuzz fuzz = new RequestFuzz(bytes);
        new FuzzScript(fuzz.input, MEMORY, fuzz.ring, fuzz).play();
        fuzz.drain();
    }

    @Override
    public boolean pop() {
        return serve() >= 0;
    }

    /** Serves a chain: 1, 0 without one, -1 if the ring is broken. */
    private int serve() {
        PlainChain chain = ring.next(base, 0, true, SEGMENTS_MAX);
        VirtioBlkRequest request = disk.request;
        try {
            if (!queue.pop(request.chain)) {
                return 0;
            }
        } catch (VirtioException e) {
            return -1;
        }
        base = ring.baseAfter(base, chain.slots());
        if (chain.id() >= ring.size()) {
            chain.broken(ChainFault.HEAD_OUT_OF_RANGE);
        }
        check(request, new PlainRequest(MEMORY.ram, chain, disk.limits, disk.ranges), chain);
        queue.addUsed(request.chain, request.usedBytes());
        queue.publishUsed();
        return 1;
    }

    private static void check(VirtioBlkRequest request, PlainRequest plain, PlainChain chain) {
        MEMORY.note();
        boolean submits = request.parse() == VirtioBlkRequest.SUBMIT;
        assertEquals(!plain.steps.isEmpty(), submits, "goes to the backend");
        for (int i = 0; i < plain.idAt.size(); i++) {
            MEMORY.allow(plain.idAt.get(i), 1);
            int expected = i < SERIAL.length() ? SERIAL.charAt(i) : 0;
            // Buffers may lie on each other: then the last byte counts.
            if (plain.idAt.lastIndexOf(plain.idAt.get(i)) == i) {
                assertEquals(expected, MEMORY.ram.get8(plain.idAt.get(i)), "byte of the serial");
            }
        }
        assertEquals(-1, MEMORY.changed(), "parsing has written to guest memory");
        for (int i = 0; i < plain.steps.size(); i++) {
            assertTrue(i == 0 || request.nextStep(), "a range is left out");
            checkStep(plain.steps.get(i), request.block);
        }
        if (submits) {
            assertTrue(!request.nextStep(), "a range too many");
            request.takeOutcome();
        }
        MEMORY.note();
        request.writeStatus();
        if (plain.status != PlainRequest.NO_STATUS) {
            assertEquals(plain.status, MEMORY.ram.get8(chain.lastWritable()), "status");
            MEMORY.allow(chain.lastWritable(), 1);
        }
        assertEquals(-1, MEMORY.changed(), "more than a status was written");
        assertEquals(plain.usedBytes, request.usedBytes(), "used length");
    }

    private static void checkStep(PlainRequest.Step step, BlockRequest block) {
        assertEquals(step.op(), block.op(), "operation");
        assertEquals(step.bytes(), block.lengthBytes(), "length");
        assertEquals(step.offset(), block.offset(), "offset");
        if (step.op() != BlockOp.READ && step.op() != BlockOp.WRITE) {
            assertEquals(step.op() == BlockOp.WRITE_ZEROES && step.unmap(), block.mayUnmap(),
                    "may unmap");
            return;
        }
        List<Segment> memory = new ArrayList<>();
        for (int i = 0; i < block.iovecCount(); i++) {
            long element = block.iovecs() + i * 16L;
            long bytes = IovecArray.lengthAt(element);
            memory.add(new Segment(MEMORY.guestOf(IovecArray.baseAt(element)), bytes,
                    step.op() == BlockOp.READ));
            if (step.op() == BlockOp.READ) {
                NativeMemory.fill(IovecArray.baseAt(element), bytes, READ_FILL);
            }
        }
        assertEquals(step.memory(), memory, "memory of the transfer");
    }

    @Override
    public boolean drain() {
        int served = serve();
        for (int i = 0; served > 0 && i < 2 * FuzzRing.SIZE_MAX; i++) {
            served = serve();
        }
        return served >= 0;
    }

    @Override
    public boolean restart() {
        activate(queue.base());
        return true;
    }

    @Override
    public int base() {
        return base;
    }
}
