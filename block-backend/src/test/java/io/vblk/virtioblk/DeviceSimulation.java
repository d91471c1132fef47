// SPDX-License-Identifier: Apache-2.0
package io.vblk.virtioblk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vblk.aio.AioOptions;
import io.vblk.aio.FdMonitorKind;
import io.vblk.aio.IoThread;
import io.vblk.aio.ManualClock;
import io.vblk.aio.PollingOptions;
import io.vblk.block.ContractFilter;
import io.vblk.block.SimulatedBackend;
import io.vblk.block.SimulatedBackend.Behaviour;
import io.vblk.virtio.VirtioFeatures;
import io.vblk.virtio.VirtqueueConfig;
import io.vblk.virtioblk.DiskModel.Kind;
import io.vblk.virtioblk.DiskModel.Request;
import java.util.List;
import java.util.SplittableRandom;

/** One run of {@link DeviceSimulationTest}: everything follows from its seed. Thread: one. */
final class DeviceSimulation implements AutoCloseable {
    private static final int SECTORS = 512;
    private static final int SECTORS_PER_RANGE_MAX = 8;
    private static final int STEP_NS = 50_000;
    /** Steps without an answer after which a request counts as lost. */
    private static final int IDLE_STEPS_MAX = 1_000;
    private static final int STOPS_PER_RUN = 4;
    private static final int CUTS_PER_RUN = 4;
    private static final Kind[] KINDS = {
        Kind.READ, Kind.READ, Kind.READ, Kind.READ, Kind.WRITE, Kind.WRITE, Kind.WRITE,
        Kind.WRITE, Kind.FLUSH, Kind.DISCARD, Kind.WRITE_ZEROES, Kind.GET_ID};

    private final SplittableRandom random;
    private final ManualClock clock = new ManualClock(1);
    private final IoThread loop;
    private final SimulatedBackend disk;
    private final ContractFilter contract;
    private final VirtioBlkDevice device;
    private final List<SimulatedGuest> guests;
    private final DiskModel model = new DiskModel(SECTORS);
    private final boolean writesThrough;
    private long answered;
    private long failed;
    /** Flushes before power cuts. */
    private int extra;

    DeviceSimulation(long seed) throws Exception {
        random = new SplittableRandom(seed);
        loop = IoThread.adoptCurrent(
                new AioOptions(PollingOptions.OFF, FdMonitorKind.AUTO, 64, clock));
        disk = new SimulatedBackend(loop.context(), SECTORS * DiskModel.SECTOR_BYTES,
                random.nextLong(), behaviour());
        contract = new ContractFilter(disk, loop.context());
        device = new VirtioBlkDevice(
                new VirtioBlkOptions("simulated", 2, 64), loop, contract);
        long features = device.features() & ~VirtioFeatures.RING_PACKED
                & ~(random.nextBoolean() ? VirtioFeatures.EVENT_IDX : 0)
                & ~(random.nextBoolean() ? VirtioFeatures.INDIRECT_DESC : 0);
        device.acknowledgeFeatures(features);
        writesThrough = random.nextInt(3) == 0;
        byte[] writeback = {(byte) (writesThrough ? 0 : 1)};
        device.writeConfig(VirtioBlkAbi.CONFIG_WRITEBACK, writeback);
        guests = List.of(
                new OrdinaryGuest(features), new OddGuest(features, random.split()));
        for (int i = 0; i < guests.size(); i++) {
            start(i, 0);
        }
    }

    private Behaviour behaviour() {
        return new Behaviour(oneOf(0, 20, 100), oneOf(0, 10, 50), oneOf(0, 5, 20),
                oneOf(0, 100_000, 1_000_000), false);
    }

    private int oneOf(int... values) {
        return values[random.nextInt(values.length)];
    }

    private void start(int index, int base) throws Exception {
        SimulatedGuest guest = guests.get(index);
        VirtqueueConfig ring = guest.ring();
        device.startQueue(index, guest.memory(), new VirtqueueConfig(ring.size(),
                ring.descAddress(), ring.availAddress(), ring.usedAddress(), base),
                guest.kickNotifier(), guest.callNotifier());
    }

    /** Sends so many requests, in random steps, and awaits their answers. */
    void run(int requests) throws Exception {
        int left = requests;
        int stopEvery = requests / STOPS_PER_RUN;
        int cutEvery = requests / CUTS_PER_RUN;
        int idle = 0;
        while (left > 0 || answered < requests + extra) {
            long before = answered;
            int sent = send(left);
            left -= sent;
            turn();
            idle = answered == before && sent == 0 ? idle + 1 : 0;
            assertTrue(idle < IDLE_STEPS_MAX, this::stuck);
            if (random.nextInt(stopEvery) == 0) {
                stopAndStart(random.nextInt(guests.size()));
            }
            if (left > 0 && random.nextInt(cutEvery) == 0) {
                cutPower();
            }
        }
        finish(requests);
    }

