// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.EventNotifier;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockLimits;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.ErrnoException;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.ChainFault;
import io.vblk.virtio.FuzzInput;
import io.vblk.virtio.FuzzMemory;
import io.vblk.virtio.FuzzRing;
import io.vblk.virtio.FuzzRing.FuzzUsed;
import io.vblk.virtio.FuzzScript;
import io.vblk.virtio.PlainChain;
import io.vblk.virtio.PlainChain.Segment;
import io.vblk.virtio.VirtioException;
import io.vblk.virtio.VirtqueueConfig;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Fuzz target: requests of all kinds and shapes to a whole device. Each request is answered as
 * {@link PlainRequest} says, disk and guest memory are as it says, and nothing else has changed.
 *
 * <pre>
 *   input: features 1 (bit 0 event indices, 1 indirect tables, 2 packed ring), ring 1, base 1,
 *          then the script of FuzzScript; each step of the device serves all that is available
 * </pre>
 */
public final class RequestFuzz implements FuzzScript.Device {
    private static final String SERIAL = "fuzzed";
    private static final int DISK_BYTES = 16 * 512;
    private static final int ITERATIONS_MAX = 1_000;
    private static final Behaviour AT_ONCE = new Behaviour(100, 0, 0, 0, false);
    private static final long EVENT_IDX = 1L << 29;
    private static final long INDIRECT = 1L << 28;
    private static final long RING_PACKED = 1L << 34;

    private static final FuzzMemory MEMORY = new FuzzMemory();
    private static final IoThread LOOP;
    private static final SimulatedBackend DISK;
    private static final VirtioBlkDevice[] DEVICES = new VirtioBlkDevice[8];

    static {
        try {
            LOOP = IoThread.adoptCurrent(AioOptions.of(PollingOptions.OFF));
            DISK = new SimulatedBackend(LOOP.context(),
                    new BlockLimits(DISK_BYTES, 512, 4096, 0, false, true, true), 1, AT_ONCE);
            for (int i = 0; i < DEVICES.length; i++) {
                DEVICES[i] = device(i);
            }
        } catch (ErrnoException | VirtioException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final FuzzInput input;
    private final FuzzRing ring;
    private final boolean indirect;
    private final VirtioBlkDevice device;
    private final byte[] disk = new byte[DISK_BYTES];
    private final EventNotifier kick;
    private int base;

    private RequestFuzz(byte[] bytes, EventNotifier kick, EventNotifier call)
            throws VirtioException, ErrnoException {
        input = new FuzzInput(bytes);
        int choice = input.next8();
        indirect = (choice & 2) != 0;
        device = DEVICES[choice & 7];
        MEMORY.clear();
        ring = FuzzRing.of(MEMORY, (choice & 4) != 0, input.next8());
        int start = ring.start(input.next8());
        base = start & 0xFFFF;
        ring.activated(start);
        for (int i = 0; i < DISK_BYTES; i++) {
            disk[i] = (byte) (i * 7 + i / 512 + 1);
        }
        NativeMemory.copyFromArray(disk, 0, DISK.address(), DISK_BYTES);
        this.kick = kick;
        device.startQueue(0, MEMORY.memory(), ring.config(start), kick, call);
    }

    private static VirtioBlkDevice device(int choice) throws VirtioException {
        VirtioBlkDevice device = new VirtioBlkDevice(
                new VirtioBlkOptions(SERIAL, 1, FuzzRing.SIZE_MAX), LOOP, DISK);
        long without = ((choice & 1) == 0 ? EVENT_IDX : 0) | ((choice & 2) == 0 ? INDIRECT : 0)
                | ((choice & 4) == 0 ? RING_PACKED : 0);
        device.acknowledgeFeatures(device.features() & ~without);
        return device;
    }

    /** One input. */
    public static void fuzzerTestOneInput(byte[] bytes) throws VirtioException, ErrnoException {
        try (EventNotifier kick = EventNotifier.create();
                EventNotifier call = EventNotifier.create()) {
            RequestFuzz fuzz = new RequestFuzz(bytes, kick, call);
            try {
                new FuzzScript(fuzz.input, MEMORY, fuzz.ring, fuzz).play();
                fuzz.run();
            } finally {
                fuzz.device.stopQueue(0);
            }
        }
    }

    @Override
    public int base() {
        return base;
    }

    @Override
    public boolean pop() {
        return drain();
    }

    @Override
    public boolean use(int which, int length) {
        return drain();
    }

    @Override
    public boolean show() {
        return drain();
    }

    @Override
    public boolean kicks(int choice) {
        return drain();
    }

    @Override
    public boolean restart() {
        return drain();
    }

    /** Serves one chain and compares; false where the comparison would not hold any more. */
    @Override
    public boolean drain() {
        PlainChain chain = ring.next(base, 0, indirect, VirtioBlkQueue.SEGMENTS_MAX);
        MEMORY.note();
        if (chain == null) {
            run();
            assertEquals(-1, changed(), "memory changed without a request");
            return true;
        }
        if (chain.slots() == PlainChain.ENDLESS) {
            run();
            assertTrue(device.isBroken(0), "a broken ring is believed");
            return false;
        }
        if (chain.id() >= ring.size()) {
            chain.broken(ChainFault.HEAD_OUT_OF_RANGE);
        }
        int after = ring.baseAfter(base, chain.slots());
        boolean alone = ring.next(after, 0, indirect, VirtioBlkQueue.SEGMENTS_MAX) == null;
        PlainRequest expected = new PlainRequest(MEMORY.ram, chain, disk,
                SERIAL.getBytes(StandardCharsets.US_ASCII));
        run();
        if (!alone || touchesRing(chain)) {
            return false;
        }
        base = after;
        check(chain, expected);
        return true;
    }

    private void run() {
        kick.set();
        int iterations = 0;
        while (LOOP.context().poll(false)) {
            assertTrue(++iterations < ITERATIONS_MAX, "the loop does not come to rest");
        }
    }

    private void check(PlainChain chain, PlainRequest expected) {
        assertFalse(device.isBroken(0), "a good ring is called broken");
        ring.checkWritten(List.of(new FuzzUsed(chain.id(), expected.usedBytes, chain.slots())));
        ring.checkShown();
        for (Map.Entry<Long, Integer> write : expected.writes().entrySet()) {
            long at = write.getKey();
            assertEquals(write.getValue(), MEMORY.ram.get8(at),
                    () -> "guest memory at " + Long.toHexString(at));
            MEMORY.allow(at, 1);
        }
        assertEquals(-1, changed(), "guest memory changed at");
        byte[] now = new byte[DISK_BYTES];
        NativeMemory.copyToArray(DISK.address(), now, 0, DISK_BYTES);
        assertArrayEquals(disk, now, "disk");
    }


    private long changed() {
        ring.allowDeviceAreas();
        return MEMORY.changed();
    }

    /** Whether a request is about the ring that it came by, which changes under it. */
    private boolean touchesRing(PlainChain chain) {
        VirtqueueConfig areas = ring.config(0);
        for (Segment segment : chain.segments()) {
            if (touches(segment, areas.descAddress())
                    || touches(segment, areas.availAddress())
                    || touches(segment, areas.usedAddress())) {
                return true;
            }
        }
        return false;
    }

    private static boolean touches(Segment segment, long area) {
        return segment.address() < area + FuzzRing.AREA_BYTES_MAX
                && segment.address() + segment.length() > area;
    }
}
