// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioContext;
import io.vblk.aio.AioOptions;
import io.vblk.aio.IoThread;
import io.vblk.aio.PollingOptions;
import io.vblk.block.BlockBackend;
import io.vblk.block.BlockOp;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.posix.NativeMemory;
import io.vblk.virtio.GuestMemory;
import io.vblk.virtio.VirtqueueConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A device on iothreads of its own, with the product's driver for each queue in the test's thread.
 * Thread: one.
 */
final class IothreadGuest implements AutoCloseable {
    static final int SECTOR = 512;
    static final int DATA_BYTES_MAX = 4096;
    static final int SLOTS = 8;
    static final int DISK_SECTORS = 128;
    static final long FEATURE_INDIRECT_DESC = 1L << 28;
    static final long FEATURE_EVENT_IDX = 1L << 29;
    static final long FEATURE_RING_PACKED = 1L << 34;
    static final long FEATURE_IN_ORDER = 1L << 35;

    private static final long DEADLINE_NS = 20_000_000_000L;

    /** Makes the disk of an iothread, on that thread. */
    interface DiskMaker {
        BlockBackend make(int number, AioContext context) throws Exception;
    }

    /** Something that keeps an iothread from everything else until it is closed. */
    interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    final List<IoThread> loops = new ArrayList<>();
    final VirtioBlkDevice device;
    final List<VirtioBlkDriver> drivers = new ArrayList<>();
    private final List<BlockBackend> disks = new ArrayList<>();
    /** Only with {@link #simulated}: the disks, and what watches each of them. */
    private final List<SimulatedBackend> simulated = new ArrayList<>();
    private final List<WatchedDisk> watches = new ArrayList<>();
    private final GuestMemory memory;
    private volatile boolean drained;

    private IothreadGuest(VirtioBlkOptions options, int iothreads, DiskMaker maker, long leftOut)
            throws Exception {
        List<QueueHome> homes = new ArrayList<>();
        for (int i = 0; i < iothreads; i++) {
            int number = i;
            IoThread loop = IoThread.start("loop-" + i, AioOptions.of(PollingOptions.OFF));
            loops.add(loop);
            AioContext context = loop.context();
            disks.add(on(i, () -> new ContractFilter(made(maker, number, context), context)));
            homes.add(new QueueHome(loop, disks.get(i)));
        }
        device = new VirtioBlkDevice(options, homes);
        long features = device.features() & ~leftOut;
        device.acknowledgeFeatures(features);
        long bytes = VirtioBlkDriver.bytesNeeded(options.queueSize(), SLOTS, DATA_BYTES_MAX);
        memory = GuestMemory.allocate(bytes * options.numQueues());
        for (int i = 0; i < options.numQueues(); i++) {
            drivers.add(new VirtioBlkDriver(
                    memory, i * bytes, options.queueSize(), SLOTS, DATA_BYTES_MAX, features));
            start(i, drivers.get(i).config());
        }
    }

    private BlockBackend made(DiskMaker maker, int number, AioContext context) {
        BlockBackend disk;
        try {
            disk = maker.make(number, context);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        if (disk instanceof SimulatedBackend backend) {
            simulated.add(backend);
            watches.add(new WatchedDisk(backend));
            return watches.get(number);
        }
        return disk;
    }

    static VirtioBlkOptions queues(int queues, Integer... mapping) {
        return new VirtioBlkOptions("serial", queues, 32, List.of(mapping), false,
                CallCoalescing.OFF);
    }

    /** A guest with any disks, which must be views of one, and the ring features left over. */
    static IothreadGuest of(VirtioBlkOptions options, int iothreads, DiskMaker maker, long leftOut)
            throws Exception {
        return new IothreadGuest(options, iothreads, maker, leftOut);
    }

    /** A guest with a simulated disk for each iothread, and split rings. */
    static IothreadGuest simulated(VirtioBlkOptions options, Behaviour... behaviours)
            throws Exception {
        return new IothreadGuest(options, behaviours.length, (number, context) ->
                new SimulatedBackend(context, (long) DISK_SECTORS * SECTOR, 1, behaviours[number]),
                FEATURE_RING_PACKED);
    }

    // ------------------------------------------------------------------ iothreads

    /** Asks something on an iothread. */
    <T> T on(int loop, Supplier<T> question) {
        List<T> answer = new ArrayList<>();
        loops.get(loop).call(() -> answer.add(question.get()));
        return answer.get(0);
    }

    /** Waits until something is so on an iothread. */
    void await(int loop, BooleanSupplier happened) {
        long endNs = System.nanoTime() + DEADLINE_NS;
        while (!on(loop, happened::getAsBoolean)) {
            assertTrue(System.nanoTime() - endNs < 0, "waited in vain");
        }
    }

    /** Waits for the end of the iteration in which the last call was. */
    void settle(int loop) {
        loops.get(loop).call(() -> { });
        loops.get(loop).call(() -> { });
    }

    /** Keeps an iothread busy; returns when it is. */
    Hold hold(int loop) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> end = new CompletableFuture<>();
        loops.get(loop).context().execute("hold", () -> {
            begun.countDown();
            end.join();
        });
        assertTrue(begun.await(DEADLINE_NS, TimeUnit.NANOSECONDS));
        return () -> end.complete(null);
    }