    private String stuck() {
        return "in flight: " + guests.get(0).inFlight() + " and " + guests.get(1).inFlight()
                + ", on the disk: " + disk.underWay() + ", " + device.stats();
    }

    /** Some requests of one guest; returns how many were sent. */
    private int send(int left) {
        SimulatedGuest guest = guests.get(random.nextInt(guests.size()));
        int sent = 0;
        for (int i = random.nextInt(8); i > 0 && sent < left; i--) {
            Request request = request();
            if (guest.accepts(request) && model.begin(request)) {
                if (!guest.add(request)) {
                    model.cancel(request);
                    break;
                }
                sent++;
            }
        }
        guest.publish();
        return sent;
    }

    private Request request() {
        Kind kind = KINDS[random.nextInt(KINDS.length)];
        boolean several = kind == Kind.DISCARD || kind == Kind.WRITE_ZEROES;
        int ranges = kind == Kind.FLUSH || kind == Kind.GET_ID
                ? 0 : several ? 1 + random.nextInt(OddGuest.RANGES_MAX) : 1;
        int[] sectors = new int[ranges];
        int[] counts = new int[ranges];
        for (int i = 0; i < ranges; i++) {
            // Each range in a part of the disk of its own: they must not overlap.
            int part = SECTORS / ranges;
            counts[i] = 1 + random.nextInt(SECTORS_PER_RANGE_MAX);
            sectors[i] = i * part + random.nextInt(part - counts[i] + 1);
        }
        long stamp = kind == Kind.WRITE ? model.takeStamps(counts[0]) : 0;
        return new Request(kind, sectors, counts, stamp);
    }

    private void turn() {
        clock.advance(random.nextInt(STEP_NS));
        for (int i = random.nextInt(3); i >= 0; i--) {
            loop.context().poll(false);
        }
        for (SimulatedGuest guest : guests) {
            SimulatedGuest.Answer answer = guest.poll();
            while (answer != null) {
                take(answer);
                answer = guest.poll();
            }
        }
    }

    private void take(SimulatedGuest.Answer answer) {
        Request request = answer.request();
        answered++;
        boolean error = answer.status() == HandMadeGuest.IOERR;
        if (error) {
            failed++;
        } else {
            assertEquals(HandMadeGuest.OK, answer.status(), () -> "status of " + request);
        }
        long written = error ? 0 : switch (request.kind()) {
            case READ -> (long) request.totalSectors() * DiskModel.SECTOR_BYTES;
            case GET_ID -> VirtioBlkAbi.ID_BYTES;
            default -> 0;
        };
        assertEquals(written + 1, answer.usedLength(), () -> "used length of " + request);
        model.end(request, error, answer.data());
    }

    private void stopAndStart(int index) throws Exception {
        // Whoever waits for the stop runs the loop, and its clock has to go on meanwhile.
        clock.stepOnRead(STEP_NS);
        int base = device.stopQueue(index);
        clock.stepOnRead(0);
        start(index, base);
    }

    /**
     * The power goes when nothing is under way: after a flush, or at any time if the driver has
     * switched the write cache off. Nothing that was answered may be lost.
     */
    private void cutPower() {
        drain();
        if (!writesThrough) {
            long failedBefore;
            do {
                failedBefore = failed;
                Request flush = new Request(Kind.FLUSH, new int[0], new int[0], 0);
                assertTrue(model.begin(flush) && guests.get(0).add(flush));
                guests.get(0).publish();
                extra++;
                drain();
            } while (failed != failedBefore);
        }
        disk.cutPower();
        model.check(disk.address(), 0, SECTORS);
    }

    private void drain() {
        for (int turns = 0; guests.get(0).inFlight() + guests.get(1).inFlight() > 0; turns++) {
            assertTrue(turns < IDLE_STEPS_MAX, this::stuck);
            turn();
        }
    }

    private void finish(int requests) {
        VirtioBlkStats stats = device.stats();
        assertEquals(requests + extra, stats.requests());
        assertEquals(failed, stats.errors());
        assertEquals(0, stats.malformed() + stats.unsupported());
        assertEquals(0, disk.underWay());
        for (SimulatedGuest guest : guests) {
            assertEquals(0, guest.inFlight());
        }
        model.check(disk.address(), 0, SECTORS);
    }

    @Override
    public void close() {
        clock.stepOnRead(STEP_NS);
        device.close();
        contract.close();
        loop.close();
        guests.forEach(SimulatedGuest::close);
    }
}
