// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockLimits;
import io.vblk.block.BlockOp;
import io.vblk.block.BlockRequest;
import io.vblk.block.ContractFilter;
import io.vblk.block.QueueStatus;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.block.SimulatedBackend;
import io.vblk.posix.IovecArray;
import io.vblk.posix.NativeMemory;
import io.vblk.posix.Posix;
import io.vblk.virtio.GuestRam;
import io.vblk.virtio.MemoryRegion;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.DiskModel.Kind;
import io.vblk.virtioblk.DiskModel.Request;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a guest puts into its memory, and while it changes it under the device's eyes, costs
 * nobody but itself: the iothread lives and a queue beside serves every request right.
 * {@code -Dfuzz.seconds}, {@code -Dfuzz.seed}.
 */
class DeviceFuzzTest {
    private static final int SECTORS = 256;
    private static final int HALF = SECTORS / 2;
    private static final int FUZZED = 0;
    private static final int OTHER = 1;
    private static final int REQUESTS_AT_LEAST = 100;
    private static final int PATIENCE = 4;
    private static final int BYSTANDER = 0x3C;
    private static final int BYSTANDER_BYTES = 1 << 16;
    private static final long AWAIT_NS = 1_000_000L;
    private static final long LOST_NS = 60_000_000_000L;