    SimulatedBackend disk(int loop) {
        return simulated.get(loop);
    }

    WatchedDisk watch(int loop) {
        return watches.get(loop);
    }

    /** Waits until so many requests are under way in the disk of an iothread. */
    void awaitUnderWay(int loop, int requests) {
        await(loop, () -> disk(loop).underWay() == requests);
        settle(loop);
    }

    /** Completes one of the requests under way, and lets the iothread show it. */
    void complete(int loop, int index) {
        assertTrue(on(loop, () -> disk(loop).completeAt(index)));
        settle(loop);
    }

    // ------------------------------------------------------------------ requests

    void start(int queue, VirtqueueConfig config) throws Exception {
        VirtioBlkDriver driver = drivers.get(queue);
        device.startQueue(queue, memory, config, driver.kickNotifier(), driver.callNotifier());
    }

    /** Adds a request of one sector and kicks. */
    void send(int queue, int slot, BlockOp op, long sector) {
        assertTrue(drivers.get(queue).transfer(slot, op, sector * SECTOR, SECTOR));
        drivers.get(queue).kick();
    }

    void fill(int queue, int slot, int value) {
        NativeMemory.fill(drivers.get(queue).dataAddress(slot), DATA_BYTES_MAX, value);
    }

    byte[] data(int queue, int slot, int length) {
        byte[] bytes = new byte[length];
        NativeMemory.copyToArray(drivers.get(queue).dataAddress(slot), bytes, 0, length);
        return bytes;
    }

    /** Slot of the next answer, for which the driver sleeps until it is called. */
    int awaitSlot(int queue) {
        VirtioBlkDriver driver = drivers.get(queue);
        long endNs = System.nanoTime() + DEADLINE_NS;
        int slot = driver.poll();
        while (slot == VirtioBlkDriver.NOTHING) {
            driver.await(DEADLINE_NS);
            assertTrue(System.nanoTime() - endNs < 0, "queue " + queue + " was not called");
            slot = driver.poll();
        }
        return slot;
    }

    /** The next answer is this slot's, with this status. */
    void assertAnswer(int queue, int slot, int status) {
        assertEquals(slot, awaitSlot(queue), "slot answered on queue " + queue);
        assertEquals(status, drivers.get(queue).status(slot), "status");
    }

    void assertOk(int queue, int slot) {
        assertAnswer(queue, slot, VirtioBlkDriver.STATUS_OK);
    }

    void assertNoAnswer(int queue) {
        assertEquals(VirtioBlkDriver.NOTHING, drivers.get(queue).poll(), "queue " + queue);
    }

    // ------------------------------------------------------------------ the end

    /** Whatever a failed test has left under way comes to an end here. */
    private void drain(int loop) {
        loops.get(loop).context().execute("drain", () -> {
            watch(loop).room(Integer.MAX_VALUE);
            disk(loop).completeAll();
            if (!drained) {
                drain(loop);
            }
        });
    }

    @Override
    public void close() {
        for (int i = 0; i < simulated.size(); i++) {
            drain(i);
        }
        device.close();
        drained = true;
        for (int i = 0; i < loops.size(); i++) {
            settle(i);
            loops.get(i).call(disks.get(i)::close);
            loops.get(i).close();
        }
        drivers.forEach(VirtioBlkDriver::close);
        memory.close();
    }
}