    private final long seed = Long.getLong("fuzz.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopping;

    /** The upper half of the disk is the other queue's: what the fuzzed one sends there fails. */
    private static final class SharedDisk implements BlockBackend {
        private final SimulatedBackend disk;
        private final GuestRam fuzzed;

        SharedDisk(SimulatedBackend disk, GuestRam fuzzed) {
            this.disk = disk;
            this.fuzzed = fuzzed;
        }

        private boolean isFuzzed(long address) {
            for (int i = 0; i < fuzzed.memory().regionCount(); i++) {
                MemoryRegion region = fuzzed.memory().region(i);
                long offset = address - region.hostAddress();
                if (Long.compareUnsigned(offset, region.lengthBytes()) < 0) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public BlockLimits limits() {
            return disk.limits();
        }

        @Override
        public QueueStatus submit(BlockRequest request) {
            boolean upper = request.offset() + request.lengthBytes()
                    > (long) HALF * DiskModel.SECTOR_BYTES;
            boolean changes = request.op() != BlockOp.READ && request.op() != BlockOp.FLUSH;
            if (upper && changes && (request.op() != BlockOp.WRITE
                    || isFuzzed(IovecArray.baseAt(request.iovecs())))) {
                request.setErrno(Posix.EPERM);
                return QueueStatus.COMPLETED;
            }
            return disk.submit(request);
        }

        @Override
        public void commit() {
            disk.commit();
        }

        @Override
        public void close() {
            disk.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"split", "packed"})
    void aHostileGuestHurtsNobodyElse(String kind) throws Exception {
        System.out.println("DeviceFuzzTest: " + kind + ", -Dfuzz.seed=" + seed);
        boolean packed = kind.equals("packed");
        // Mapped next to the hostile guest's memory, as a rule.
        try (GuestRam before = GuestRam.ofBytes(BYSTANDER_BYTES);
                FuzzGuest fuzz = new FuzzGuest(random.split(), SECTORS, packed);
                GuestRam behind = GuestRam.ofBytes(BYSTANDER_BYTES);
                IoThread ioThread =
                        IoThread.start("iothread", AioOptions.of(PollingOptions.DEFAULT))) {
            SimulatedBackend disk = new SimulatedBackend(ioThread.context(),
                    (long) SECTORS * DiskModel.SECTOR_BYTES, random.nextLong(),
                    new Behaviour(50, 10, 0, 20_000, false));
            ContractFilter backend =
                    new ContractFilter(new SharedDisk(disk, fuzz.ram), ioThread.context());
            try (VirtioBlkDevice device = new VirtioBlkDevice(
                    new VirtioBlkOptions("fuzz", 2, 64), ioThread, backend)) {
                long features = device.features() & (packed ? -1 : ~VirtioFeatures.RING_PACKED);
                device.acknowledgeFeatures(features);
                try (OrdinaryGuest other = new OrdinaryGuest(features)) {
                    device.startQueue(OTHER, other.memory(), other.ring(), other.kickNotifier(),
                            other.callNotifier());
                    fill(before);
                    fill(behind);
                    serveBesideFuzz(fuzz, device, other);
                    assertUntouched(before);
                    assertUntouched(behind);
                    device.stopQueue(OTHER);
                }
                assertTrue(ioThread.isAlive());
            }
            ioThread.call(backend::close);
        } catch (Exception | Error e) {
            throw new AssertionError("-Dfuzz.seed=" + seed, e);
        }
    }

    private static void fill(GuestRam ram) {
        NativeMemory.fill(ram.host(0, BYSTANDER_BYTES), BYSTANDER_BYTES, BYSTANDER);
    }

    private static void assertUntouched(GuestRam ram) {
        for (long at = 0; at < BYSTANDER_BYTES; at++) {
            assertEquals(BYSTANDER, ram.get8(at), "memory of nobody's was written");
        }
    }

    private void serveBesideFuzz(FuzzGuest fuzz, VirtioBlkDevice device, OrdinaryGuest other)
            throws Exception {
        start(device, fuzz, fuzz.queue.base());
        Thread guest = thread("guest", fuzz::offerSomething);
        Thread flipper = thread("flipper", fuzz::flipSomething);
        long endNs = System.nanoTime() + Long.getLong("fuzz.seconds", 2) * 1_000_000_000L;
        DiskModel model = new DiskModel(SECTORS);
        int served = 0;
        int broken = 0;
        while (System.nanoTime() - endNs < 0 && failure.get() == null) {
            served += serve(other, model);
            // Flags that flip make a guest and a device lose each other, on packed rings for good.
            boolean lost = fuzz.isPacked() && random.nextInt(PATIENCE) == 0;
            if (device.isBroken(FUZZED) || lost) {
                broken += device.isBroken(FUZZED) ? 1 : 0;
                int base = device.stopQueue(FUZZED);
                fuzz.repair(base);
                start(device, fuzz, base);
            }
        }
        stopping = true;
        guest.join();
        flipper.join();
        assertNull(failure.get(), () -> "a thread of the test failed: " + failure.get());
        int base = device.stopQueue(FUZZED);
        assertTrue(served >= REQUESTS_AT_LEAST, "served beside: " + served);
        assertFalse(device.isBroken(OTHER));
        serveOneGoodRequest(device, fuzz, base);
        VirtioBlkStats stats = device.stats();
        System.out.println("DeviceFuzzTest: -Dfuzz.seed=" + seed + ", " + served
                + " requests served beside "
                + (stats.requests() - served) + ", ring broken " + broken + " times, " + stats);
    }

    private Thread thread(String name, Runnable step) {
        Thread thread = new Thread(() -> {
            try {
                while (!stopping) {
                    step.run();
                }
            } catch (Throwable t) {
                failure.compareAndSet(null, t);
            }
        }, name);
        thread.start();
        return thread;
    }

    private static void start(VirtioBlkDevice device, FuzzGuest fuzz, int base) throws Exception {
        VirtqueueConfig ring = fuzz.queue;
        device.startQueue(FUZZED, fuzz.ram.memory(), new VirtqueueConfig(ring.size(),
                ring.descAddress(), ring.availAddress(), ring.usedAddress(), base),
                fuzz.kick, fuzz.call);
    }

    /** Some requests in the upper half, with their answers; returns how many. */
    private int serve(OrdinaryGuest other, DiskModel model) {
        for (int i = 0; i < 8; i++) {
            Kind kind = i == 7 ? Kind.FLUSH : random.nextBoolean() ? Kind.READ : Kind.WRITE;
            int count = 1 + random.nextInt(8);
            Request request = kind == Kind.FLUSH
                    ? new Request(kind, new int[0], new int[0], 0)
                    : new Request(kind, new int[] {HALF + random.nextInt(HALF - count)},
                            new int[] {count}, model.takeStamps(count));
            if (model.begin(request)) {
                assertTrue(other.add(request));
            }
        }
        other.publish();
        int answers = 0;
        long lostNs = System.nanoTime() + LOST_NS;
        while (other.inFlight() > 0) {
            SimulatedGuest.Answer answer = other.poll();
            if (answer == null) {
                assertTrue(System.nanoTime() - lostNs < 0, "requests do not come back");
                other.await(AWAIT_NS);
                continue;
            }
            answers++;
            assertEquals(HandMadeGuest.OK, answer.status(), () -> "of " + answer.request());
            model.end(answer.request(), false, answer.data());
        }
        return answers;
    }

    /** The fuzzed queue itself serves a guest that has come to its senses. */
    private static void serveOneGoodRequest(VirtioBlkDevice device, FuzzGuest fuzz, int base)
            throws Exception {
        long header = 0x8000;
        fuzz.offerGoodRead(base, header, 0x9000);
        start(device, fuzz, base);
        assertEquals(fuzz.baseAfterGoodRead(base), device.stopQueue(FUZZED));
        assertEquals(513, fuzz.usedLengthAt(base));
        assertEquals(0, fuzz.ram.get8(header + 16));
    }
}
